"""``manage.py erase_person``: deletes what was a person's, keeps their bills under a pseudonym, and proves it."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coday.accounts.audit import Actor
from coday.kernel.errors import CodayError
from runs.models import Erasure
from runs.retention import erase

PATIENCE = 30.0  # seconds that what runs gets to end
LOOK_EVERY = 0.2


class Command(BaseCommand):
    """Erase a person, or say what that would take. After a kill: run it again."""

    help = "Erase a person for good. Figures of their bills stay, under a pseudonym. Earlier backups still hold the person."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom."""
        parser.add_argument("username")
        parser.add_argument("--dry-run", action="store_true", help="Only say where the person is named.")

    def handle(self, *_args: Any, username: str, dry_run: bool, **_options: Any) -> None:
        """Erase, and print the report as JSON. Exits with an error where something is left."""
        try:
            if dry_run:
                self._say({"rows": erase.preview(username=username).rows})
                return
            erasure = erase.begin(username=username)
            _wait(erasure)
            done = erase.complete(erasure, by=Actor.command("erase_person"))
        except CodayError as error:
            left = f" {json.dumps(error.details)}" if error.details else ""
            raise CommandError(f"{error.message}{left}") from error
        erase.rewrite_pages()
        self._say({**done.report, "digest": done.digest})

    def _say(self, told: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(told, indent=2))


def _wait(erasure: Erasure) -> None:
    """Have what runs end, for a while."""
    until = time.monotonic() + PATIENCE
    while not erase.stop(erasure) and time.monotonic() < until:
        time.sleep(LOOK_EVERY)
