"""A real server of jobs: takes whatever it is given, and calls back when the test says that a job has ended.

with JobServer.in_thread() as jobs:
    …                                  # something starts a job at jobs.url
    job = jobs.taken(0)                # the first one, when it is there
    job.end("succeeded", "All green.")
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
import msgspec

from tests.support.replies import PATIENCE, Signal


@dataclass(frozen=True, slots=True)
class Job:
    """One job: what it was given, and where its end is to be told."""

    given: dict[str, Any]
    callback_url: str

    def end(self, status: str, result: Any) -> httpx.Response:
        """Call back, with no credential but the address; the answer."""
        return httpx.post(self.callback_url, json={"status": status, "result": result}, timeout=PATIENCE)


class JobServer:
    """Answers each POST with 202, and keeps the job."""

    def __init__(self, port: int) -> None:
        self.place = f"127.0.0.1:{port}"
        self.url = f"http://{self.place}/jobs"
        self.jobs: list[Job] = []
        self._arrivals: dict[int, Signal] = {}
        self._lock = threading.Lock()

    @classmethod
    @contextmanager
    def in_thread(cls) -> Iterator[Self]:
        """Listen on a free port until the block ends."""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
                jobs.take(Job(body["input"], body["callback_url"]))
                self.send_response(202)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            jobs = cls(server.server_port)
            thread = threading.Thread(target=server.serve_forever, name="job-server", daemon=True)
            thread.start()
            yield jobs
            server.shutdown()
            thread.join(PATIENCE)

    def take(self, job: Job) -> None:
        """Keep a job that has arrived."""
        with self._lock:
            arrival = self._arrivals.setdefault(len(self.jobs), Signal())
            self.jobs.append(job)
        arrival.set()

    def taken(self, index: int) -> Job:
        """Job number ``index`` (from 0), when it is there."""
        with self._lock:
            arrival = self._arrivals.setdefault(index, Signal())
        arrival.wait()
        return self.jobs[index]
