"""``manage.py backup``: the whole installation in one file, while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coday.accounts.audit import Action, Actor, record
from coday.backup.dump import back_up
from coday.backup.errors import BackupError
from coday.backup.keys import write_keys


class Command(BaseCommand):
    """Write an archive, and apart from it, where that is wanted, the keys."""

    help = (
        "Write the installation's data and files to one archive, while it runs. Sessions and queued jobs are left out."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("target", type=Path, help="The archive to write, a tar file. It is not encrypted.")
        parser.add_argument("--keys", type=Path, help="Write the keys to this file, too. Keep it somewhere else.")

    def handle(self, *_args: Any, target: Path, keys: Path | None, **_options: Any) -> None:
        """Back up."""
        try:
            if keys:
                write_keys(keys)
            manifest = back_up(target)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(member.rows or 0 for member in manifest.members.values())
        files = sum(member.rows is None for member in manifest.members.values())
        record(action=Action.BACKUP_MADE, by=Actor.command("backup"), details={"rows": rows, "files": files})
        self.stdout.write(f"{target} holds {rows} rows and {files} files.")
        if not keys:
            self.stdout.write("The keys are not in it: keep SECRET_KEY and CODAY_ENCRYPTION_KEYS, too (--keys FILE).")
