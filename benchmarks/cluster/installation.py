"""Coday in its distributed mode under measurement: a web process and a worker in one data directory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks.cluster.services import Database, Services, new_database
from benchmarks.coday import FIRST_PAGE, CodayTarget, free_port, install, log_shown_on_error, logged_in
from benchmarks.measure.startup import seconds_to_first_page
from benchmarks.processes import ServerProcess, running

SCRAPE_SECONDS: Final = 5.0
IDLE_SHARE: Final = 0.1  # of a core at most: idle processes look after leases, queue and journals


@dataclass(frozen=True)
class ClusterTarget(CodayTarget):
    """The two processes, their database, and the port of the worker's metrics."""

    worker: ServerProcess
    worker_metrics_port: int
    database: Database

    @property
    def processes(self) -> dict[str, ServerProcess]:
        """The processes by name."""
        return {"web": self.server, "worker": self.worker}

    def metrics(self, name: str) -> dict[str, float]:
        """The gauges and counters of one process, by name and labels as they are written; none where it tells none."""
        port = {"web": self.installation.port, "worker": self.worker_metrics_port}[name]
        try:
            page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=SCRAPE_SECONDS)
        except httpx.TransportError:
            return {}
        samples = [line.rpartition(" ") for line in page.text.splitlines() if not line.startswith("#")]
        return {series: float(value) for series, _, value in samples} if page.is_success else {}


@contextmanager
def running_cluster(provider: str, services: Services) -> Iterator[ClusterTarget]:
    """A web process and a worker with the provider at this base URL, on an empty database."""
    with (
        new_database(services) as database,
        tempfile.TemporaryDirectory(prefix="coday-benchmark-") as folder,
    ):
        installation = install(Path(folder), provider, services=database.environment)
        metrics_port, worker_log = free_port(), Path(folder) / "worker.log"
        worker_env = {**installation.env, "CODAY_METRICS_PORT": str(metrics_port)}
        began = time.perf_counter()
        with (
            running(["manage.py", "serve"], env=installation.env, log=installation.log, idle_share=IDLE_SHARE) as web,
            log_shown_on_error(installation.log),
            running(["manage.py", "worker"], env=worker_env, log=worker_log, idle_share=IDLE_SHARE) as worker,
            log_shown_on_error(worker_log),
        ):
            seconds = seconds_to_first_page(installation.port, FIRST_PAGE, since=began)
            with logged_in(installation) as rest:
                yield ClusterTarget(web, installation, seconds, rest, worker, metrics_port, database)
