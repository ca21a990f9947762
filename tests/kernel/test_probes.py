"""Questions with a time limit: a service that hangs holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from coday.kernel.probes import answer_to, ask

PATIENCE = 10.0


@pytest.fixture
def hanging() -> Iterator[Callable[[], str]]:
    """A question that has no answer before the test ends."""
    ends = threading.Event()

    def question() -> str:
        ends.wait(PATIENCE)
        return "late"

    yield question
    ends.set()


async def test_an_answer_is_given() -> None:
    assert await answer_to(lambda: 42, within=PATIENCE) == 42


async def test_what_a_question_raises_is_raised() -> None:
    def question() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await answer_to(question, within=PATIENCE)


async def test_nobody_waits_for_what_hangs(hanging: Callable[[], str]) -> None:
    with pytest.raises(TimeoutError):
        await answer_to(hanging, within=0.01)
    assert await answer_to(lambda: "another", within=PATIENCE) == "another"


def test_a_question_under_way_is_not_asked_twice(hanging: Callable[[], str]) -> None:
    first = ask(hanging)
    assert ask(hanging) is first


def test_a_question_that_hangs_for_long_is_asked_anew(hanging: Callable[[], str]) -> None:
    first = ask(hanging)
    assert ask(hanging, lost_after=0) is not first


def test_an_answered_question_is_asked_again() -> None:
    answers = iter((1, 2))

    def question() -> int:
        return next(answers)

    assert [ask(question).result(PATIENCE), ask(question).result(PATIENCE)] == [1, 2]


async def test_who_stops_waiting_does_not_end_it_for_others(hanging: Callable[[], str]) -> None:
    shared = ask(hanging)
    with pytest.raises(TimeoutError):
        await answer_to(hanging, within=0.01)
    assert shared.running()
