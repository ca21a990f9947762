"""Telling people elsewhere that a run has ended or waits for them."""
