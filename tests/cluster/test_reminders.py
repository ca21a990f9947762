"""Reminders in a cluster: they outlive every process, and come once, however many tick."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import Call, Gate, MockProvider, openai_reply
from tests.support.services import wait_until

POLICIES = {"remind_me": "allow"}


@pytest.fixture
def reminded(hasty: Cluster, provider: MockProvider) -> tuple[Cluster, str]:
    """A cluster with two workers, and a thread in which a reminder was set."""
    hasty.database.write("UPDATE agents_languagemodel SET tools = true")
    hasty.database.write("UPDATE agents_agent SET tools = %s", json.dumps(POLICIES))
    hasty.start(workers=2)
    thread = hasty.thread()
    reminder = Call("remind_me", (json.dumps({"text": "Water the plants", "in_minutes": 60}),))
    provider.reply(openai_reply(reminder), openai_reply("I will."))
    assert hasty.ended(hasty.say(thread, "Remind me")) == "completed"
    return hasty, thread


def falls_due(cluster: Cluster) -> None:
    """Let an hour pass."""
    cluster.database.write("UPDATE runs_tooloperation SET due_at = %s", timezone.now() - timedelta(seconds=1))


def comes(cluster: Cluster) -> str:
    """The run that brought the reminder, once it has ended."""
    wait_until(lambda: bool(_brought(cluster)), "the reminder is due")
    [run] = _brought(cluster)
    assert cluster.ended(run) == "completed"
    assert _brought(cluster) == [run]
    return run


def _brought(cluster: Cluster) -> list[str]:
    rows = cluster.database.rows("SELECT id::text FROM runs_run WHERE kind = 'system' ORDER BY number")
    return [row["id"] for row in rows]


def test_a_reminder_comes_once(reminded: tuple[Cluster, str], provider: MockProvider) -> None:
    cluster, thread = reminded
    viewer = cluster.watch(thread)
    provider.reply(openai_reply("Here it is."))

    falls_due(cluster)

    assert viewer.sees_end(comes(cluster)) == "completed"
    assert "Water the plants" in cluster.asked()[-1]
    settled(cluster)


def test_a_reminder_outlives_every_process(reminded: tuple[Cluster, str], provider: MockProvider) -> None:
    cluster, _ = reminded
    for process in list(cluster.processes):
        process.kill()
    falls_due(cluster)
    provider.reply(openai_reply("Here it is."))

    cluster.start(workers=2)

    comes(cluster)
    settled(cluster)


def test_a_reminder_waits_for_the_run_before_it(reminded: tuple[Cluster, str], provider: MockProvider) -> None:
    cluster, thread = reminded
    gate = Gate()
    provider.reply(openai_reply("One, ", gate, "two."), openai_reply("Here it is."))
    busy = cluster.say(thread, "Count")
    gate.reached.wait()

    falls_due(cluster)
    wait_until(lambda: bool(_brought(cluster)), "the reminder is due")
    assert cluster.status(_brought(cluster)[0]) == "queued"
    gate.open()

    assert cluster.ended(busy) == "completed"
    comes(cluster)
    settled(cluster)
