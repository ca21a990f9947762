"""How well personal data is found, and how fast: a labelled corpus and what is counted on it."""
