"""Tests of ``coday.backup`` and its commands."""
