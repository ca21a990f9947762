"""The distributed mode under load: one web process and one worker, on PostgreSQL and Redis."""
