"""A backup of a running installation is one moment of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection

from coday.accounts.models import User
from coday.backup.archive import ArchiveReader, table_name
from coday.backup.dump import snapshot
from coday.backup.rows import read
from runs.models import Run, RunEventRecord
from tests.backup.conftest import KEYS
from tests.backup.installation import Installation, Visitor, provider_environment
from tests.support.mock_provider import PATIENCE, MockProvider
from threads.models import Message, Thread
from threads.operations import create_thread

WRITERS = 3


def _in_another_thread(work: Callable[[], Any]) -> None:
    """With a connection of its own, as another process has."""

    def call() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(call).result(PATIENCE)


@pytest.mark.django_db(transaction=True)
def test_what_is_written_during_a_snapshot_is_not_in_it(owner: User) -> None:
    with snapshot():
        users = list(read(User))
        _in_another_thread(lambda: create_thread(owner_id=owner.pk))
        assert list(read(Thread)) == []
        assert len(users) == 1
    assert len(list(read(Thread))) == 1


@dataclass(frozen=True)
class Taken:
    """A backup, and how many turns there were when it was done and the talking had ended."""

    archive: Path
    turns: int


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    """A backup of an installation in which several people talked meanwhile."""
    folder = tmp_path_factory.mktemp("busy")
    url = request.getfixturevalue("database")() if request.param == "postgresql" else ""
    with MockProvider.in_thread() as provider:
        environment = {**KEYS, **provider_environment(provider)}
        busy = Installation(folder / "data", database=url, environment=environment)
        try:
            busy.server.start()
            yield Taken(folder / "backup.tar", _back_up_while_people_talk(busy, folder / "backup.tar"))
        finally:
            busy.close()


def _back_up_while_people_talk(busy: Installation, archive: Path) -> int:
    """Returns how many turns there were in the end."""
    under_way, ended = Barrier(WRITERS + 1), Event()
    with ThreadPoolExecutor(WRITERS) as executor:
        talks = [executor.submit(_talk, busy, under_way, ended) for _ in range(WRITERS)]
        under_way.wait(PATIENCE)
        try:
            busy.manage("backup", archive)
        finally:
            ended.set()
        return sum(talk.result() for talk in talks)


def _talk(busy: Installation, under_way: Barrier, ended: Event) -> int:
    """Have turn after turn, the last one after the backup, and return how many there were."""
    turns, last = 0, False
    with Visitor(busy) as visitor:
        thread = visitor.thread()
        under_way.wait(PATIENCE)
        while not last:
            last = ended.is_set()
            visitor.upload(thread, "blue")
            visitor.say(thread, f"Turn {turns}")
            turns += 1
    return turns


def test_a_backup_among_writers_is_whole(taken: Taken, empty: Installation) -> None:
    empty.manage("restore", taken.archive)
    with empty.opened() as alias:
        assert Run.objects.using(alias).count() < taken.turns
        for thread in Thread.objects.using(alias):
            seqs = RunEventRecord.objects.using(alias).filter(thread=thread).values_list("seq", flat=True)
            assert list(seqs.order_by("seq")) == list(range(1, thread.last_seq + 1))
            numbers = Run.objects.using(alias).filter(thread=thread).values_list("number", flat=True)
            assert sorted(numbers) == list(range(1, thread.last_number + 1))
        runs = set(Run.objects.using(alias).values_list("pk", flat=True))
        assert set(Message.objects.using(alias).values_list("run_id", flat=True)) <= runs


def test_every_image_has_its_file(taken: Taken) -> None:
    name = table_name("threads.imageattachment")
    with taken.archive.open("rb") as file:
        reader = ArchiveReader(file)
        columns = reader.manifest.members[name].columns
        assert columns is not None
        named = {json.loads(line)[columns.index("file")] for line in reader.lines(name)}
        assert named
        assert named <= set(reader.files())
