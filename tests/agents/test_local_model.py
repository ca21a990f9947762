"""The embedded model, really: it starts, streams an answer, and ends with whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from agents import local_model
from agents.local_model import LocalModelProcess
from tests.support.forked import PROJECT
from tests.support.server import CodayServer, free_port

LOADING_SECONDS = 30
MAX_TOKENS = 20

pytestmark = pytest.mark.skipif(not local_model.is_installed(), reason="the embedded model is not installed")


def test_it_answers_who_has_the_key() -> None:
    port = free_port()
    reading, writing = os.pipe()
    process = LocalModelProcess(port=port, manage=PROJECT / "manage.py", log=Path(f"/dev/fd/{writing}"))
    os.close(writing)
    try:
        with os.fdopen(reading) as log:
            assert any("listens at" in line for line in log)
            question = {
                "model": local_model.MODEL,
                "messages": [{"role": "user", "content": "Write a short poem about the sea."}],
                "max_tokens": MAX_TOKENS,
                "temperature": 0,
            }
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=60) as client:
                refused = client.post("/chat/completions", json=question)
                key = {"Authorization": f"Bearer {process.key}"}
                answer = client.post("/chat/completions", json=question, headers=key)
        assert refused.status_code == 401
        assert "sea" in answer.json()["choices"][0]["message"]["content"].lower()
        assert answer.json()["usage"]["completion_tokens"] == MAX_TOKENS
    finally:
        process.stop()
    assert process.exit_code is not None


def test_it_ends_when_its_parent_is_killed() -> None:
    """A parent that starts it, tells its process id, and is killed: the child's end closes the pipe that we read."""
    script = f"""
import sys; sys.path.insert(0, {str(PROJECT)!r})
from collections.abc import Mapping
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
            body = {"input": {"type": "user", "text": "Say hello."}, "agent": "small-model"}
            _until_completed(client, f"threads/{thread}/runs/", body)
            messages = client.get(f"threads/{thread}/messages/").json()["results"]
    assert {message["role"] for message in messages} == {"user", "assistant"}


def _until_completed(client: httpx.Client, address: str, body: Mapping[str, object]) -> None:
    """Send again while the model is still loading: each run ends as soon as its own retries are used up."""
    deadline = time.monotonic() + LOADING_SECONDS
    while True:
        stream = client.post(address, json=body, headers={"Accept": "text/event-stream"}).text
        if '"status":"completed"' in stream:
            return
        assert '"code":"provider_unavailable"' in stream
        assert time.monotonic() < deadline, "it did not load"
