"""A folder of agent files, so that agents can live in a repository. Files own their agents.

The folder is read at every start (``manage.py bootstrap``) and by ``manage.py agents load``. What is broken is told and skips
itself alone; what is gone is switched off. Whether an agent is enabled may be changed in the admin: that holds until its file
changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction
from msgspec import structs

from agents.documents import Parsed, parse_agents
from agents.errors import AgentFileError
from agents.exchange import Known, Origin, check, write
from agents.models import Agent
from agents.strict_yaml import MAX_CHARS

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFile:
    """One file of the folder: its name there, and what it holds or what is wrong with it."""

    origin: Origin
    agents: tuple[Parsed, ...] = ()
    problem: str = ""

    def broken(self, error: AgentFileError) -> AgentFile:
        """The file with what is wrong with it."""
        return replace(self, agents=(), problem=f"{self.origin.file}: {error.message}")


@transaction.atomic
def load_folder(folder: Path | None) -> list[str]:
    """Let the agents that belong to files be as the files say; without a folder there is none. Idempotent.

    Returns:
        What there is to tell the operator, a line each.
    """
    if folder is None:
        return _switch_off(kept=())
    if not folder.is_dir():
        return [f"CODAY_AGENTS_DIR: there is no folder {folder}. The agents of its files stay as they are."]
    known = Known.read()
    files = _checked(_owned([_read(path, folder) for path in _paths(folder)], known), known)
    write([(_as_switched(one, file.origin, known), file.origin) for file in files for one in file.agents], known=known)
    broken = [file.origin.file for file in files if file.problem]
    kept = [one.agent.slug for file in files for one in file.agents]
    return [file.problem for file in files if file.problem] + _switch_off(kept=kept, broken=broken)


def _paths(folder: Path) -> list[Path]:
    """The folder's files, and those of folders in it; none whose name begins with a dot."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def _read(path: Path, folder: Path) -> AgentFile:
    file = AgentFile(origin=Origin(file=path.relative_to(folder).as_posix()[-300:]))
    try:
        with path.open("rb") as opened:
            content = opened.read(4 * MAX_CHARS + 1)
        digest = hashlib.sha256(content).hexdigest()
        return replace(file, origin=replace(file.origin, digest=digest), agents=parse_agents(content.decode()))
    except AgentFileError as error:
        return file.broken(error)
    except UnicodeDecodeError:
        return file.broken(AgentFileError("It is no text in UTF-8."))
    except OSError as error:
        return file.broken(AgentFileError(f"It cannot be read: {error.strerror}."))


def _owned(files: Iterable[AgentFile], known: Known) -> list[AgentFile]:
    """The files, those broken that name an agent of the admin's or of an earlier file."""
    owners = {slug: "the admin" for slug, row in known.agents.items() if row.source != Agent.Source.FILE}
    found = []
    for file in files:
        taken = next((one for one in file.agents if one.agent.slug in owners), None)
        if taken is not None:
            owner = owners[taken.agent.slug]
            file = file.broken(taken.refusal(f"the agent “{taken.agent.slug}” belongs to {owner}", path=("slug",)))
        owners |= {one.agent.slug: file.origin.file for one in file.agents}
        found.append(file)
    return found


def _checked(files: list[AgentFile], known: Known) -> list[AgentFile]:
    """The files, those broken that do not fit. A broken file may take what others name with it: look until none does."""
    while True:
        coming = {one.agent.slug for file in files for one in file.agents}
        found = [_check(file, known, coming) for file in files]
        if found == files:
            return found
        files = found


def _check(file: AgentFile, known: Known, coming: set[str]) -> AgentFile:
    try:
        for one in file.agents:
            check(one, known=known, agents=coming | known.agents.keys())
    except AgentFileError as error:
        return file.broken(error)
    return file


def _as_switched(one: Parsed, origin: Origin, known: Known) -> Parsed:
    """The document; of an unchanged file, enabled or not as the admin has it."""
    row = known.agents.get(one.agent.slug)
    if row is None or (row.file, row.file_digest) != (origin.file, origin.digest):
        return one
    return structs.replace(one, agent=structs.replace(one.agent, enabled=row.enabled))


def _switch_off(*, kept: Sequence[str], broken: Sequence[str] = ()) -> list[str]:
    """Switch off agents whose files are gone. Without a file they are as new when it returns."""
    gone = Agent.objects.filter(source=Agent.Source.FILE).exclude(file="").exclude(slug__in=kept)
    notes = []
    for agent in gone.exclude(file__in=broken):
        notes.append(f"The agent “{agent.slug}” is switched off: the file {agent.file} has it no more.")
        agent.enabled, agent.file, agent.file_digest = False, "", ""
        agent.save(update_fields=["enabled", "file", "file_digest"])
    return notes
