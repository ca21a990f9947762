"""What the analytics cost with 100,000 runs in the database."""
