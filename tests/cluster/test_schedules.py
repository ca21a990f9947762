"""Schedules in a cluster: they come once, however many tick, also at the moment when the one that ticks is killed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.cluster.settled import ended, settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import MockProvider, openai_reply
from tests.support.services import wait_until

QUESTION = "What is new?"


@pytest.fixture
def scheduled(hasty: Cluster) -> tuple[Cluster, str]:
    """A cluster with two web processes and two workers, and a schedule that goes on in a thread."""
    hasty.start(webs=2, workers=2)
    thread = hasty.thread()
    template = hasty.post("run-templates/", {"name": "News", "commands": [{"type": "prompt", "text": QUESTION}]})
    hasty.post(
        "run-schedules/",
        {"name": "Daily", "template": template["id"], "cron": "0 9 * * *", "thread": thread, "missed": "once"},
    )
    return hasty, thread


def falls_due(cluster: Cluster) -> None:
    """Let its time come."""
    cluster.database.write("UPDATE runs_runschedule SET next_at = %s", timezone.now() - timedelta(seconds=1))


def comes(cluster: Cluster) -> str:
    """The run that it started, once it has ended."""
    wait_until(lambda: bool(_started(cluster)), "the schedule is due")
    run = _started(cluster)[-1]
    assert cluster.ended(run) == "completed"
    return run


def _started(cluster: Cluster) -> list[str]:
    rows = cluster.database.rows("SELECT id::text FROM runs_run WHERE trigger = 'schedule' ORDER BY number")
    return [row["id"] for row in rows]


def _slots(cluster: Cluster) -> list[str]:
    rows = cluster.database.rows("SELECT status FROM runs_scheduleslot ORDER BY slot_at")
    return [row["status"] for row in rows]


def test_it_comes_once_and_everyone_who_watches_sees_it(scheduled: tuple[Cluster, str], provider: MockProvider) -> None:
    cluster, thread = scheduled
    viewers = [cluster.watch(thread, webs=[web]) for web in cluster.webs]
    provider.reply(openai_reply("Nothing."))

    falls_due(cluster)

    run = comes(cluster)
    assert [viewer.sees_end(run) for viewer in viewers] == ["completed", "completed"]
    assert cluster.asked() == [QUESTION]
    assert (_started(cluster), _slots(cluster)) == ([run], ["started"])
    settled(cluster)


def test_what_is_missed_while_all_is_down_is_made_up_for_once(
    scheduled: tuple[Cluster, str], provider: MockProvider
) -> None:
    cluster, _ = scheduled
    for process in list(cluster.processes):
        process.kill()
    cluster.database.write(
        "UPDATE runs_runschedule SET next_at = date_trunc('day', now()) - interval '3 days' + interval '9 hours'"
    )
    provider.reply(openai_reply("Nothing."))

    cluster.start(workers=2)

    run = comes(cluster)
    assert _started(cluster) == [run]
    *missed, started = _slots(cluster)
    assert started == "started"
    assert set(missed) == {"missed"}
    assert len(missed) in (2, 3), "today's nine o'clock may have been, too"
    ended(cluster)


def test_the_one_that_ticks_is_killed_and_it_still_comes_once(
    scheduled: tuple[Cluster, str], provider: MockProvider
) -> None:
    cluster, _ = scheduled
    provider.reply(openai_reply("Nothing."), openai_reply("Nothing again."))

    falls_due(cluster)
    wait_until(lambda: bool(_started(cluster)), "the schedule is due")
    cluster.workers[0].kill()

    wait_until(lambda: cluster.status(_started(cluster)[-1]) in ("completed", "interrupted"), "the run ends")
    assert _slots(cluster) == ["started"]
    ended(cluster)
