"""``manage.py agents``: agents out of the database into a file, and back; and the folder of agent files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.environment import agents_folder
from agents.errors import AgentFileError
from agents.exchange import export_agents, import_agents
from agents.folder import load_folder
from agents.models import Agent
from agents.strict_yaml import MAX_CHARS
from coday.accounts.audit import Action, Actor, record


class Command(BaseCommand):
    """Export, import or load agents."""

    help = "Export agents as YAML, import them, or load the folder CODAY_AGENTS_DIR (docs/agents.md)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, with which agents."""
        what = parser.add_subparsers(dest="what", required=True)
        export = what.add_parser("export", help="Write agents as YAML to standard output.")
        export.add_argument("slugs", nargs="*", help="Which ones; all without.")
        take = what.add_parser("import", help="Make and change agents as a file says, by their slugs: all or none.")
        take.add_argument("file", help="The file; - for standard input.")
        take.add_argument("--dry-run", action="store_true", help="Only say what would be done.")
        what.add_parser("load", help="Load the folder CODAY_AGENTS_DIR again, as every start does.")

    def handle(self, *_args: Any, what: str, **options: Any) -> None:
        """Do it."""
        match what:
            case "export":
                self._export(options["slugs"])
            case "import":
                self._import(options["file"], dry_run=options["dry_run"])
            case "load":
                self._load()

    def _export(self, slugs: list[str]) -> None:
        agents = Agent.objects.filter(slug__in=slugs) if slugs else Agent.objects.all()
        missing = sorted(set(slugs) - set(agents.values_list("slug", flat=True)))
        if missing:
            raise CommandError(f"There is no agent “{missing[0]}”.")
        self.stdout.write(export_agents(agents), ending="")

    def _import(self, file: str, *, dry_run: bool) -> None:
        try:
            done = import_agents(_text_of(file), dry_run=dry_run)
        except AgentFileError as error:
            raise CommandError(error.message) from error
        if not dry_run:
            record(
                action=Action.ACTED,
                by=Actor.command("agents import"),
                details={"created": list(done.created), "updated": list(done.updated)},
            )
        tense = "would be " if dry_run else ""
        for verb, changed in (("made", done.created), ("changed", done.updated)):
            for slug in changed:
                self.stdout.write(f"{slug}: {tense}{verb}")

    def _load(self) -> None:
        folder = agents_folder(os.environ)
        if folder is None:
            raise CommandError("CODAY_AGENTS_DIR names no folder.")
        for note in load_folder(folder):
            self.stdout.write(note)


def _text_of(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read(MAX_CHARS + 1)
        with Path(file).open(encoding="utf-8") as opened:
            return opened.read(MAX_CHARS + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as text: {error}") from error
