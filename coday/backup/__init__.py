"""A whole installation in one archive, and back, on whichever database it runs."""
