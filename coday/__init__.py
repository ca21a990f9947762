"""Coday: a server for conversations with AI agents."""

__version__ = "0.1.0"
