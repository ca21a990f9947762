"""Branches of a thread: what is done again stands beside what was done. Nothing is overwritten."""
