"""Line 23: planted secrets are looked for in everything that leaves the server, in the logs and in what is stored."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import msgspec
import pytest
from websockets.sync.client import connect

from tests.security.doors import HELLO, STREAM
from tests.support.mock_provider import MockProvider, ReceivedRequest, Reply, json_reply, openai_reply, polite_answer
from tests.support.replies import PATIENCE
from tests.support.server import CodayServer

KEY = "sk-first-provider/4f9a+1c77e0b2d3=Zq8"
OTHER_KEY = "sk-ant-second-provider/77aa+0b1c2d=Yw5"
PASSWORD = "planted pässword / 4f9a+1c77"
SIGNING_KEY = "planted-secret-key-of-the-site-8c1f09d2b4e6a7305d9e1f2a3b4c5d6e7f8091a2"
AUDIT = "/admin/accounts/auditrecord/"
PIECE = 12
"""Characters of a key that may not be seen together anywhere."""


@dataclass
class Findings:
    """Texts by where they were seen."""

    seen: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, where: str, text: bytes | str) -> None:
        self.seen.setdefault(where, []).append(text.encode() if isinstance(text, str) else text)

    def add_answer(self, answer: httpx.Response) -> httpx.Response:
        """Headers and body; a session's own cookie is set in a header of its own, which is left out."""
        told = [f"{name}: {value}" for name, value in answer.headers.multi_items() if name != "set-cookie"]
        self.add(f"{answer.request.method} {answer.request.url.path}", "\n".join(told).encode() + answer.content)
        return answer

    def where(self, secret: str) -> set[str]:
        """The places where the secret, or a part of it, is found in one form or another."""
        wanted = tuple(forms(secret))
        return {place for place, texts in self.seen.items() for text in texts if any(form in text for form in wanted)}


def forms(secret: str) -> Iterator[bytes]:
    """The secret as it may be written down: each of its pieces, and the whole in the usual encodings."""
    raw = secret.encode()
    yield from {raw[start : start + PIECE] for start in range(len(raw) - PIECE + 1)}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for lead in range(3):  # where it stands in a longer text decides how its letters come out
            yield encode(b"\0" * lead + raw)[4 if lead else 0 : -4]
    yield from (quote(secret).encode(), quote(secret, safe="").encode(), quote_plus(secret).encode())
    yield from (raw.hex().encode(), raw[::-1], json.dumps(secret).encode()[1:-1])


def test_every_form_is_found() -> None:
    found = Findings()
    found.add("here", "x" + base64.b64encode(b"Bearer " + KEY.encode()).decode())
    found.add("there", f"…{quote(KEY, safe='')}…")
    found.add("elsewhere", KEY[3 : 3 + PIECE])
    found.add("nowhere", "sk-first-pr")
    assert found.where(KEY) == {"here", "there", "elsewhere"}


def echo(request: ReceivedRequest) -> Reply:
    """A provider that tells the key to whoever asks, in each part of its refusal."""
    if not request.path.endswith("/chat/completions"):
        return polite_answer(request)
    key = request.headers.get("authorization", "")
    said = request.json["messages"][-1]["content"]
    error = {"message": f"Incorrect key: {key}", "code": key, "type": key, "param": key}
    if "refuse" in said:
        return json_reply({"error": error}, status=401, headers={"X-Echo": key, "WWW-Authenticate": key})
    if "break" in said:
        return openai_reply("Half", b'data: {"error": %b}\n\n' % msgspec.json.encode(error))
    if "page" in said:
        return Reply(status=500, content_type="text/html", steps=(f"<pre>{key}</pre>".encode(),))
    return polite_answer(request)


@dataclass(frozen=True)
class Scenario:
    """A whole day of a server, and what was seen of it."""

    found: Findings
    token: str
    session: str
    data_dir: Path
    first: MockProvider
    second: MockProvider


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    data_dir = tmp_path_factory.mktemp("server")
    with MockProvider.in_thread() as first, MockProvider.in_thread() as second:
        first.answer = echo
        environment = {
            "OPENAI_BASE_URL": first.base_url, "OPENAI_API_KEY": KEY, "CODAY_DEFAULT_MODEL": "gpt-4o",
            "ANTHROPIC_BASE_URL": second.base_url, "ANTHROPIC_API_KEY": OTHER_KEY,
            "SECRET_KEY": SIGNING_KEY, "CODAY_ADMIN_PASSWORD": PASSWORD, "LOG_LEVEL": "DEBUG", "CODAY_PROVIDER_ATTEMPTS": "1",
        }  # fmt: skip
        with CodayServer(data_dir=data_dir, environment=environment) as server:
            found = Findings()
            token = use_the_api(server, found)
            session = use_the_pages(server, found)
            found.add("a command", server.manage("backup", str(data_dir / "backup.tar")))
        assert " DEBUG " in server.text
        found.add("the server's output", server.text)
        yield Scenario(found, token, session, data_dir, first, second)


def use_the_api(server: CodayServer, found: Findings) -> str:
    """Runs that succeed and fail in all ways, and everything that can be read of them; the token that did it."""
    login = {"username": server.admin_username, "password": PASSWORD}
    with httpx.Client(base_url=f"{server.base_url}/api/v1/", timeout=PATIENCE) as client:
        found.add_answer(client.post("tokens/", json={**login, "password": f"{PASSWORD} wrong"}))
        token: str = client.post("tokens/", json=login).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        models = [model["slug"] for model in found.add_answer(client.get("models/")).json()["results"]]
        thread = client.post("threads/", json={"title": "Planted"}).json()["id"]
        for said in ("Hi", "refuse", "break", "page"):
            body = {"input": {"type": "user", "text": f"Please {said}"}}
            found.add_answer(client.post(f"threads/{thread}/runs/", json=body, headers=STREAM))
        other = next(slug for slug in models if "claude" in slug or "mock" in slug)
        found.add_answer(client.post(f"threads/{thread}/runs/", json={**HELLO, "model": other}, headers=STREAM))
        for path in (
            "agents/", "chat-settings/", "usage/", "tokens/", "threads/", "runs/", "schema/", "docs/", f"threads/{thread}/",
            f"threads/{thread}/messages/", f"threads/{thread}/runs/", f"threads/{thread}/events/?limit=200",
        ):  # fmt: skip
            assert found.add_answer(client.get(path)).status_code == 200
        assert {run["status"] for run in client.get("runs/").json()["results"]} == {"completed", "failed"}
        last = client.get(f"threads/{thread}/").json()["last_seq"]
    url = f"{server.websocket_url}/ws/threads/{thread}/?after=0"
    with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        while True:
            frame = str(socket.recv(timeout=PATIENCE))
            found.add("the socket", frame)
            if json.loads(frame).get("seq") == last:
                return token


def use_the_pages(server: CodayServer, found: Findings) -> str:
    """Every page of the admin that a link leads to, and the chat page; the session that opened them."""
    with httpx.Client(base_url=server.base_url, timeout=PATIENCE, follow_redirects=True) as browser:
        browser.get("/accounts/login/")
        fields = {
            "username": server.admin_username,
            "password": PASSWORD,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        browser.post("/accounts/login/", data=fields)
        session = browser.cookies["sessionid"]
        opened, waiting = set[str](), ["/", "/admin/"]
        while waiting:
            path = waiting.pop()
            opened.add(path)
            answer = found.add_answer(browser.get(path))
            links = re.findall(r'href="(/admin/[a-z0-9/_-]*)"', answer.text)
            waiting += {link for link in links if link not in opened and link not in waiting and "logout" not in link}
            assert answer.status_code == 200 or "/delete/" in path, path
        assert len([path for path in opened if path.endswith("/change/")]) > 5
        rows = re.findall(r'name="_selected_action" value="([^"]+)"', browser.get(AUDIT).text)
        chosen = {
            "action": "export_json_lines",
            "_selected_action": rows,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        exported = found.add_answer(browser.post(AUDIT, data=chosen))
        assert len(exported.text.splitlines()) == len(rows) > 0
        found.add_answer(browser.get("/no-such-page/"))
    return session


def test_keys_of_providers_are_nowhere(scenario: Scenario) -> None:
    assert scenario.found.where(KEY) == set()
    assert scenario.found.where(OTHER_KEY) == set()


def test_passwords_tokens_sessions_and_the_signing_key_are_nowhere(scenario: Scenario) -> None:
    assert scenario.found.where(PASSWORD) == set()
    assert scenario.found.where(scenario.token.removeprefix("coday_")) == set()
    assert scenario.found.where(scenario.session) == set()
    assert scenario.found.where(SIGNING_KEY) == set()


def test_nothing_is_stored_in_clear(scenario: Scenario) -> None:
    """The raw bytes of every file: of the database, its log, the backup. Sessions are stored by their id."""
    stored = Findings()
    for path in scenario.data_dir.rglob("*"):
        if path.is_file():
            stored.add(path.name, path.read_bytes())
    assert {"coday.sqlite3", "backup.tar"} <= stored.seen.keys()
    for secret in (KEY, OTHER_KEY, PASSWORD, SIGNING_KEY, scenario.token.removeprefix("coday_")):
        assert stored.where(secret) == set()


def test_each_provider_gets_its_own_key_alone(scenario: Scenario) -> None:
    for provider, own, foreign in ((scenario.first, KEY, OTHER_KEY), (scenario.second, OTHER_KEY, KEY)):
        sent = Findings()
        for request in provider.requests:
            headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
            sent.add("headers", headers)
            sent.add("elsewhere", request.target.encode() + request.body)
        assert sent.where(own) == {"headers"}
        for secret in (foreign, PASSWORD, SIGNING_KEY, scenario.token.removeprefix("coday_"), scenario.session):
            assert sent.where(secret) == set()
