"""``manage.py restore``: an installation from an archive, on whichever database is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coday.backup.errors import BackupError
from coday.backup.load import restore


class Command(BaseCommand):
    """Restore an archive, or change nothing."""

    help = "Restore an archive into an empty installation. Stop all web and worker processes first."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from, and what may be lost."""
        parser.add_argument("source", type=Path, help="An archive that the backup command wrote.")
        parser.add_argument("--replace", action="store_true", help="Delete what is in this installation.")
        parser.add_argument(
            "--blank-secrets", action="store_true", help="Do without lost keys: encrypted values become empty."
        )

    def handle(self, *_args: Any, source: Path, replace: bool, blank_secrets: bool, **_options: Any) -> None:
        """Restore."""
        try:
            manifest = restore(source, replace=replace, blank_secrets=blank_secrets)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored what was backed up on {manifest.created_at:%Y-%m-%d %H:%M %Z} ({manifest.engine})."
        )
