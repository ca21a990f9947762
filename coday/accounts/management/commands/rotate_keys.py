"""``manage.py rotate_keys``: save every stored secret with the newest of the configured keys."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coday.accounts.audit import Action, Actor, record
from coday.kernel.rotation import Survey, survey


class Command(BaseCommand):
    """Rotate the encryption keys. It may be run while the server does, and again: what is done is left alone."""

    help = (
        "Save every stored secret with the newest of CODAY_ENCRYPTION_KEYS (or SECRET_KEY), so that older keys can go."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """``--dry-run`` says what would be done."""
        parser.add_argument("--dry-run", action="store_true", help="Look and count; change nothing.")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        """Look at everything first: where one secret cannot be read, none is touched."""
        surveys = list(survey())
        _refuse_unreadable(surveys)
        rotated = 0
        for found in surveys:
            done = len(found.outdated) if dry_run else sum(found.column.rotate(pk) for pk in found.outdated)
            verb = "to save again" if dry_run else "saved again"
            self.stdout.write(f"{found.column}: {done} {verb}, {found.current} with the newest key already")
            rotated += done
        if not dry_run:
            record(action=Action.KEYS_ROTATED, by=Actor.command("rotate_keys"), details={"rotated": rotated})


def _refuse_unreadable(surveys: list[Survey]) -> None:
    lost = [f"  {found.column} of {pk}" for found in surveys for pk in found.unreadable]
    if lost:
        raise CommandError(
            "Nothing was changed. None of the configured keys reads these secrets; configure the key that they were stored"
            " with, or enter them again:\n" + "\n".join(lost)
        )
