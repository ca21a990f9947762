"""Command queues and steering where another process executes the run, and when that is killed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.conftest import MakeCluster
from tests.cluster.settled import ended
from tests.support.cluster import Cluster
from tests.support.mock_provider import HANG, MockProvider, openai_reply
from tests.support.services import Database, shared_postgres, shared_redis, wait_until


@pytest.fixture
def cluster(make_cluster: MakeCluster, template: Database) -> Cluster:
    """A hasty cluster."""
    return make_cluster(server=shared_postgres(), template=template, redis=shared_redis())


def commands(cluster: Cluster, run: str) -> list[tuple[str, str]]:
    """Kind and status of a run's commands."""
    rows = cluster.get(f"runs/{run}/commands/")["results"]
    return [(row["kind"], row["status"]) for row in rows]


def told(*prompts: str) -> dict[str, Any]:
    """An input of several prompts."""
    return {"type": "user", "text": "", "commands": [{"type": "prompt", "text": text} for text in prompts]}


def test_a_run_killed_at_its_second_command_is_told_the_same_again(cluster: Cluster, provider: MockProvider) -> None:
    cluster.repeat_interrupted()
    cluster.start(workers=2)
    provider.reply(openai_reply("One."), openai_reply("Tw", HANG))
    provider.reply(openai_reply("One again."), openai_reply("Two again."))
    thread = cluster.thread()
    run = cluster.post(f"threads/{thread}/runs/", {"input": told("One?", "Two?")})["id"]
    wait_until(lambda: len(cluster.asked()) == 2, "the second prompt is asked")
    cluster.executor(run).kill()

    assert cluster.ended(run) == "interrupted"
    assert commands(cluster, run) == [("prompt", "done"), ("prompt", "failed")]
    [again] = cluster.siblings(run)
    assert cluster.ended(again) == "completed"
    assert commands(cluster, again) == [("prompt", "done"), ("prompt", "done")]
    ended(cluster)


def test_words_for_a_run_that_is_killed_before_it_hears_them_are_a_message_of_their_own(
    cluster: Cluster, provider: MockProvider
) -> None:
    cluster.start(workers=2)
    provider.reply(openai_reply("Yes", HANG), openai_reply("In French, then."))
    thread = cluster.thread()
    run = cluster.say(thread, "Hello?")
    wait_until(lambda: len(cluster.asked()) == 1, "the model is asked")
    steered = cluster.say(thread, "In French!", when_busy="steer")
    assert steered == run
    cluster.executor(run).kill()

    assert cluster.ended(run) == "interrupted"
    wait_until(lambda: commands(cluster, run) == [("steer", "returned")], "the words are returned")
    runs = cluster.get(f"threads/{thread}/runs/")["results"]
    [returned] = [each["id"] for each in runs if each["id"] != run]
    assert cluster.ended(returned) == "completed"
    assert cluster.answer(returned) == "In French, then."
    ended(cluster)
