"""A person is erased: nothing in any table or file names them, what they paid stays, and others keep what is theirs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import Client
from pytest_django import Settings

from agents.models import Agent, LanguageModel
from coday.accounts.audit import Action, Actor, record
from coday.accounts.erasure import Person
from coday.accounts.models import AuditRecord, User
from coday.accounts.operations import create_token
from runs.capture import create
from runs.execution.clock import go_on_erasing
from runs.inputs import Asker, parse_request
from runs.models import Erasure, ImportedThread, Run, RunEventRecord
from runs.retention import erase, proof
from runs.retention.errors import ErasureHeldUpError
from runs.search.indexing import index_pending
from tests.backup.installation import administer
from tests.conftest import PASSWORD
from tests.runs.api.history import History
from tests.runs.api.site import png
from tests.runs.conversation import Cast, make_cast
from threads.models import Thread
from threads.operations import add_image, create_thread
from usage.models import UsageRecord

USERNAME, EMAIL = "zeisigweibchen", "sky@zeisig.example"
NOBODYS = {
    "auth.Permission",
    "contenttypes.ContentType",
    "accounts.User_user_permissions",
    "accounts.LoginFailures",
    "runs.Runner",
}
"""The tables that hold nothing of a person."""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def person(db: None) -> User:
    """Somebody with something in every table."""
    history = History(make_cast(base_url="http://127.0.0.1:9/v1", username=USERNAME))
    user = User.objects.get()
    user.email, user.is_staff = EMAIL, True
    user.set_password(PASSWORD)
    user.save()
    Agent.objects.create(slug="other", name="Other", language_model=LanguageModel.objects.get())
    for number in range(3):
        history.turn(number)
    add_image(user_id=user.pk, thread_id=history.thread_id, name="a.png", file=io.BytesIO(png()), size=9)
    pay(user, history.thread_id)
    administer("default")
    token, _ = create_token(user=user, name=f"{USERNAME}'s")
    record(action=Action.CHANGED, by=Actor.user(user, address="192.0.2.7"), about=user, details={"for": EMAIL})
    record(action=Action.ADDED, by=Actor(name="admin"), about=token, details={"thread": str(history.thread_id)})
    Client().force_login(user)
    index_pending()
    return user


def pay(user: User, thread_id: UUID) -> None:
    run_id = Run.objects.filter(thread_id=thread_id)[0].pk
    UsageRecord.objects.create(
        user_id=user.pk,
        username=user.username,
        thread_id=thread_id,
        run_id=run_id,
        model="m",
        provider="p",
        input_tokens=7,
    )


def models() -> list[type[Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def everything(files: Path) -> str:
    """Every row of every table, and the names and contents of all files."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own tables
            found += [str(value) for row in cursor.fetchall() for value in row]
    found += [f"{path} {path.read_bytes()!r}" if path.is_file() else str(path) for path in files.rglob("*")]
    found += [str(SessionStore().decode(data)) for data in found if data.startswith(".eJ")]
    return "\n".join(found)


def traces(user: User) -> list[str]:
    ids = [user.pk, *Thread.objects.filter(owner=user).values_list("pk", flat=True)]
    return [USERNAME, EMAIL, *map(str, ids), *(one.hex for one in ids)]


def erased(user: User) -> Erasure:
    erasure = erase.begin(username=user.username)
    erase.stop(erasure)
    return erase.complete(erasure)


def test_the_person_has_something_in_every_table(person: User) -> None:
    empty = {model._meta.label for model in models() if not QuerySet(model).exists()}
    assert empty <= NOBODYS


def test_nothing_names_the_person_any_more(person: User, files: Path) -> None:
    looked_for = traces(person)
    before = everything(files)
    assert (
        len([trace for trace in looked_for if trace in before]) > len(looked_for) // 2
    )  # a database writes ids in one way
    done = erased(person)
    after = everything(files)
    assert [trace for trace in looked_for if trace in after] == []
    assert (done.report["left"], done.report["mentions"], done.subject) == ({}, {}, "")
    assert done.report["searched"]["tables"] >= len(models())
    assert not any(files.rglob("*/*"))


def test_what_was_paid_stays_under_a_pseudonym(person: User) -> None:
    done = erased(person)
    bill = UsageRecord.objects.get()
    assert (bill.user_id, bill.username, bill.input_tokens) == (done.pseudonym_id, done.pseudonym, 7)


def test_the_log_tells_what_was_done_and_not_by_whom(person: User) -> None:
    before = AuditRecord.objects.count()
    done = erased(person)
    assert AuditRecord.objects.count() == before + 1
    own = AuditRecord.objects.filter(action=Action.CHANGED).get()
    assert (own.actor, own.actor_id, own.address) == (done.pseudonym, done.pseudonym_id, "")
    told = AuditRecord.objects.latest("id")
    assert (told.action, told.details["digest"]) == ("deleted", done.digest)
    assert erase.digest_of(told.details["erasure"]) == done.digest


def test_others_keep_what_is_theirs(person: User, stranger: User) -> None:
    theirs = History(Cast(Asker(user_id=stranger.pk, username="stranger"), create_thread(owner_id=stranger.pk).id))
    theirs.turn(1)
    pay(stranger, theirs.thread_id)
    gone = Thread.objects.filter(owner=person)[0].pk
    Thread.objects.filter(pk=theirs.thread_id).update(forked_from_thread=gone, forked_from=Run.objects.all()[0].pk)
    ImportedThread.objects.create(owner=stranger, thread_id=theirs.thread_id, source="coday", source_id=str(gone))
    Run.objects.filter(thread_id=theirs.thread_id).update(title=f"What {USERNAME} said")
    journal = list(RunEventRecord.objects.filter(thread=theirs.thread_id).order_by("seq").values())
    done = erased(person)
    assert done.report["mentions"] == {"runs_run.title": 1}
    assert list(RunEventRecord.objects.order_by("seq").values()) == journal
    assert UsageRecord.objects.filter(username="stranger").count() == 1
    thread = Thread.objects.get()
    assert (thread.forked_from_thread, thread.forked_from) == (None, None)


STEPS = (
    "runs.retention.erase.close_doors",
    "runs.retention.erase.forget_files",
    "runs.retention.erase._delete_rest",
    "runs.retention.erase.scrub_log",
    "runs.retention.erase.compact",
    "runs.retention.erase.search",
    "runs.retention.erase.record",
)


class KilledError(BaseException):
    """What no code of ours catches."""


@pytest.mark.parametrize("step", STEPS)
def test_who_is_killed_in_the_middle_is_followed_by_who_goes_on(
    person: User, files: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for = traces(person)

    def die(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(step, die)
        with pytest.raises(KilledError):
            erased(person)
    done = erased(person)
    assert Erasure.objects.filter(finished_at__isnull=False, subject="").count() == 2  # one of them was there before
    after = everything(files)
    assert [trace for trace in looked_for if trace in after] == []
    assert done.report["deleted"]["accounts.User"] == 1
    assert UsageRecord.objects.get().username == done.pseudonym


def test_an_empty_folder_is_found_too(person: User, files: Path) -> None:
    folder = files / "images" / str(Thread.objects.all()[0].pk)
    done = erased(person)
    assert done.report["left"] == {}
    folder.mkdir(parents=True)
    traces = proof.Traces(Person(id=person.pk, username=USERNAME, email=""), frozenset([UUID(folder.name)]))
    assert dict(proof.search(traces).left) == {"files (by name)": 1}


def test_what_is_left_is_told_and_holds_the_erasure_up(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("runs.retention.erase.scrub_log", lambda _: None)
        with pytest.raises(ErasureHeldUpError) as error:
            erased(person)
    assert error.value.details["left"]["accounts_auditrecord.actor"] >= 1
    assert not Erasure.objects.filter(subject="").exclude(digest="").exists()
    assert erased(person).report["left"] == {}


def test_a_run_that_a_process_executes_has_to_end_first(person: User) -> None:
    thread = Thread.objects.filter(owner=person)[0].pk
    asker = Asker(user_id=person.pk, username=USERNAME)
    request = parse_request({"input": {"type": "user", "text": "Hello?"}})
    run = create(asker=asker, thread_id=thread, request=request).run
    History(Cast(asker, thread)).start(run)
    with pytest.raises(ErasureHeldUpError):
        erased(person)
    row = Run.objects.get(pk=run.id)
    assert row.cancel_requested_at
    assert not User.objects.get(pk=person.pk).is_active


def test_the_command_prints_the_report(person: User) -> None:
    out = io.StringIO()
    call_command("erase_person", USERNAME, "--dry-run", stdout=out)
    assert json.loads(out.getvalue())["rows"]["accounts_user.username"] == 1
    assert User.objects.filter(username=USERNAME).exists()
    out = io.StringIO()
    call_command("erase_person", USERNAME, stdout=out)
    report = json.loads(out.getvalue())
    digest = report.pop("digest")
    assert erase.digest_of(report) == digest == Erasure.objects.exclude(digest="").get().digest
    assert USERNAME not in out.getvalue()
    with pytest.raises(CommandError, match="no such user"):
        call_command("erase_person", USERNAME)


@pytest.mark.django_db(transaction=True)
async def test_the_clock_goes_on_where_somebody_was_killed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from coday.kernel.database import in_database

    user = await in_database(User.objects.create_user, USERNAME)
    await in_database(erase.begin, username=user.username)
    monkeypatch.setattr(erase, "ABANDONED_AFTER", 3_600)
    await go_on_erasing()
    assert await in_database(User.objects.filter(pk=user.pk).exists)
    monkeypatch.setattr(erase, "ABANDONED_AFTER", -1)
    await go_on_erasing()
    assert not await in_database(User.objects.filter(pk=user.pk).exists)
