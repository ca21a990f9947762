"""The web process is killed: what was sent to it is safe, and who watched goes on elsewhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import PATIENCE, Gate, MockProvider, openai_reply


def test_a_client_of_a_killed_web_process_goes_on_at_another_one(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(webs=2, workers=1)
    first, second = cluster.webs
    gate = Gate()
    provider.reply(openai_reply("One, ", "two, ", gate, "three."))
    thread = cluster.thread()
    viewer = cluster.watch(thread, webs=[second, first])
    run = cluster.say(thread, "Count", web=first)
    viewer.sees("One, two, ")

    first.kill()
    second_join = viewer.joins + 1
    viewer.joined(times=second_join)
    viewer.sees("One, two, ")
    gate.open()

    assert viewer.sees_end(run) == "completed"
    assert viewer.text == "One, two, three."
    settled(cluster)


def test_an_input_that_was_not_acknowledged_is_said_again_and_taken_once(cluster: Cluster) -> None:
    cluster.start(webs=2)
    victim, other = cluster.webs
    thread = cluster.thread()
    body = {"key": "the same", "input": {"type": "user", "text": "Hello"}}
    with ThreadPoolExecutor() as pool, cluster.database.held_thread(thread) as hold:
        request = pool.submit(cluster.post, f"threads/{thread}/runs/", body, web=victim)
        hold.waiting()
        victim.kill()
        with pytest.raises(httpx.TransportError):
            request.result(PATIENCE)

    run = cluster.say(thread, "Hello", web=other, key="the same")

    assert cluster.ended(run) == "completed"
    settled(cluster)
    assert cluster.calls() == 1


def test_an_input_whose_acknowledgement_was_lost_is_not_taken_twice(cluster: Cluster) -> None:
    cluster.start(webs=2)
    victim, other = cluster.webs
    thread = cluster.thread()
    body = {"key": "the same", "input": {"type": "user", "text": "Hello"}}
    taken = str(cluster.post(f"threads/{thread}/runs/", body, web=victim)["id"])
    victim.kill()

    run = cluster.say(thread, "Hello", web=other, key="the same")

    assert run == taken
    assert cluster.ended(run) == "completed"
    settled(cluster)
    assert cluster.calls() == 1
