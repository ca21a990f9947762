"""Several processes share the work: whoever comes takes it, anyone may stop it, and limits hold everywhere at once."""

from __future__ import annotations

from tests.cluster.conftest import MakeCluster
from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import Gate, MockProvider, ReceivedRequest, Reply, openai_reply
from tests.support.services import Database, shared_postgres, shared_redis, wait_until


class Held:
    """Answers that are all held up at the same point until they are let go; those that come later are not."""

    def __init__(self, provider: MockProvider) -> None:
        self.gates: list[Gate] = []
        self._free = False
        provider.answer = self._answer

    def release(self) -> None:
        """Let them go on."""
        self._free = True
        for gate in self.gates:
            gate.open()

    def _answer(self, request: ReceivedRequest) -> Reply:
        self.gates.append(Gate())
        if self._free:
            self.gates[-1].open()
        return openai_reply("One, ", self.gates[-1], "two.")


def test_queued_runs_start_when_a_worker_comes(cluster: Cluster) -> None:
    cluster.start(workers=0)
    runs = [cluster.say(cluster.thread(), f"Hello {number}") for number in range(3)]
    assert cluster.count("queued") == 3

    cluster.start_worker()

    assert [cluster.ended(run) for run in runs] == ["completed"] * 3
    settled(cluster)


def test_a_run_is_cancelled_at_any_web_process(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(webs=2)
    never = Gate()
    provider.reply(openai_reply("One, ", never))
    thread = cluster.thread()
    viewer = cluster.watch(thread, webs=cluster.webs[:1])
    run = cluster.say(thread, "Count", web=cluster.webs[0])
    viewer.sees("One, ")

    cluster.post(f"runs/{run}/cancel/", web=cluster.webs[1])

    provider.requests[-1].disconnected.wait()
    assert viewer.sees_end(run) == "cancelled"
    assert cluster.answer(run) == "One, "
    settled(cluster)


def test_runs_of_one_lane_keep_their_order_on_any_number_of_workers(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    thread = cluster.thread()
    texts = [f"Number {number}" for number in range(6)]
    runs = [cluster.say(thread, text) for text in texts]

    assert [cluster.ended(run) for run in runs] == ["completed"] * 6

    assert cluster.asked() == texts
    settled(cluster)


def test_a_person_has_as_many_runs_at_once_as_they_may(
    make_cluster: MakeCluster, template: Database, provider: MockProvider
) -> None:
    cluster = make_cluster(
        server=shared_postgres(),
        template=template,
        redis=shared_redis(),
        CODAY_LEASE_SECONDS="30",
        CODAY_MAX_RUNS_PER_USER="3",
    )
    _only_so_many_at_once(cluster, Held(provider), limit=3)


def test_a_provider_has_as_many_runs_at_once_as_it_may(cluster: Cluster, provider: MockProvider) -> None:
    cluster.limit_provider(2)
    _only_so_many_at_once(cluster, Held(provider), limit=2)


def _only_so_many_at_once(cluster: Cluster, held: Held, *, limit: int) -> None:
    cluster.start(workers=2, concurrency=4)
    runs = [cluster.say(cluster.thread(), f"Hello {number}") for number in range(limit + 2)]

    wait_until(lambda: _looks(cluster) == limit, "whoever may not start yet was looked at, too")
    wait_until(lambda: (cluster.count("running"), cluster.count("queued")) == (limit, 2), "as many run as may")
    wait_until(lambda: len(held.gates) == limit, "those that may ask do")
    held.release()

    assert [cluster.ended(run) for run in runs] == ["completed"] * len(runs)
    settled(cluster)


def _looks(cluster: Cluster) -> int:
    """The jobs that are there: each lasts as long as its run."""
    return int(cluster.database.value("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'runs.look'"))
