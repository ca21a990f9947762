"""A worker is killed, at each point of a run: nothing that was acknowledged is lost, and nobody is called twice."""

from __future__ import annotations

import pytest

from tests.cluster.conftest import MakeCluster
from tests.cluster.settled import settled
from tests.support.cluster import CLAIM, COMPLETION, Cluster
from tests.support.mock_provider import HANG, Gate, MockProvider, Reply, Silence, openai_reply
from tests.support.services import Database, Redis, shared_postgres, wait_until

A_SAVE = Silence(1.1)  # seconds after which what was said is stored with the next word


@pytest.fixture
def cluster(hasty: Cluster) -> Cluster:
    return hasty


def test_before_the_claim_is_committed_the_run_starts_elsewhere(cluster: Cluster) -> None:
    cluster.start(workers=0)
    run = cluster.say(cluster.thread(), "Hello")
    with cluster.database.held_before("runs_run", CLAIM) as hold:
        victim = cluster.start_worker()
        hold.waiting()
        victim.kill()
    assert cluster.status(run) == "queued"

    cluster.start_worker()

    assert cluster.ended(run) == "completed"
    assert cluster.calls() == 1
    settled(cluster)


def test_after_the_claim_the_run_is_interrupted_and_can_be_repeated(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    silent = Gate()
    provider.reply(Reply(steps=(silent,)), openai_reply("Here it is."))
    thread = cluster.thread()
    run = cluster.say(thread, "Hello")
    silent.reached.wait()

    cluster.executor(run).kill()

    assert cluster.ended(run) == "interrupted"
    assert cluster.answer(run) == ""
    again = cluster.retry(run)
    assert cluster.ended(again) == "completed"
    assert cluster.answer(again) == "Here it is."
    settled(cluster)


def test_in_the_middle_of_a_stream_what_was_stored_stays(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    provider.reply(openai_reply("One, ", A_SAVE, "two, ", "three, ", HANG))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    viewer.sees("One, two, three, ")

    cluster.executor(run).kill()

    assert viewer.sees_end(run) == "interrupted"
    assert "One, two, three, ".startswith(cluster.answer(run))
    assert cluster.answer(run).startswith("One, two, ")
    settled(cluster)


def test_before_the_answer_is_committed_its_text_is_partial(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    last = Gate()
    provider.reply(openai_reply("One, ", A_SAVE, "two, ", last, "three."))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    viewer.sees("One, two, ")
    victim = cluster.executor(run)
    with cluster.database.held_thread(thread) as hold:
        last.open()
        viewer.sees("three.")
        hold.waiting()
        victim.kill()

    assert viewer.sees_end(run) == "interrupted"
    assert cluster.answer(run) == "One, two, "
    settled(cluster)


def test_between_the_answer_and_the_end_the_run_is_completed(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    with cluster.database.held_before("runs_run", COMPLETION) as hold:
        run = cluster.say(thread, "Hello")
        hold.waiting()
        cluster.executor(run).kill()

    assert viewer.sees_end(run) == "completed"
    assert cluster.answer(run) == "Hello from the mock provider."
    assert cluster.calls() == 1
    settled(cluster)


def test_after_the_commit_what_was_not_announced_is_shown(
    make_cluster: MakeCluster, template: Database, redis: Redis, provider: MockProvider
) -> None:
    cluster = make_cluster(server=shared_postgres(), template=template, redis=redis.url)
    cluster.start(workers=1)
    last = Gate()
    provider.reply(openai_reply("One, ", last, "two."))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    viewer.sees("One, ")

    redis.stop()
    last.open()
    assert cluster.ended(run) == "completed"
    cluster.workers[0].kill()
    redis.start()

    assert viewer.sees_end(run) == "completed"
    assert viewer.text == "One, two."
    settled(cluster)


def test_an_agent_may_have_the_run_repeated_once(cluster: Cluster, provider: MockProvider) -> None:
    cluster.repeat_interrupted()
    cluster.start(workers=2)
    first, second = Gate(), Gate()
    provider.reply(openai_reply("One, ", first), openai_reply("Once more, ", second))
    thread = cluster.thread()
    run = cluster.say(thread, "Count")
    first.reached.wait()
    victim = cluster.executor(run)
    next_victim = cluster.other_worker(victim)

    victim.kill()
    second.reached.wait()
    (sibling,) = cluster.siblings(run)
    next_victim.kill()
    cluster.start_worker()

    assert cluster.ended(run) == "interrupted"
    assert cluster.ended(sibling) == "interrupted"
    settled(cluster)
    assert cluster.siblings(run) == [sibling]
    assert cluster.calls() == 2


def test_what_waited_behind_the_run_starts_elsewhere(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    hanging = Gate()
    provider.reply(openai_reply("One, ", hanging))
    thread = cluster.thread()
    run = cluster.say(thread, "Count")
    hanging.reached.wait()
    waiting = [cluster.say(thread, f"And then {number}?") for number in range(3)]

    cluster.executor(run).kill()

    assert [cluster.ended(later) for later in waiting] == ["completed"] * 3
    wait_until(lambda: cluster.count("interrupted") == 1, "the first run is interrupted")
    settled(cluster)
