"""Processes end in order: runs get their time, what is left is handed over, clients go on elsewhere."""

from __future__ import annotations

from threading import Event, Thread
from uuid import uuid4

import httpx
import pytest

from tests.cluster.conftest import MakeCluster
from tests.cluster.settled import settled
from tests.support.cluster import Cluster, Said
from tests.support.mock_provider import HANG, Gate, MockProvider, Silence, openai_reply
from tests.support.server import CodayProcess
from tests.support.services import Database, shared_postgres, shared_redis, wait_until

REJOIN = 1012


@pytest.fixture
def patient(make_cluster: MakeCluster, template: Database) -> Cluster:
    """A cluster whose processes wait for their runs."""
    return make_cluster(server=shared_postgres(), template=template, redis=shared_redis(), CODAY_SHUTDOWN_SECONDS="10")


def test_a_worker_that_ends_lets_its_run_end(patient: Cluster, provider: MockProvider) -> None:
    patient.start()
    (worker,) = patient.workers
    last = Gate()
    provider.reply(openai_reply("One, ", last, "two."))
    run = patient.say(patient.thread(), "Count")
    last.reached.wait()

    worker.process.terminate()
    _is_draining(worker)
    later = patient.say(patient.thread(), "And me?")
    last.open()

    assert worker.terminate() == 0
    assert patient.status(run) == "completed"
    assert patient.status(later) == "queued", "it takes no more"
    patient.start_worker()
    assert patient.ended(later) == "completed"
    settled(patient)


def test_a_worker_that_ends_stores_every_word_of_a_long_run(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start()
    provider.reply(openai_reply("One, ", "two, ", HANG))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    viewer.sees("One, two, ")

    assert cluster.workers[0].terminate() == 0

    assert cluster.status(run) == "interrupted"
    assert cluster.answer(run) == "One, two, "
    settled(cluster)


def test_a_worker_that_ends_hands_over_what_an_agent_has_repeated(cluster: Cluster, provider: MockProvider) -> None:
    cluster.repeat_interrupted()
    cluster.start(workers=2)
    hanging = Gate()
    provider.reply(openai_reply("One, ", hanging), openai_reply("Once more."))
    thread = cluster.thread()
    viewer = cluster.watch(thread)
    run = cluster.say(thread, "Count")
    hanging.reached.wait()

    assert cluster.executor(run).terminate() == 0

    assert viewer.sees_end(run) == "interrupted"
    viewer.sees("Once more.")
    (sibling,) = cluster.siblings(run)
    assert viewer.sees_end(sibling) == "completed"
    settled(cluster)


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


def test_a_rolling_restart_under_load_loses_nothing(patient: Cluster, provider: MockProvider) -> None:
    provider.answer = lambda _: openai_reply("One, ", Silence(0.1), "two, ", Silence(0.1), "three.")
    patient.start(webs=2, workers=2)
    enough = Event()
    speakers = [_Speaker(patient, enough) for _ in range(4)]
    for speaker in speakers:
        patient.watch(speaker.thread)
        speaker.start()
    old_webs, old_workers = list(patient.webs), list(patient.workers)

    for old_web, old_worker in zip(old_webs, old_workers, strict=True):
        new = [patient.add_web(), patient.add_worker()]
        for process in new:
            process.launch()
        for process in new:
            process.await_ready()
        assert old_web.terminate() == 0
        assert old_worker.terminate() == 0
    enough.set()
    for speaker in speakers:
        speaker.finish()

    settled(patient)
    assert {patient.status(said.run) for said in patient.said} == {"completed"}


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
