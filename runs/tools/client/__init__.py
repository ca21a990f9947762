"""Tools that ask the person."""
