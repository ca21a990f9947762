"""The server process is killed in the middle of a run and started again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.mock_provider import HANG, MockProvider, Silence, openai_reply
from tests.support.replies import PATIENCE
from tests.support.server import CodayServer

PACE = 0.1  # seconds between two words
WORDS = tuple(f"word{n} " for n in range(25))


@pytest.fixture
def provider() -> Iterator[MockProvider]:
    with MockProvider.in_thread() as mock:
        yield mock


@pytest.fixture
def server(tmp_path: Path, provider: MockProvider) -> Iterator[CodayServer]:
    environment = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "sk-test", "CODAY_DEFAULT_MODEL": "mock"}
    with CodayServer(data_dir=tmp_path, environment=environment) as coday:
        yield coday


class Client:
    """A program that speaks REST and the socket of one thread."""

    def __init__(self, server: CodayServer) -> None:
        self._server = server
        self._http = httpx.Client(base_url=f"{server.base_url}/api/v1/", timeout=PATIENCE)
        login = {"username": server.admin_username, "password": server.admin_password}
        self._token = self.post("tokens/", login)["token"]
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        self.thread = self.post("threads/", {"title": "A title"})["id"]

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write something; the answer's body."""
        response = self._http.post(path, json=body or {})
        assert response.is_success, response.text
        return dict(response.json())

    def get(self, path: str) -> Any:
        """Read something."""
        response = self._http.get(path)
        assert response.is_success, response.text
        return response.json()

    def say(self, text: str) -> str:
        """Start a run; its id."""
        body = {"input": {"type": "user", "text": text}}
        return str(self.post(f"threads/{self.thread}/runs/", body)["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        """Wait for a run's end over the socket, with a replay of all that was missed."""
        with self.socket("?after=0") as socket:
            while True:
                frame = receive(socket)
                if frame["type"] == "run" and frame["run"]["id"] == run_id and "finished_at" in frame["run"]:
                    return dict(frame["run"])

    def socket(self, query: str = "") -> ClientConnection:
        """The thread's socket."""
        url = f"{self._server.websocket_url}/ws/threads/{self.thread}/{query}"
        return connect(url, additional_headers={"Authorization": f"Bearer {self._token}"})

    def answer(self, run_id: str) -> dict[str, Any]:
        """The assistant's message in a run."""
        messages = self.get(f"threads/{self.thread}/messages/")["results"]
        return next(m for m in messages if m["run_id"] == run_id and m["role"] == "assistant")

    def close(self) -> None:
        """Leave."""
        self._http.close()


@pytest.fixture
def client(server: CodayServer) -> Iterator[Client]:
    program = Client(server)
    yield program
    program.close()


def receive(socket: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    return dict(json.loads(socket.recv(timeout=PATIENCE)))


def text_of(message: dict[str, Any]) -> str:
    """What a message says."""
    return "".join(part.get("text", "") for part in message["content"])


def test_a_killed_server_loses_nothing_that_was_acknowledged(
    server: CodayServer, client: Client, provider: MockProvider
) -> None:
    paced = [step for word in WORDS for step in (word, Silence(PACE))]
    provider.reply(openai_reply(*paced, HANG))
    shown: list[tuple[float, str]] = []
    with client.socket() as socket:
        first = client.say("Tell me a lot.")
        second = client.say("And then?")
        while not shown or WORDS[-1] not in shown[-1][1]:  # words that arrive together come as one delta
            frame = receive(socket)
            if frame["type"] == "delta":
                shown.append((time.monotonic(), frame["text"]))
        killed = time.monotonic()
        server.kill()

    provider.reply(openai_reply("And then it ended."), openai_reply("Once more."))
    server.start()
    follow_up = client.ended(second)
    interrupted = client.get(f"runs/{first}/")

    assert interrupted["status"] == "interrupted"
    answer = client.answer(first)
    assert answer["status"] == "partial"
    seen = "".join(text for _, text in shown)
    stored = text_of(answer)
    assert seen.startswith(stored)
    a_second_before = "".join(text for at, text in shown if at < killed - 1.0 - 2 * PACE)
    assert len(stored) >= len(a_second_before) > 0

    assert follow_up["status"] == "completed", "what was queued starts by itself"
    assert text_of(client.answer(second)) == "And then it ended."

    again = client.post(f"runs/{first}/retry/")
    assert client.ended(again["id"])["status"] == "completed"
    assert text_of(client.answer(again["id"])) == "Once more."


def test_a_server_that_is_stopped_in_order_stores_every_word(
    server: CodayServer, client: Client, provider: MockProvider
) -> None:
    provider.reply(openai_reply(*WORDS, HANG))
    with client.socket() as socket:
        run = client.say("Tell me a lot.")
        seen = ""
        while len(seen) < len("".join(WORDS)):
            frame = receive(socket)
            seen += frame["text"] if frame["type"] == "delta" else ""
        assert server.terminate() == 0

    server.start()
    assert client.get(f"runs/{run}/")["status"] == "interrupted"
    answer = client.answer(run)
    assert (answer["status"], text_of(answer)) == ("partial", seen)
