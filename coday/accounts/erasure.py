"""What accounts do for a person who is erased: the doors close, the log forgets the name, the user is deleted.

The audit log keeps its purpose: what was done to the installation, and when, stays, under a pseudonym. Names, addresses and
labels that speak of the person go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from coday.accounts.models import ApiToken, AuditRecord, User
from coday.kernel.errors import NotFoundError

AT_ONCE = 500  # rows that are read together


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as the rows of a database know them."""

    id: UUID
    username: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Pseudonyms:
    """What stands for a person who is gone, and for what was theirs (``ids``)."""

    person: Person
    ids: frozenset[UUID]
    pseudonym_id: UUID
    pseudonym: str

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return name_pattern(self.person)

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(text for one in (self.person.id, *self.ids) for text in (str(one), one.hex))

    def replace(self, text: str) -> str:
        """The text with pseudonyms in the place of names and ids."""
        found = ID.sub(lambda match: str(self.pseudonym_id) if match[0].lower() in self._ids else match[0], text)
        return self._names.sub(self.pseudonym, found)

    def replace_in(self, value: Any) -> Any:
        """A JSON value with every text in it replaced."""
        match value:
            case str():
                return self.replace(value)
            case dict():
                return {self.replace(name): self.replace_in(inner) for name, inner in value.items()}
            case list():
                return [self.replace_in(inner) for inner in value]
        return value


ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
"""An id, as text or as SQLite keeps it."""


def name_pattern(person: Person) -> re.Pattern[str]:
    """Finds the person's username as a word of its own, and their e-mail address anywhere."""
    names = [rf"(?<![\w@.+-]){re.escape(person.username)}(?![\w@+-])"]
    if person.email:
        names.insert(0, f"(?i:{re.escape(person.email)})")
    return re.compile("|".join(names))


def get_person(*, username: str = "", user_id: UUID | None = None) -> Person:
    """Who somebody is, by the one or the other.

    Raises:
        NotFoundError: there is no such user.
    """
    users = User.objects.filter(pk=user_id) if user_id else User.objects.filter(username=username)
    user = users.first()
    if user is None:
        raise NotFoundError("There is no such user.")
    return Person(id=user.pk, username=user.username, email=user.email)


def is_last_superuser(*, user_id: UUID) -> bool:
    """Whether nobody else may do everything here."""
    able = User.objects.filter(is_superuser=True, is_active=True)
    return able.filter(pk=user_id).exists() and not able.exclude(pk=user_id).exists()


@transaction.atomic
def close_doors(*, user_id: UUID) -> Counter[str]:
    """Let a user in no more, by password, session or token; returns how many rows that deleted, by table."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        return Counter()
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    keys = [session.pk for session in Session.objects.iterator(chunk_size=AT_ONCE) if _is_of(session, user_id)]
    deleted = Counter(Session.objects.filter(pk__in=keys).delete()[1])
    return deleted + Counter(ApiToken.objects.filter(user_id=user_id).delete()[1])


def _is_of(session: Session, user_id: UUID) -> bool:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    return bool(store().decode(session.session_data).get(SESSION_KEY) == str(user_id))


def delete_user(*, user_id: UUID) -> Counter[str]:
    """Delete a user with all that hangs on them, in the caller's transaction; returns how many rows, by table."""
    return Counter(User.objects.filter(pk=user_id).delete()[1])


def scrub_log(pseudonyms: Pseudonyms) -> None:
    """Have the audit log, and the admin's own history, speak of the person no more."""
    changed = [row for row in AuditRecord.objects.iterator(chunk_size=AT_ONCE) if _scrub(row, pseudonyms)]
    fields = ["actor_id", "actor", "address", "object_id", "object_label", "details"]
    AuditRecord.objects.bulk_update(changed, fields, batch_size=AT_ONCE)
    _scrub_history(LogEntry.objects.iterator(chunk_size=AT_ONCE), pseudonyms)


def _scrub(row: AuditRecord, by: Pseudonyms) -> bool:
    """Take the person out of a line; returns whether they were in it. What they did from where, and to what by its name, goes
    with them."""
    before = (row.actor_id, row.actor, row.object_id, row.object_label, row.details)
    is_theirs = row.actor_id == by.person.id or (row.details or {}).get("for") == by.person.username
    row.actor_id = by.pseudonym_id if row.actor_id == by.person.id else row.actor_id
    row.actor, row.object_id = by.replace(row.actor), by.replace(row.object_id)
    label = by.replace(row.object_label)
    row.object_label = label if label == by.pseudonym or not is_theirs else ""
    row.details = by.replace_in(row.details)
    changed = before != (row.actor_id, row.actor, row.object_id, row.object_label, row.details)
    if is_theirs:
        row.address = ""
    return changed or is_theirs


def _scrub_history(entries: Iterable[LogEntry], by: Pseudonyms) -> None:
    for entry in entries:
        told = (entry.object_id, entry.object_repr, entry.change_message)
        replaced = (
            by.replace(entry.object_id or "") or None, by.replace(entry.object_repr)[:200], by.replace(entry.change_message)
        )  # fmt: skip
        if told != replaced:
            entry.object_id, entry.object_repr, entry.change_message = replaced
            entry.save(update_fields=["object_id", "object_repr", "change_message"])
