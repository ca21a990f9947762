"""Web processes and workers on one database and one Redis, and what was acknowledged to the people who used them.

with Cluster(database=database, redis=url, provider=provider, folder=tmp_path, token=token) as cluster:
    cluster.start(webs=2, workers=1)
    thread = cluster.thread()
    run = cluster.say(thread, "Hello")
    cluster.workers[0].kill()
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.support.mock_provider import MockProvider
from tests.support.replies import PATIENCE
from tests.support.server import CodayProcess, CodayServer, CodayWorker
from tests.support.services import Database, wait_until
from tests.support.viewer import Viewer

SECRET_KEY = "the key of the tests' clusters"
LEASE = 2.0  # seconds
CLAIM, COMPLETION = "NEW.status = 'running'", "NEW.status = 'completed'"  # of a run, to be held up before its commit
TERMINAL = frozenset({"completed", "failed", "cancelled", "interrupted"})


@dataclass(frozen=True)
class Said:
    """An input that was acknowledged."""

    thread: str
    run: str
    text: str


_RUNS = "SELECT id::text, status, error_code, error_message FROM runs_run ORDER BY created_at"


class Cluster:
    """Any number of processes. ``environment`` is what they share beside the defaults for speed."""

    def __init__(
        self,
        *,
        database: Database,
        redis: str,
        provider: MockProvider,
        folder: Path,
        token: str,
        environment: Mapping[str, str],
    ) -> None:
        self.database = database
        self.provider = provider
        self.webs: list[CodayServer] = []
        self.workers: list[CodayWorker] = []
        self.said: list[Said] = []
        self.viewers: list[Viewer] = []
        self._folder = folder
        self.token = token
        self._http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
        self._environment = {
            "DATABASE_URL": database.url,
            "REDIS_URL": redis,
            "CODAY_CHANNEL_PREFIX": database.name,
            "CODAY_DATABASE_THREADS": "4",
            "CODAY_LEASE_SECONDS": str(LEASE),
            "CODAY_USER_REQUESTS_PER_SECOND": "10000",
            "CODAY_TOKEN_REQUESTS_PER_SECOND": "10000",
            "CODAY_RUNS_PER_MINUTE": "100000",
            "OPENAI_BASE_URL": provider.base_url,
            "SECRET_KEY": SECRET_KEY,
            **environment,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for viewer in self.viewers:
            viewer.close()
        self._http.close()
        # Shown where the test fails.
        print(*self.database.rows(_RUNS), sep="\n")  # noqa: T201
        for process in self.processes:
            if process.is_running:
                process.kill()
            print(f"--- {type(process).__name__}\n{process.text}")  # noqa: T201

    # --- Processes ----------------------------------------------------------------------------------------------------

    @property
    def processes(self) -> list[CodayProcess]:
        """Every process that was ever part of it."""
        return [*self.webs, *self.workers]

    def start(self, *, webs: int = 1, workers: int = 1, concurrency: int = 10) -> None:
        """Start processes side by side, and return when all of them are ready."""
        started = [
            *(self.add_web() for _ in range(webs)),
            *(self.add_worker(concurrency=concurrency) for _ in range(workers)),
        ]
        for process in started:
            process.launch()
        for process in started:
            process.await_ready()

    def add_web(self) -> CodayServer:
        """One web process more, not yet started."""
        self.webs.append(CodayServer(data_dir=self._folder, environment=self._environment))
        return self.webs[-1]

    def add_worker(self, *, concurrency: int = 10, environment: Mapping[str, str] | None = None) -> CodayWorker:
        """One worker more, not yet started."""
        complete = {**self._environment, **(environment or {})}
        self.workers.append(CodayWorker(data_dir=self._folder, concurrency=concurrency, environment=complete))
        return self.workers[-1]

    def start_worker(self, *, concurrency: int = 10, environment: Mapping[str, str] | None = None) -> CodayWorker:
        """One worker more."""
        worker = self.add_worker(concurrency=concurrency, environment=environment)
        worker.start()
        return worker

    # --- A person -----------------------------------------------------------------------------------------------------

    def thread(self) -> str:
        """A new thread's id. It has a title, so that no model is asked for one."""
        return str(self.post("threads/", {"title": "A title"})["id"])

    def say(self, thread: str, text: str, *, web: CodayServer | None = None, **body: Any) -> str:
        """Start a run; its id. From here on it must not be lost. A thread's texts have to differ."""
        given = {"key": uuid4().hex, "input": {"type": "user", "text": text}, **body}
        run = str(self.post(f"threads/{thread}/runs/", given, web=web)["id"])
        self.said.append(Said(thread, run, text))
        return run

    def retry(self, run: str) -> str:
        """Repeat a run by hand; the new run's id."""
        (said,) = [said for said in self.said if said.run == run]
        again = str(self.post(f"runs/{run}/retry/")["id"])
        self.said.append(Said(said.thread, again, said.text))
        return again

    def watch(self, thread: str, *, webs: list[CodayServer] | None = None) -> Viewer:
        """Open the thread's socket at one of these web processes (else of all of them), and at another one after that."""
        viewer = Viewer(thread=thread, token=self.token, addresses=lambda: self.addresses(webs or self.webs))
        self.viewers.append(viewer)
        viewer.joined()
        return viewer

    def addresses(self, webs: list[CodayServer]) -> list[str]:
        """Where those of these web processes are that run."""
        return [web.websocket_url for web in webs if web.is_running]

    def post(self, path: str, body: Any = None, *, web: CodayServer | None = None) -> dict[str, Any]:
        """Write something; the answer's body."""
        response = self._http.post(self._address(path, web), json=body or {})
        assert response.is_success, response.text
        return dict(response.json())

    def get(self, path: str, *, web: CodayServer | None = None) -> dict[str, Any]:
        """Read something."""
        response = self._http.get(self._address(path, web))
        assert response.is_success, response.text
        return dict(response.json())

    def _address(self, path: str, web: CodayServer | None) -> str:
        asked = web or next(web for web in self.webs if web.is_running)
        return f"{asked.base_url}/api/v1/{path}"

    # --- An admin -----------------------------------------------------------------------------------------------------

    def repeat_interrupted(self) -> None:
        """Let every agent repeat an interrupted run by itself."""
        self.database.write("UPDATE agents_agent SET retry_interrupted = true")

    def limit_provider(self, runs: int) -> None:
        """Let so many runs at once use the provider."""
        self.database.write("UPDATE agents_provider SET max_runs = %s WHERE slug = 'openai'", runs)

    # --- What the database says ---------------------------------------------------------------------------------------

    def status(self, run: str) -> str:
        """The run's status."""
        return str(self.database.value("SELECT status FROM runs_run WHERE id = %s", run))

    def ended(self, run: str) -> str:
        """Wait for a run's end; its status."""
        wait_until(lambda: self.status(run) in TERMINAL, f"run {run} ends")
        return self.status(run)

    def count(self, status: str) -> int:
        """How many runs have a status."""
        return int(self.database.value("SELECT count(*) FROM runs_run WHERE status = %s", status))

    def offered(self, *, times: int) -> None:
        """Wait until workers have taken so many looks at lanes."""
        query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'runs.look' AND status = 'doing'"
        wait_until(lambda: self.database.value(query) >= times, f"{times} looks at lanes are under way")

    def executor(self, run: str) -> CodayWorker:
        """The worker that executes a run."""
        name = self.database.value(
            "SELECT runner.name FROM runs_runner runner JOIN runs_run run ON run.runner = runner.id WHERE run.id = %s",
            run,
        )
        (found,) = [worker for worker in self.workers if name.endswith(f":{worker.process.pid}")]
        return found

    def other_worker(self, worker: CodayWorker) -> CodayWorker:
        """A running worker that is not this one."""
        return next(other for other in self.workers if other is not worker and other.is_running)

    def answer(self, run: str) -> str:
        """What the assistant's stored messages of a run say."""
        rows = self.database.rows(
            "SELECT content FROM threads_message WHERE run_id = %s AND role = 'assistant' ORDER BY id", run
        )
        return "".join(part.get("text", "") for row in rows for part in row["content"])

    def siblings(self, run: str) -> list[str]:
        """The runs that repeat this one, oldest first."""
        rows = self.database.rows(
            "SELECT id FROM runs_run WHERE thread_id = (SELECT thread_id FROM runs_run WHERE id = %s) AND attempt > 1"
            " ORDER BY number",
            run,
        )
        return [str(row["id"]) for row in rows]

    def calls(self, text: str = "") -> int:
        """How often the provider was asked to answer (this text)."""
        return sum(not text or asked == text for asked in self.asked())

    def asked(self) -> list[str]:
        """The person's last words in each request for an answer."""
        bodies = [request.json for request in self.provider.requests if request.path.endswith("/chat/completions")]
        return [_last_words(body["messages"]) for body in bodies]


def _last_words(messages: list[dict[str, Any]]) -> str:
    content = [message["content"] for message in messages if message["role"] == "user"][-1]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
