"""Measures inside of an installation, whose settings are in the environment; prints the figures as JSON.

Requests are made without a network: what is measured is what the server does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from uuid import UUID

import django

django.setup()

import msgspec  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks.seed import SHAPE, answer  # noqa: E402
from benchmarks.tools.figures import Figure  # noqa: E402
from coday.accounts.operations import create_token  # noqa: E402
from runs import capture, lifecycle  # noqa: E402
from runs.inputs import Asker, RunRequest, RunUserInput  # noqa: E402
from threads.operations import create_thread  # noqa: E402

TRUNK = 500  # runs of the first branch, which is forked
BRANCHES = 49
TWIGS = 30  # or one more, so that there are 2,000 runs
RUNS = 2_000


@transaction.atomic
def seed(asker: Asker) -> tuple[UUID, list[UUID]]:
    """The thread and the leaves of its branches, the first one that of the longest."""
    thread_id = create_thread(owner_id=asker.user_id, title="A tree").id
    trunk = list(grow(asker, thread_id, None, TRUNK))
    leaves = [trunk[-1]]
    left = RUNS - TRUNK
    for number in range(BRANCHES):
        size = left // (BRANCHES - number)
        left -= size
        leaves.append(list(grow(asker, thread_id, trunk[number * TRUNK // BRANCHES], size))[-1])
    return thread_id, leaves


def grow(asker: Asker, thread_id: UUID, parent: UUID | None, size: int) -> Iterator[UUID]:
    """So many completed runs, one behind the other."""
    for _ in range(size):
        request = RunRequest(input=RunUserInput(text=SHAPE.prompt), parent=parent)
        run = capture.create(asker=asker, thread_id=thread_id, request=request).run
        lifecycle.claim_next(lane=run.lane)
        answer(run)
        lifecycle.finish(run_id=run.id, outcome=lifecycle.Outcome(status="completed"))
        parent = run.id
        yield run.id


def timed(work: Callable[[], Any], *, times: int) -> list[float]:
    """Seconds that each of so many repeats took, after one that warms up."""
    work()
    seconds = []
    for _ in range(times):
        since = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - since)
    return seconds


def measure() -> list[Figure]:
    """All figures."""
    admin = get_user_model().objects.get(username="admin")
    thread_id, leaves = seed(Asker(user_id=admin.pk, username=admin.username))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    client = Client(headers={"Authorization": f"Bearer {create_token(user=admin)[1]}"}, SERVER_NAME="127.0.0.1")
    thread = f"/api/v1/threads/{thread_id}/"
    others = cycle(leaves)

    def get(path: str) -> Any:
        response = client.get(path)
        assert response.status_code == 200, response.content
        return response.json()

    def opened() -> None:
        get(thread)
        assert len(get(f"{thread}messages/")["results"]) == 50

    def switched() -> None:
        head = str(next(others))
        response = client.patch(thread, {"head": head}, content_type="application/json")
        assert response.json()["head"] == head, response.content
        assert get(f"{thread}messages/")["runs"][-1]["id"] == head

    def mapped() -> None:
        assert len(get(f"{thread}branches/")["runs"]) == RUNS

    def forked() -> None:
        response = client.post(f"/api/v1/runs/{leaves[0]}/fork/", {}, content_type="application/json")
        assert response.status_code == 201, response.content

    return [
        Figure.of(
            "open a thread of 2,000 runs on 50 branches: it and its newest page", timed(opened, times=15), target=300
        ),
        Figure.of("show another of its branches: the head and its newest page", timed(switched, times=50), target=100),
        Figure.of("the map of its branches", timed(mapped, times=15), target=300),
        Figure.of("a fork of 500 runs, 1,000 messages", timed(forked, times=9), target=500),
    ]


if __name__ == "__main__":
    print(msgspec.json.encode(measure()).decode())
