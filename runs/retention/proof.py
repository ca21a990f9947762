"""Proves that nothing names a person any more: every column of every table is read, and every file, whatever made them.

It knows no model: tables and columns are those that the database says it has, so that one which somebody adds later is looked
into, too. Two kinds of finds are told apart:

- ``left``: the installation itself names the person. There must be none.
- ``mentions``: other people's words do (what they wrote, named, or were answered). They are theirs, and stay.

Whatever is not listed here as a place of words counts as the installation's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from coday.accounts.erasure import ID, Person, name_pattern
from coday.kernel.crypto import EncryptedTextField, UnreadableSecretError, decrypt

ROWS_AT_ONCE: Final = 500
BYTES_AT_ONCE: Final = 1024 * 1024
OVERLAP: Final = 400  # bytes: longer than anything that is looked for

WORDS: Final[frozenset[str]] = frozenset(
    {
        "agents_agent", "agents_chatsettings", "agents_fact", "agents_languagemodel", "agents_provider", "auth_group",
        "runs_contexttext", "runs_importedthread", "runs_jobendpoint", "runs_modelcall", "runs_notificationtarget",
        "runs_retentionpolicy", "runs_run", "runs_runcommand", "runs_rundocument", "runs_runeventrecord", "runs_runfeedback",
        "runs_rungroup", "runs_runschedule", "runs_runsummary", "runs_runtag", "runs_runtemplate", "runs_runtemplateversion",
        "runs_scheduleslot", "runs_share", "runs_toolcall", "runs_tooloperation", "skills_mcpserver", "skills_skill",
        "skills_skillsource", "skills_sourcepassage", "threads_imageattachment", "threads_mask", "threads_message",
        "threads_privacysettings", "threads_thread", "threads_threadfolder",
    }
)  # fmt: skip
"""The tables of what people and models write and name."""
INDEXES: Final = ("runs_searchindex", "skills_passageindex")
"""What SQLite's own tables of an index begin with: the words of such tables once more."""
NAMING: Final = frozenset({"username", "actor"})
"""The columns, in whichever table, in which the installation itself names people."""
VOCABULARY: Final = frozenset(
    {
        "action", "agent", "app", "app_label", "codename", "fields", "model", "name", "object_type", "provider", "purpose",
        "queue_name", "task_name",
    }
)  # fmt: skip
"""The columns whose words may be spelt like somebody's username and name nobody."""


SESSION_DATA: Final = "session_data"


@dataclass(frozen=True)
class Traces:
    """What is looked for: a person's id, names, and the ids of what was theirs."""

    person: Person
    ids: frozenset[UUID]

    @cached_property
    def _hex(self) -> frozenset[str]:
        return frozenset(one.hex for one in (self.person.id, *self.ids))

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return name_pattern(self.person)

    def has_id(self, text: str) -> bool:
        """Whether one of the ids stands in a text."""
        return any(match[0].replace("-", "").lower() in self._hex for match in ID.finditer(text))

    def has_name(self, text: str) -> bool:
        """Whether one of the names does."""
        return bool(self._names.search(text))


@dataclass
class Search:
    """What was looked through, and what was found, by ``table.column``; of files by their names."""

    tables: int = 0
    columns: int = 0
    rows: int = 0
    files: int = 0
    left: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)

    def report(self) -> dict[str, Any]:
        """Figures alone."""
        searched = {name: getattr(self, name) for name in ("tables", "columns", "rows", "files")}
        return {
            "searched": searched,
            "left": dict(sorted(self.left.items())),
            "mentions": dict(sorted(self.mentions.items())),
        }


def search(traces: Traces, *, without: Collection[str] = ()) -> Search:
    """Look for traces of a person everywhere but in the tables ``without``."""
    found = Search()
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - set(without))
    for table in tables:
        _search_table(table, traces, found)
    _search_files(traces, found)
    return found


# --- Tables ---------------------------------------------------------------------------------------------------------


def _search_table(table: str, traces: Traces, found: Search) -> None:
    sealed = _sealed_columns(table)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # the database's own names
        names: list[str] | None = None
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            names = names or [column[0] for column in cursor.description or ()]
            found.rows += len(rows)
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    if value is not None:
                        _look_at(table, name, _as_text(value, name, is_sealed=name in sealed), traces, found)
    found.tables += 1
    found.columns += len(names or ())


def _look_at(table: str, column: str, text: str, traces: Traces, found: Search) -> None:
    """Count a value that names the person."""
    named, identified = traces.has_name(text), traces.has_id(text)
    if not (named or identified):
        return
    is_mention = _holds_words(table, column, text) or (column in VOCABULARY and not identified)
    (found.mentions if is_mention else found.left)[f"{table}.{column}"] += 1


def _holds_words(table: str, column: str, text: str) -> bool:
    """Whether this is something that somebody wrote, and not an id or a name that was noted of them."""
    if column in NAMING or ID.fullmatch(text):
        return False
    return table in WORDS or table.startswith(INDEXES)


def _as_text(value: Any, column: str, *, is_sealed: bool) -> str:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("latin-1")
    text = str(value)
    if column == SESSION_DATA:
        return str(import_module(settings.SESSION_ENGINE).SessionStore().decode(text))
    if not (is_sealed and text):
        return text
    try:
        return decrypt(text)
    except UnreadableSecretError:  # its key is lost: it says nothing to anybody
        return ""


def _sealed_columns(table: str) -> frozenset[str]:
    """The encrypted ones."""
    fields = (
        one for model in apps.get_models() if model._meta.db_table == table for one in model._meta.local_concrete_fields
    )
    return frozenset(str(one.column) for one in fields if isinstance(one, EncryptedTextField))


# --- Files ----------------------------------------------------------------------------------------------------------


def _search_files(traces: Traces, found: Search) -> None:
    for name in _files(""):
        found.files += 1
        if traces.has_id(name) or traces.has_name(name):
            found.left["files (by name)"] += 1
        elif not name.endswith("/") and any(traces.has_id(text) or traces.has_name(text) for text in _texts_of(name)):
            found.mentions["files (by content)"] += 1


def _files(folder: str) -> Iterator[str]:
    """All files below a folder; an empty folder counts as one."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in names)
    for inner in folders:
        nested = list(_files(f"{folder}{inner}/"))
        yield from nested or [f"{folder}{inner}/"]


def _texts_of(name: str) -> Iterator[str]:
    """A file's content, in pieces that overlap."""
    before = ""
    with default_storage.open(name) as file:
        while piece := file.read(BYTES_AT_ONCE):
            text = before + piece.decode("latin-1")
            yield text
            before = text[-OVERLAP:]
