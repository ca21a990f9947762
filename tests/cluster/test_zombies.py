"""A worker is halted past its lease and goes on, or its clock is wrong: what it still writes and tells comes too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import Gate, MockProvider, openai_reply
from tests.support.viewer import Viewer


@pytest.fixture
def cluster(hasty: Cluster) -> Cluster:
    return hasty


def test_a_halted_worker_changes_nothing_when_it_goes_on(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    last = Gate()
    provider.reply(openai_reply("One, ", last, "too late."), openai_reply("Here I am."))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    viewer.sees("One, ")
    zombie = cluster.executor(run)

    zombie.pause()
    assert viewer.sees_end(run) == "interrupted"
    last.open()
    zombie.resume()
    cluster.other_worker(zombie).kill()
    later = cluster.say(thread, "Are you there?")

    assert cluster.ended(later) == "completed", "the zombie works again"
    assert viewer.sees_end(later) == "completed"
    assert cluster.status(run) == "interrupted"
    assert not _was_told(viewer, "too late.")
    settled(cluster)


def test_the_repetition_of_a_halted_workers_run_is_the_only_one(cluster: Cluster, provider: MockProvider) -> None:
    cluster.repeat_interrupted()
    cluster.start(workers=2)
    last = Gate()
    provider.reply(openai_reply("One, ", last, "too late."), openai_reply("Once more."))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    viewer.sees("One, ")
    zombie = cluster.executor(run)

    zombie.pause()
    viewer.sees("Once more.")
    last.open()
    zombie.resume()
    (sibling,) = cluster.siblings(run)

    assert viewer.sees_end(sibling) == "completed"
    assert not _was_told(viewer, "too late.")
    settled(cluster)
    assert cluster.siblings(run) == [sibling]


def test_a_run_that_is_offered_to_two_workers_is_executed_once(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=0)
    thread = cluster.thread()
    run = cluster.say(thread, "Hello")
    cluster.database.write(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " SELECT queue_name, task_name, args FROM procrastinate_jobs WHERE task_name = 'runs.look'"
    )
    with cluster.database.held_thread(thread) as hold:
        cluster.start(webs=0, workers=2, concurrency=1)
        cluster.offered(times=2)
        hold.waiting(count=2)

    assert cluster.ended(run) == "completed"
    settled(cluster)
    assert cluster.calls() == 1


def test_a_worker_whose_clock_is_fast_loses_no_run_and_takes_none(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=1)
    fast = cluster.start_worker(environment=_clock("+60s"))
    gates = [Gate() for _ in range(4)]
    provider.answer = lambda _: openai_reply("One, ", gates[cluster.calls() - 1], "two.")
    runs = [cluster.say(cluster.thread(), f"Hello {number}") for number in range(4)]
    for gate in gates:
        gate.reached.wait()
    left = [run for run in runs if cluster.executor(run) is fast]

    fast.kill()
    ends = {run: cluster.ended(run) for run in left}
    for gate in gates:
        gate.open()

    assert set(ends.values()) <= {"interrupted"}
    assert all(cluster.ended(run) == "completed" for run in runs if run not in left)
    settled(cluster)


def test_what_a_worker_with_a_slow_clock_says_comes_after_what_it_answers(
    cluster: Cluster, provider: MockProvider
) -> None:
    cluster.start(workers=0)
    cluster.start_worker(environment=_clock("-60s"))
    thread = cluster.thread()
    for text in ("First", "Second", "Third"):
        assert cluster.ended(cluster.say(thread, text)) == "completed"

    newest_first = cluster.get(f"threads/{thread}/messages/")["results"]
    assert [message["role"] for message in reversed(newest_first)] == ["user", "assistant"] * 3
    roles = [message["role"] for message in provider.requests[-1].json["messages"]]
    assert roles[-5:] == ["user", "assistant", "user", "assistant", "user"]
    settled(cluster)


def _was_told(viewer: Viewer, text: str) -> bool:
    return any(text in frame.get("text", "") for frame in viewer.frames)


def _clock(offset: str) -> dict[str, str]:
    """The environment of a process whose clock is wrong (and whose stopwatch is right)."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("no libfaketime here (Debian's package faketime)")
    return {"LD_PRELOAD": str(libraries[0]), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
