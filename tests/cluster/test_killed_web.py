"""The web process is killed: what was sent to it is safe, and who watched goes on elsewhere."""

from __future__ import annotations

from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import Gate, MockProvider, openai_reply


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
