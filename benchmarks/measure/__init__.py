"""The measures: each takes a running target and gives plain figures."""
