"""What keeps a backup from being written or restored."""

from __future__ import annotations


class BackupError(Exception):
    """Told to the operator as it is: what is wrong, and what to do."""
