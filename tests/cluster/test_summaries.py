"""Summaries where the process that has one written is killed."""

from __future__ import annotations

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


def test_a_run_killed_while_it_summarises_leaves_the_runs_whole_and_its_repetition_summarises_them(
    cluster: Cluster, provider: MockProvider
) -> None:
    cluster.repeat_interrupted()
    cluster.start(workers=2)
    thread = cluster.thread()
    provider.reply(openai_reply("Green?"))
    first = cluster.say(thread, "I like tea.")
    assert cluster.ended(first) == "completed"
    provider.reply(openai_reply("They li", HANG), openai_reply("They like tea."))
    asked = len(cluster.asked())
    run = cluster.post(f"threads/{thread}/summaries/", {"runs": [first]})["id"]
    wait_until(lambda: len(cluster.asked()) == asked + 1, "the model is asked for a summary")
    cluster.executor(run).kill()

    assert cluster.ended(run) == "interrupted"
    [again] = cluster.siblings(run)
    assert cluster.ended(again) == "completed"
    [summary] = cluster.get(f"threads/{thread}/summaries/")["results"]
    assert (summary["text"], summary["made_by_run"]) == ("They like tea.", again)
    assert cluster.get(f"runs/{first}/")["context"] == "summarised"
    ended(cluster)
