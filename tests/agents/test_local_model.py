"""The embedded model, really: it starts, streams an answer, and ends with whoever started it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from agents import local_model
from agents.local_model import LocalModelProcess
from tests.support.server import PROJECT, CodayServer, free_port

LOADING_SECONDS = 30
MAX_TOKENS = 20

pytestmark = pytest.mark.skipif(not local_model.is_installed(), reason="the embedded model is not installed")


def test_it_answers_who_has_the_key(tmp_path: Path) -> None:
    port = free_port()
    process = LocalModelProcess(port=port, manage=PROJECT / "manage.py", log=tmp_path / "log")
    try:
        transport = httpx.HTTPTransport(retries=10)  # of connections, with a growing pause: it takes a second to start
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}/v1", timeout=60) as client:
            question = {
                "model": local_model.MODEL,
                "messages": [{"role": "user", "content": "Write a short poem about the sea."}],
                "max_tokens": MAX_TOKENS,
                "temperature": 0,
            }
            _until_loaded(client)
            refused = client.post("/chat/completions", json=question)
            assert refused.status_code == 401
            answer = client.post("/chat/completions", json=question, headers={"Authorization": f"Bearer {process.key}"})
        assert "sea" in answer.json()["choices"][0]["message"]["content"].lower()
        assert answer.json()["usage"]["completion_tokens"] == MAX_TOKENS
    finally:
        process.stop()
    assert process.exit_code is not None


def _until_loaded(client: httpx.Client) -> None:
    """It listens a moment before it has loaded, and says 503 until then; there is no event to wait for."""
    deadline = time.monotonic() + LOADING_SECONDS
    while client.get("/health").status_code == 503:
        assert time.monotonic() < deadline, "it did not load"


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """A parent that starts it, tells its process id, and is killed: the child's end closes the pipe that we read."""
    script = f"""
import sys; sys.path.insert(0, {str(PROJECT)!r})
from pathlib import Path
from agents.local_model import LocalModelProcess
process = LocalModelProcess(port={free_port()}, manage=Path({str(PROJECT / "manage.py")!r}), log=Path("/dev/stdout"))
print("started", flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout:
        for line in parent.stdout:
            if "listens at" in line:
                break
        parent.kill()
        parent.wait()
        parent.stdout.read()  # ends only when the child, which holds the other end, has ended


def test_the_server_starts_it_and_a_person_gets_an_answer(tmp_path: Path) -> None:
    with CodayServer(data_dir=tmp_path, environment={"CODAY_LOCAL_MODEL": ""}) as server:
        credentials = {"username": server.admin_username, "password": server.admin_password}
        with httpx.Client(base_url=f"{server.base_url}/api/v1/", timeout=60) as client:
            token = client.post("tokens/", json=credentials).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            models = client.get("models/").json()["results"]
            assert next(model["slug"] for model in models if model["is_default"]) == local_model.MODEL
            thread = client.post("threads/", json={}).json()["id"]
            body = {"input": {"type": "user", "text": "Write a short poem about the sea."}, "agent": "small-model"}
            stream = client.post(f"threads/{thread}/runs/", json=body, headers={"Accept": "text/event-stream"})
            assert '"status":"completed"' in stream.text
            messages = client.get(f"threads/{thread}/messages/").json()["results"]
    assert {message["role"] for message in messages} == {"user", "assistant"}
