"""The search: an index with one document for each run, and what is found in it."""
