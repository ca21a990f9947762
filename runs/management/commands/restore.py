"""``manage.py restore``: an installation from an archive, on whichever database is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from coday.accounts.audit import Action, Actor, record
from coday.backup.errors import BackupError
from coday.backup.load import restore
from runs.models import Runner
from runs.runners import alive


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
        _refuse_while_workers_live()
        try:
            manifest = restore(source, replace=replace, blank_secrets=blank_secrets)
        except BackupError as error:
            raise CommandError(str(error)) from error
        taken = f"{manifest.created_at:%Y-%m-%d %H:%M %Z}"
        record(action=Action.RESTORED, by=Actor.command("restore"), details={"backup": taken})
        self.stdout.write(f"Restored what was backed up on {taken} ({manifest.engine}).")


def _refuse_while_workers_live() -> None:
    """Of web processes nobody keeps a list; those with a data directory of their own hold its lock."""
    if not settings.DISTRIBUTED or Runner._meta.db_table not in connection.introspection.table_names():
        return
    if alive(kind="worker"):
        raise CommandError("A worker lives, or died seconds ago. Stop all web and worker processes first.")
