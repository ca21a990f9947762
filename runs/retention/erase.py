"""Erases a person, and proves it: what was theirs is deleted, their bills are kept under a pseudonym, nothing names them.

Each step commits by itself and does nothing when it is done twice. What has to be remembered in between is in a row
(``Erasure``), encrypted: whoever is killed in the middle is followed by whoever calls ``erase`` again, or by the clock.
In the end that row holds the pseudonym, figures, and their digest.

What cannot be reached from here keeps the person: earlier backups, and what other people wrote about them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.apps import apps
from django.db import connection, transaction
from django.db.models import CharField, Model, QuerySet, UUIDField
from django.utils import timezone

from coday.accounts.audit import Action, Actor, record
from coday.accounts.erasure import Person, Pseudonyms, close_doors, delete_user, get_person, scrub_log
from runs.inputs import Asker
from runs.lifecycle import cancel
from runs.models import (
    Erasure,
    ImportedThread,
    Run,
    RunFeedback,
    RunSchedule,
    RunTag,
    RunTemplate,
    ToolApproval,
    ToolOperation,
)
from runs.retention.errors import ErasureHeldUpError
from runs.retention.proof import Search, Traces, search
from runs.search.compaction import compact
from threads.errors import ThreadNotFoundError
from threads.operations import delete_thread
from threads.queries import visible_threads
from threads.removal import forget_files, forget_origins
from usage.operations import pseudonymise

OF_THE_PERSON: tuple[type[Model], ...] = (RunSchedule, RunTemplate, RunTag, RunFeedback, ToolApproval, ToolOperation)
"""What belongs to a person by ``user_id``. All else hangs on the user, or on a thread."""
COMPACTION = 60.0  # seconds at most
ABANDONED_AFTER = 300  # seconds


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who is being erased, and the threads that were theirs."""

    id: UUID
    username: str
    email: str
    threads: tuple[UUID, ...] = ()

    @property
    def person(self) -> Person:
        """Their names."""
        return Person(id=self.id, username=self.username, email=self.email)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would take: rows, by what they are."""

    rows: dict[str, int]


def preview(*, username: str) -> Preview:
    """What would be deleted, and kept under a pseudonym. Nothing is written.

    Raises:
        NotFoundError: there is no such user.
    """
    person = get_person(username=username)
    found = search(Traces(person, frozenset(_threads_of(person.id))))
    return Preview(dict(sorted((found.left + found.mentions).items())))


# --- The steps ------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, username: str = "", user_id: UUID | None = None) -> Erasure:
    """Close all doors to a person, and note that they are to be erased; where that was begun before, it goes on.

    Raises:
        NotFoundError: there is no such user, and no such erasure goes on.
    """
    erasure = find_unfinished(username=username, user_id=user_id)
    if erasure is None:
        person = get_person(username=username, user_id=user_id)
        subject = Subject(id=person.id, username=person.username, email=person.email)
        random = uuid4()  # it must not tell when, as our own ids do
        erasure = Erasure(pseudonym_id=random, pseudonym=f"erased-{random.hex[:12]}", subject=_sealed(subject))
        erasure.save(force_insert=True)
    subject = subject_of(erasure)
    threads = tuple(sorted({*subject.threads, *_threads_of(subject.id)}))
    erasure.subject = _sealed(msgspec.structs.replace(subject, threads=threads))
    _note(erasure, close_doors(user_id=subject.id))
    return erasure


def find_unfinished(*, username: str = "", user_id: UUID | None = None) -> Erasure | None:
    """The erasure of this person that goes on."""
    for erasure in unfinished():
        subject = subject_of(erasure)
        if subject.id == user_id or (username and subject.username == username):
            return erasure
    return None


def unfinished() -> list[Erasure]:
    """All that go on, oldest first."""
    return list(Erasure.objects.filter(finished_at__isnull=True).order_by("id"))


def abandoned() -> list[Erasure]:
    """Those that whoever began them should have ended by now."""
    late = timezone.now() - timedelta(seconds=ABANDONED_AFTER)
    return [erasure for erasure in unfinished() if erasure.created_at < late]


def subject_of(erasure: Erasure) -> Subject:
    """Who is being erased."""
    return msgspec.json.decode(erasure.subject, type=Subject)


def running(erasure: Erasure) -> list[tuple[Asker, UUID]]:
    """The person's runs that have not ended, newest first, so that none of them starts when the one before it ends."""
    subject = subject_of(erasure)
    asker = Asker(user_id=subject.id, username=subject.username)
    runs = Run.objects.filter(thread__in=visible_threads(user_id=subject.id), finished_at__isnull=True)
    return [(asker, run_id) for run_id in runs.order_by("-number").values_list("pk", flat=True)]


def stop(erasure: Erasure) -> bool:
    """Tell all that runs for the person to stop; what waits ends at once. Returns whether nothing is left. For whoever has no
    driver: the processes that execute the rest hear of it."""
    for asker, run_id in running(erasure):
        cancel(asker=asker, run_id=run_id)
    return not running(erasure)


def complete(erasure: Erasure, *, by: Actor | None = None) -> Erasure:
    """Delete, pseudonymise, and prove; ``by`` is who wanted it, for the audit log: nobody but the person themselves.

    Raises:
        ErasureHeldUpError: a process still executes a run of the person's, or something is left: call it again.
    """
    if running(erasure):
        raise ErasureHeldUpError("A run of this person is still being executed. It was told to stop: try again soon.")
    _delete_threads(erasure)
    _delete_rest(erasure)
    compact(anew=True, seconds=COMPACTION)
    return _prove(erasure, by=by)


def _delete_threads(erasure: Erasure) -> None:
    """One by one, each with its files. A process that was killed may have deleted rows, and not their files."""
    subject = subject_of(erasure)
    for thread_id in _threads_of(subject.id):
        try:
            with transaction.atomic():
                before = _count_of_thread(thread_id)
                delete_thread(user_id=subject.id, thread_id=thread_id)
                _note(erasure, before)
        except ThreadNotFoundError:  # the person's last request was quicker
            continue
    for thread_id in subject.threads:
        forget_files(thread_id=thread_id)


def _count_of_thread(thread_id: UUID) -> Counter[str]:
    return Counter({"threads.Thread": 1, "runs.Run": Run.objects.filter(thread_id=thread_id).count()})


@transaction.atomic
def _delete_rest(erasure: Erasure) -> None:
    """What hangs on no thread, and at last the user; what has to stay names a pseudonym from then on."""
    subject = subject_of(erasure)
    deleted: Counter[str] = Counter()
    for model in OF_THE_PERSON:
        deleted += Counter(QuerySet(model).filter(user_id=subject.id).delete()[1])
    deleted += delete_user(user_id=subject.id)
    pseudonymise(user_id=subject.id, pseudonym_id=erasure.pseudonym_id, pseudonym=erasure.pseudonym)
    forget_origins(thread_ids=subject.threads)
    for imported in ImportedThread.objects.filter(source_id__in=list(map(str, subject.threads))):
        ImportedThread.objects.filter(pk=imported.pk).update(source_id=str(uuid4()))
    scrub_log(
        Pseudonyms(
            person=subject.person, ids=frozenset(subject.threads), pseudonym_id=erasure.pseudonym_id,
            pseudonym=erasure.pseudonym,
        )
    )  # fmt: skip
    _pseudonymise_columns(erasure, subject)
    _note(erasure, deleted)


def _pseudonymise_columns(erasure: Erasure, subject: Subject) -> None:
    """Whatever else notes the person's id or name, in rows that are other people's."""
    for model in apps.get_models():
        rows: QuerySet[Model] = QuerySet(model)
        for one in model._meta.local_concrete_fields if model._meta.managed else ():
            if isinstance(one, UUIDField) and not one.primary_key:
                rows.filter(**{one.name: subject.id}).update(**{one.name: erasure.pseudonym_id})
                other = None if one.null else erasure.pseudonym_id
                rows.filter(**{f"{one.name}__in": subject.threads}).update(**{one.name: other})
            elif isinstance(one, CharField) and one.name == "username" and model._meta.label != "accounts.User":
                rows.filter(username=subject.username).update(username=erasure.pseudonym)


# --- The proof ------------------------------------------------------------------------------------------------------


def _prove(erasure: Erasure, *, by: Actor | None) -> Erasure:
    subject = subject_of(erasure)
    found = search(Traces(subject.person, frozenset(subject.threads)), without=(Erasure._meta.db_table,))
    if found.left:
        raise ErasureHeldUpError(details={"left": dict(found.left)})
    return _finish(erasure, found, by=by or Actor(name=erasure.pseudonym, id=erasure.pseudonym_id))


@transaction.atomic
def _finish(erasure: Erasure, found: Search, *, by: Actor) -> Erasure:
    """Forget who it was, and keep the report; the audit log has it, too."""
    now = timezone.now()
    report = _report(erasure, found, now=now)
    erasure.report, erasure.digest, erasure.finished_at, erasure.subject = report, digest_of(report), now, ""
    if Erasure.objects.filter(pk=erasure.pk, finished_at__isnull=True).update(finished_at=now):
        erasure.save()
        record(action=Action.DELETED, by=by, about=erasure, details={"erasure": report, "digest": erasure.digest})
    return erasure


def _report(erasure: Erasure, found: Search, *, now: datetime) -> dict[str, Any]:
    times = {"begun_at": erasure.created_at.isoformat(), "finished_at": now.isoformat()}
    deleted = dict(sorted(erasure.report.get("deleted", {}).items()))
    return {"pseudonym": erasure.pseudonym, **times, "deleted": deleted, **found.report()}


def digest_of(report: dict[str, Any]) -> str:
    """SHA-256 of a report, as JSON with sorted keys and without spaces."""
    return hashlib.sha256(json.dumps(report, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def rewrite_pages() -> bool:
    """Have the database file hold nothing of deleted rows; returns whether this database needs that, and it was done. Others
    that write wait for it."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return True


# --- The row that remembers -----------------------------------------------------------------------------------------


def _threads_of(user_id: UUID) -> list[UUID]:
    return list(visible_threads(user_id=user_id).order_by("pk").values_list("pk", flat=True))


def _sealed(subject: Subject) -> str:
    return msgspec.json.encode(subject).decode()


def _note(erasure: Erasure, deleted: Counter[str]) -> None:
    """Add up what was deleted, by model."""
    noted = Counter(erasure.report.get("deleted", {})) + Counter(
        {name: count for name, count in deleted.items() if count}
    )
    erasure.report = {"deleted": dict(noted)}
    erasure.save(update_fields=["report", "subject"])
