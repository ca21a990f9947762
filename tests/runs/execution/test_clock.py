"""What is due at a tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from coday.kernel.database import in_database
from runs.capture import Created
from runs.execution import clock
from runs.execution.clock import TICK, Chore, do_chores


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def note(name: str) -> Callable[[], Awaitable[Iterable[Created]]]:
        async def work() -> Iterable[Created]:
            names.append(name)
            return ()

        return work

    chores = (Chore("often", every=TICK, work=note("often")), Chore("hourly", every=3_600, work=note("hourly")))
    monkeypatch.setattr(clock, "CHORES", chores)
    return names


async def test_a_chore_is_due_at_multiples_of_its_period(done: list[str]) -> None:
    for timestamp in range(7_200, 14_400, TICK):
        await do_chores(timestamp)
    assert done.count("hourly") == 2
    assert done.count("often") == 1_440


async def test_ticks_come_at_multiples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "TICK", 1)
    async for timestamp in clock.ticks():
        assert timestamp > 1_700_000_000
        break


@pytest.mark.django_db(transaction=True)
async def test_expired_sessions_go_every_hour() -> None:
    for name, left in (("old", -1), ("new", 1)):
        expires = timezone.now() + timedelta(days=left)
        await in_database(Session.objects.create, session_key=name, session_data="", expire_date=expires)
    await do_chores(3_600 * 400_000)
    assert await in_database(lambda: list(Session.objects.values_list("session_key", flat=True))) == ["new"]
