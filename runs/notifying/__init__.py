"""Tells people's own servers that a run of theirs has ended or waits for them.

``finding`` reads in the journal what has happened and makes a durable row for each thing that a target is to be told;
``sending`` posts what is due, signed (``signing``), until it was taken. ``targets`` are what people set up.
"""
