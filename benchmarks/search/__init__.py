"""What the search costs with 100,000 runs in the database."""
