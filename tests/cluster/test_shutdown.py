"""Processes end in order: runs get their time, what is left is handed over, clients go on elsewhere."""

from __future__ import annotations

from threading import Event, Thread
from uuid import uuid4

import httpx

from tests.cluster.settled import settled
from tests.support.cluster import CLAIM, Cluster, Said
from tests.support.mock_provider import HANG, Gate, MockProvider, Silence, openai_reply
from tests.support.server import CodayProcess
from tests.support.services import wait_until

REJOIN = 1012


def test_a_worker_that_ends_lets_its_run_end(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start()
    (worker,) = cluster.workers
    last = Gate()
    provider.reply(openai_reply("One, ", last, "two."))
    run = cluster.say(cluster.thread(), "Count")
    last.reached.wait()

    worker.process.terminate()
    _is_draining(worker)
    later = cluster.say(cluster.thread(), "And me?")
    last.open()

    assert worker.terminate() == 0
    assert cluster.status(run) == "completed"
    assert cluster.status(later) == "queued", "it takes no more"
    cluster.start_worker()
    assert cluster.ended(later) == "completed"
    settled(cluster)


def test_a_worker_that_ends_while_it_claims_executes_what_it_claimed(cluster: Cluster) -> None:
    cluster.start(workers=0)
    run = cluster.say(cluster.thread(), "Hello")
    with cluster.database.held_before("runs_run", CLAIM) as hold:
        worker = cluster.start_worker()
        hold.waiting()
        listeners = "SELECT count(*) FROM procrastinate_workers"
        listening = cluster.database.value(listeners)
        worker.process.terminate()
        wait_until(lambda: cluster.database.value(listeners) < listening, "it listens to the queue no more")

    assert worker.terminate() == 0
    assert cluster.status(run) == "completed"
    settled(cluster)


def test_a_worker_that_ends_stores_every_word_of_a_long_run(hasty: Cluster, provider: MockProvider) -> None:
    hasty.start()
    provider.reply(openai_reply("One, ", "two, ", HANG))
    thread = hasty.thread()
    viewer = hasty.watch(thread)
    run = hasty.say(thread, "Count")
    viewer.sees("One, two, ")

    assert hasty.workers[0].terminate() == 0

    assert hasty.status(run) == "interrupted"
    assert hasty.answer(run) == "One, two, "
    settled(hasty)


def test_a_worker_that_ends_hands_over_what_an_agent_has_repeated(hasty: Cluster, provider: MockProvider) -> None:
    hasty.repeat_interrupted()
    hasty.start(workers=2)
    hanging = Gate()
    provider.reply(openai_reply("One, ", hanging), openai_reply("Once more."))
    thread = hasty.thread()
    viewer = hasty.watch(thread)
    run = hasty.say(thread, "Count")
    hanging.reached.wait()

    assert hasty.executor(run).terminate() == 0

    assert viewer.sees_end(run) == "interrupted"
    viewer.sees("Once more.")
    (sibling,) = hasty.siblings(run)
    assert viewer.sees_end(sibling) == "completed"
    settled(hasty)


def test_a_web_process_that_ends_sends_its_clients_elsewhere(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(webs=2)
    first, second = cluster.webs
    last = Gate()
    provider.reply(openai_reply("One, ", last, "two."))
    thread = cluster.thread()
    viewer = cluster.watch(thread, webs=[second, first])
    run = cluster.say(thread, "Count", web=second)
    viewer.sees("One, ")

    assert first.terminate() == 0
    viewer.joined(times=2)
    last.open()

    assert viewer.sees_end(run) == "completed"
    assert viewer.text == "One, two."
    assert viewer.closes == [REJOIN]
    settled(cluster)


def test_a_rolling_restart_under_load_loses_nothing(cluster: Cluster, provider: MockProvider) -> None:
    provider.answer = lambda _: openai_reply("One, ", Silence(0.1), "two, ", Silence(0.1), "three.")
    cluster.start(webs=2, workers=2)
    enough = Event()
    speakers = [_Speaker(cluster, enough) for _ in range(4)]
    for speaker in speakers:
        cluster.watch(speaker.thread)
        speaker.start()
    old_webs, old_workers = list(cluster.webs), list(cluster.workers)

    for old_web, old_worker in zip(old_webs, old_workers, strict=True):
        new = [cluster.add_web(), cluster.add_worker()]
        for process in new:
            process.launch()
        for process in new:
            process.await_ready()
        assert old_web.terminate() == 0
        assert old_worker.terminate() == 0
    enough.set()
    for speaker in speakers:
        speaker.finish()

    settled(cluster)
    assert {cluster.status(said.run) for said in cluster.said} == {"completed"}


class _Speaker(Thread):
    """Somebody who says one thing after another, and says it again where nobody heard it."""

    def __init__(self, cluster: Cluster, enough: Event) -> None:
        super().__init__(daemon=True)
        self.thread = cluster.thread()
        self._cluster = cluster
        self._enough = enough
        self._failure: AssertionError | None = None

    def run(self) -> None:
        """Speak until it is enough."""
        try:
            while not self._enough.is_set():
                self._cluster.ended(self._say(uuid4().hex))
        except AssertionError as failure:
            self._failure = failure

    def finish(self) -> None:
        """Wait for the last answer."""
        self.join()
        if self._failure:
            raise self._failure

    def _say(self, text: str) -> str:
        body = {"key": text, "input": {"type": "user", "text": text}}
        while True:
            for web in [web for web in self._cluster.webs if web.is_running]:
                try:
                    run = str(self._cluster.post(f"threads/{self.thread}/runs/", body, web=web)["id"])
                except httpx.TransportError:
                    continue  # it is about to end: the same again, elsewhere
                self._cluster.said.append(Said(self.thread, run, text))
                return run


def _is_draining(process: CodayProcess) -> None:
    wait_until(lambda: "Waiting up to" in process.text, "the worker takes no more runs")
