"""Measures inside of an installation, whose settings are in the environment; prints the figures as JSON.

What a model call costs before it leaves: the history is read and fitted. The thread of 1,000 runs is longer than the
window: its older half has to leave, a summary stands for it, and its first run is pinned.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django

django.setup()

import msgspec  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402

from agents.models import LanguageModel  # noqa: E402
from benchmarks.seed import seed  # noqa: E402
from benchmarks.tools.figures import Figure  # noqa: E402
from runs.context import RunContext, load_context  # noqa: E402
from runs.events import RunSnapshot  # noqa: E402
from runs.models import Run, RunSummary  # noqa: E402
from runs.queries import run_snapshot  # noqa: E402
from runs.services.context_window import ContextWindowService  # noqa: E402
from runs.services.message_cleanup import MessageCleanupService  # noqa: E402
from runs.tools.base import Toolset  # noqa: E402

SHORT, LONG = 10, 1_000  # runs
WINDOW = 128_000  # tokens
SYSTEM = "You are a helpful assistant."


def timed(work: Callable[[], Any], *, times: int) -> list[float]:
    """Seconds that each of so many repeats took, after one that warms up."""
    work()
    seconds = []
    for _ in range(times):
        since = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - since)
    return seconds


def last_of(thread_id: str) -> RunSnapshot:
    """The thread's newest run: what is read for it is what was said before."""
    return run_snapshot(Run.objects.filter(thread_id=thread_id).latest("number"))


def remember(run: RunSnapshot) -> None:
    """A pinned first run, and a summary for the older half, as a run would have left it."""
    Run.objects.filter(thread_id=run.thread_id, number=1).update(pinned=True)
    upto: UUID = Run.objects.get(thread_id=run.thread_id, number=LONG // 2).pk
    RunSummary.objects.create(thread_id=run.thread_id, text="They talked about rivers. " * 100, upto=upto)


def measure() -> list[Figure]:
    """All figures."""
    admin = get_user_model().objects.get(username="admin")
    LanguageModel.objects.update(context_window=WINDOW)
    short, long = last_of(seed(SHORT)), last_of(seed(LONG))
    assert str(short.user_id) == str(admin.pk)
    remember(long)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    window = ContextWindowService(cleanup=MessageCleanupService())

    def fitted(context: RunContext) -> Callable[[], Any]:
        return lambda: window.plan(context, system=SYSTEM, toolset=Toolset()).messages

    contexts = {run.id: load_context(run=run) for run in (short, long)}
    read_short = timed(lambda: load_context(run=short), times=20)
    read_long = timed(lambda: load_context(run=long), times=20)
    fit_short = timed(fitted(contexts[short.id]), times=20)
    fit_long = timed(fitted(contexts[long.id]), times=20)
    plan = window.plan(contexts[long.id], system=SYSTEM, toolset=Toolset())
    assert plan.memory
    assert plan.shown[0].form == "whole"
    return [
        Figure.of(f"reading a thread of {SHORT} runs", read_short, target=30),
        Figure.of(f"reading a thread of {LONG:,} runs, as far as it could fit", read_long, target=100),
        Figure.of(f"fitting a thread of {SHORT} runs", fit_short, target=30),
        Figure.of(f"fitting a thread of {LONG:,} runs", fit_long, target=30),
    ]


if __name__ == "__main__":
    print(msgspec.json.encode(measure()).decode())
