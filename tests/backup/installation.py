"""A real installation: seeded over its doors, and read row by row, past its own code, to compare it with another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import environ
import httpx
import pytest
from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.models import QuerySet
from PIL import Image

from agents.models import Agent, ChatSettings
from coday.accounts.models import AuditRecord, User
from tests.support.mock_provider import HANG, PATIENCE, MockProvider, openai_reply
from tests.support.server import CodayServer

ALIAS = "installation"
SECRET = "sk-never-in-an-archive-5b1f"
OF_THE_MOMENT = {"sessions.session", "accounts.loginfailures", "runs.runner"}
# May hold more than was restored: what the database has besides, and the line that says it was restored.
MAY_HOLD_MORE = {"contenttypes.contenttype", "auth.permission", "accounts.auditrecord"}

Rows = dict[str, list[tuple[Any, ...]]]


class Installation:
    """A data directory, a database and keys, and the server that may run on them."""

    def __init__(self, data_dir: Path, *, database: str = "", environment: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.url = database or f"sqlite:///{data_dir / 'coday.sqlite3'}"
        self.server = CodayServer(data_dir=data_dir, environment={"DATABASE_URL": self.url, **(environment or {})})

    def close(self) -> None:
        """End the server, if it was started."""
        self.server.__exit__(None, None, None)

    def manage(self, *arguments: str | Path) -> str:
        """Run a command of ``manage.py`` here and return what it printed."""
        return self.server.manage(*map(str, arguments))

    def refusal(self, *arguments: str | Path) -> str:
        """Run a command that is to fail and return what it says."""
        with pytest.raises(subprocess.CalledProcessError) as error:
            self.manage(*arguments)
        assert "Traceback" not in error.value.stderr
        return str(error.value.stderr)

    def client(self, token: str) -> httpx.Client:
        """A program that knows a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.server.base_url}/api/v1/", headers=headers, timeout=PATIENCE)

    @contextmanager
    def opened(self) -> Iterator[str]:
        """The alias of its database in this process."""
        defaults = {key: value for key, value in connections.settings["default"].items() if key != "OPTIONS"}
        connections.settings[ALIAS] = {**defaults, "OPTIONS": {}, **environ.Env.db_url_config(self.url)}
        try:
            yield ALIAS
        finally:
            connections[ALIAS].close()
            del connections[ALIAS]
            del connections.settings[ALIAS]

    def rows(self) -> Rows:
        """Every row of every table that outlives a moment, with all columns."""
        with self.opened() as alias:
            return {
                model._meta.label_lower: list(QuerySet(model, using=alias).order_by("pk").values_list())
                for model in apps.get_models(include_auto_created=True)
                if model._meta.managed and model._meta.label_lower not in OF_THE_MOMENT
            }

    def ciphertexts(self) -> list[Any]:
        """The providers' keys as the database has them."""
        with self.opened() as alias, connections[alias].cursor() as cursor:
            cursor.execute("SELECT api_key FROM agents_provider ORDER BY slug")
            return [key for (key,) in cursor.fetchall()]

    def files(self) -> dict[str, bytes]:
        """The content of every file, by its path."""
        root = self.data_dir / "files"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class Visitor:
    """A program that talks to a running server."""

    def __init__(self, installation: Installation) -> None:
        server = installation.server
        login = {"username": server.admin_username, "password": server.admin_password, "name": "tests"}
        self.token: str = httpx.post(f"{server.base_url}/api/v1/tokens/", json=login).raise_for_status().json()["token"]
        self.client = installation.client(self.token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()

    def thread(self) -> str:
        """A new thread's id."""
        return str(self.client.post("threads/", json={}).raise_for_status().json()["id"])

    def say(self, thread: str, text: str) -> str:
        """Say something, listen to the whole answer, and return the stream."""
        asked = {"input": {"type": "user", "text": text}}
        stream = self.client.post(f"threads/{thread}/runs/", json=asked, headers={"Accept": "text/event-stream"})
        return stream.raise_for_status().text

    def ask(self, thread: str, text: str) -> str:
        """Say something, and return the id of its run at once."""
        asked = {"input": {"type": "user", "text": text}}
        return str(self.client.post(f"threads/{thread}/runs/", json=asked).raise_for_status().json()["id"])

    def upload(self, thread: str, colour: str) -> None:
        """Add an image."""
        picture = BytesIO()
        Image.new("RGB", (40, 30), colour).save(picture, "PNG")
        file = {"file": (f"{colour}.png", picture.getvalue(), "image/png")}
        self.client.post(f"threads/{thread}/images/", files=file).raise_for_status()


def provider_environment(provider: MockProvider) -> dict[str, str]:
    """Configures an installation to use this provider."""
    return {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": SECRET, "CODAY_DEFAULT_MODEL": "mock"}


def seed(installation: Installation, provider: MockProvider) -> str:
    """Threads with runs, a journal and images; what an admin makes; a crash in the middle of a run. Returns a token."""
    installation.server.start()
    with Visitor(installation) as visitor:
        for colour in ("red", "green"):
            thread = visitor.thread()
            visitor.upload(thread, colour)
            for text in ("Hello", "Grüße, 你好 \N{ROCKET}", "One “more”\ttime\\"):
                visitor.say(thread, text)
        _crash_in_a_run(installation, visitor, provider)
    with installation.opened() as alias:
        _administer(alias)
    return visitor.token


def _crash_in_a_run(installation: Installation, visitor: Visitor, provider: MockProvider) -> None:
    provider.reply(openai_reply("Half an", HANG))
    arrived = len(provider.requests)
    visitor.ask(visitor.thread(), "Never answered")
    provider.arrival(arrived).wait()
    installation.server.kill()


def _administer(alias: str) -> None:
    """What is otherwise made by hand in the admin."""
    user = User.objects.using(alias).get()
    group = Group.objects.using(alias).create(name="Readers")
    group.permissions.add(*Permission.objects.using(alias).filter(codename__startswith="view_")[:3])
    user.groups.add(group)
    agent = Agent.objects.using(alias).order_by("slug")[0]
    ChatSettings.objects.using(alias).create(user=user, system_prompt="Be brief.", agent=agent)
    entry = ContentType.objects.using(alias).get(app_label="agents", model="agent")
    LogEntry(user=user, content_type=entry, object_id=str(agent.pk), object_repr="An agent", action_flag=ADDITION).save(
        using=alias
    )
    AuditRecord.objects.using(alias).create(action=AuditRecord.Action.ACTED, actor="admin", details={"why": "a test"})
