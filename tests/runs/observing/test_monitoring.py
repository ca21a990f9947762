"""What those who watch an installation are told: how it is, how much it does, and to whom it says so."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import Settings

from coday.kernel.database import in_database
from runs.models import Run
from runs.observing.monitoring import may_watch, monitoring_server, worker_server
from tests.runs.api.history import History
from tests.runs.conversation import make_cast
from tests.support.forked import PROJECT
from tests.support.server import CodayServer, free_port

TOKEN = "watch-me-1f0e9d8c"
NEVER = {"DETAIL", "Traceback", "127.0.0.1", "password", "psycopg", "sqlite"}
SERVE = (
    "import sys, uvicorn; uvicorn.run('coday.asgi:application', port=int(sys.argv[1]), lifespan='off', log_config=None)"
)


def _checks(answer: httpx.Response | object) -> dict[str, dict[str, object]]:
    """The checks of an answer by name."""
    body = msgspec.json.decode(answer.content)  # type: ignore[union-attr]
    return {check["name"]: check for check in body["checks"]}


# --- Alive ----------------------------------------------------------------------------------------------------------


def test_a_process_lives_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")  # this test may not use the database, and fails if the view does
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_is_written_here(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


# --- Ready ----------------------------------------------------------------------------------------------------------


async def test_a_whole_installation_is_ready(transactional_db: None, async_client: AsyncClient) -> None:
    answer = await async_client.get("/readyz")
    assert answer.status_code == 200
    assert {name: check["ok"] for name, check in _checks(answer).items()} == {
        "database": True, "migrations": True, "queue": True,
    }  # fmt: skip


async def test_a_migration_that_is_not_applied_is_told(transactional_db: None, async_client: AsyncClient) -> None:
    await in_database(_record, "UPDATE django_migrations SET app = 'was runs' WHERE app = 'runs'")
    try:
        answer = await async_client.get("/readyz")
    finally:
        await in_database(_record, "UPDATE django_migrations SET app = 'runs' WHERE app = 'was runs'")
    assert answer.status_code == 503
    assert [name for name, check in _checks(answer).items() if not check["ok"]] == ["migrations"]


def _record(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


async def test_a_queue_that_stands_still_is_told(
    transactional_db: None, async_client: AsyncClient, settings: Settings
) -> None:
    await in_database(_wait_for_a_minute)
    settings.CODAY_READY_QUEUE_LAG = 3600.0
    assert (await async_client.get("/readyz")).status_code == 200
    settings.CODAY_READY_QUEUE_LAG = 30.0
    answer = await async_client.get("/readyz")
    assert answer.status_code == 503
    assert "has waited for 6" in str(_checks(answer)["queue"]["detail"])


def _wait_for_a_minute() -> None:
    run = History(make_cast(base_url="http://127.0.0.1:9/v1")).ask("Hello?")
    Run.objects.filter(pk=run.id).update(created_at=timezone.now() - timedelta(minutes=1))


async def test_redis_that_is_away_is_told(
    transactional_db: None, async_client: AsyncClient, settings: Settings
) -> None:
    settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    answer = await async_client.get("/readyz")
    assert answer.status_code == 503
    assert _checks(answer)["redis"] == {
        "name": "redis",
        "ok": False,
        "detail": "Redis does not answer.",
        "required": True,
    }
    assert b"hunter2" not in answer.content


async def test_a_missing_worker_is_a_warning(
    transactional_db: None, async_client: AsyncClient, settings: Settings
) -> None:
    settings.DISTRIBUTED = True
    answer = await async_client.get("/readyz")
    assert answer.status_code == 200
    assert _checks(answer)["workers"]["ok"] is False


async def test_strangers_learn_which_checks_fail_and_no_more(
    transactional_db: None, async_client: AsyncClient, settings: Settings
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    settings.CODAY_METRICS_TOKEN = TOKEN
    answer = await async_client.get("/readyz")
    assert _checks(answer)["redis"] == {"name": "redis", "ok": False}
    told = await async_client.get("/readyz", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "detail" in _checks(told)["redis"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word, as a service that hangs does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def stranded(tmp_path: Path, silent_port: int) -> Iterator[str]:
    """The address of a web process whose database and Redis hang."""
    port = free_port()
    environment = {
        **os.environ,
        "CODAY_DATA_DIR": str(tmp_path),
        "SECRET_KEY": "of this test",
        "DATABASE_URL": f"postgres://coday:hunter2@127.0.0.1:{silent_port}/coday",
        "REDIS_URL": f"redis://127.0.0.1:{silent_port}/0",
        "DJANGO_SETTINGS_MODULE": "coday.settings",
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], cwd=PROJECT, env=environment)
    try:
        _wait_until_open(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    transport = httpx.HTTPTransport(retries=12)  # of the connection alone, each later than the one before
    with httpx.Client(transport=transport) as client:
        assert client.get(f"http://127.0.0.1:{port}/healthz").json() == {"status": "ok"}
    assert process.poll() is None


def test_a_process_whose_services_hang_lives_and_is_not_ready(stranded: str) -> None:
    with httpx.Client(base_url=stranded, timeout=10) as client:
        unready = client.get("/readyz")
        assert unready.status_code == 503
        assert {name: check["ok"] for name, check in _checks(unready).items()} == dict.fromkeys(
            ("database", "migrations", "queue", "redis", "workers"), False
        )
        assert not [word for word in NEVER | {"hunter2"} if word in unready.text]
        measured = client.get("/metrics")
        assert measured.status_code == 200
        assert "coday_backlog_readable 0.0" in measured.text
        assert client.get("/healthz").status_code == 200


# --- Measured -------------------------------------------------------------------------------------------------------


async def test_metrics_are_told_on_this_machine(transactional_db: None, async_client: AsyncClient) -> None:
    answer = await async_client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"# TYPE coday_runs_total counter" in answer.content
    assert b"process_resident_memory_bytes" in answer.content


async def test_metrics_do_not_exist_for_strangers(
    transactional_db: None, async_client: AsyncClient, settings: Settings
) -> None:
    settings.CODAY_METRICS_TOKEN = TOKEN
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        assert (await async_client.get("/metrics", headers=headers)).status_code == 404
    allowed = await async_client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert allowed.status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "allowed"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.0.0.7", {}, False),
        ("", {}, False),
        ("not an address", {}, False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}, False),
    ],
)
def test_this_machine_is_who_comes_without_a_proxy(address: str, headers: dict[str, str], allowed: bool) -> None:
    assert may_watch(headers=headers, address=address) is allowed


@pytest.mark.parametrize(
    ("sent", "allowed"), [(f"Bearer {TOKEN}", True), ("Bearer ", False), (f"Bearer {TOKEN}é", False), ("", False)]
)
def test_a_token_is_asked_of_everyone(settings: Settings, sent: str, allowed: bool) -> None:
    settings.CODAY_METRICS_TOKEN = TOKEN
    for address in ("127.0.0.1", "10.0.0.7"):
        assert may_watch(headers={"authorization": sent}, address=address) is allowed


# --- Workers --------------------------------------------------------------------------------------------------------


def test_a_worker_answers_too(transactional_db: None) -> None:
    with (
        monitoring_server(host="127.0.0.1", port=0) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert (ready.status_code, _checks(ready)["database"]["ok"]) == (200, True)
        assert "coday_runs_running" in client.get("/metrics").text
        assert client.get("/admin/").status_code == 404
        assert "Python" not in client.get("/healthz").headers["server"]


def test_a_worker_listens_where_it_is_told(settings: Settings) -> None:
    with worker_server() as off:
        assert off is None
    settings.CODAY_METRICS_PORT = free_port()
    with worker_server() as port:
        assert port == settings.CODAY_METRICS_PORT


def test_a_worker_keeps_its_metrics_from_strangers(transactional_db: None, settings: Settings) -> None:
    settings.CODAY_METRICS_TOKEN = TOKEN
    with (
        monitoring_server(host="127.0.0.1", port=0) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        monitoring_server(host="127.0.0.1", port=taken.getsockname()[1]).__enter__()


# --- The server -----------------------------------------------------------------------------------------------------


def test_a_served_installation_is_ready_and_logs_json(tmp_path: Path) -> None:
    with CodayServer(data_dir=tmp_path, environment={"LOG_FORMAT": "json"}) as server:
        assert httpx.get(f"{server.base_url}/readyz").status_code == 200
        assert httpx.get(f"{server.base_url}/no-such-page").status_code == 404
        server.terminate()
    logged = [msgspec.json.decode(line) for line in server.output if line.startswith("{")]
    assert {"timestamp", "level", "logger", "message"} <= logged[0].keys()
    assert "Not Found: /no-such-page" in [line["message"] for line in logged]
