"""A real installation: seeded over its doors, and read row by row, past its own code, to compare it with another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import environ
import httpx
import pytest
from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image

from agents.models import Agent, AgentSkill, ChatSettings, Fact
from coday.accounts.models import AuditRecord, User
from runs.models import (
    ContextText,
    Erasure,
    ImportedThread,
    JobEndpoint,
    ModelCall,
    Notification,
    NotificationTarget,
    RetentionPolicy,
    RetentionReport,
    Run,
    RunCommand,
    RunFeedback,
    RunGroup,
    RunSchedule,
    RunSummary,
    RunTag,
    RunTagging,
    RunTemplate,
    RunTemplateVersion,
    ScheduleSlot,
    Share,
    ToolApproval,
    ToolCall,
    ToolOperation,
)
from skills.models import McpServer, Skill, SkillSource, SourcePassage
from tests.support.mock_provider import HANG, PATIENCE, MockProvider, openai_reply
from tests.support.server import CodayServer
from threads.models import Mask, PrivacySettings, Thread, ThreadFolder, ThreadSkill

ALIAS = "installation"
SECRET = "sk-never-in-an-archive-5b1f"
MASKED = "Erika Never-In-An-Archive"
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
        visitor.client.get("search/", params={"q": "hello"}).raise_for_status()
        _crash_in_a_run(installation, visitor, provider)
    with installation.opened() as alias:
        administer(alias)
    return visitor.token


def _crash_in_a_run(installation: Installation, visitor: Visitor, provider: MockProvider) -> None:
    provider.reply(openai_reply("Half an", HANG))
    arrived = len(provider.requests)
    visitor.ask(visitor.thread(), "Never answered")
    provider.arrival(arrived).wait()
    installation.server.kill()


def administer(alias: str) -> None:
    """What is otherwise made by hand in the admin, or by use: something in every table."""
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
    _equip(alias, user=user, group=group, agent=agent)
    _call_tools(alias, user=user)
    _organize(alias, user=user)
    _mask(alias)
    _reuse(alias, user=user, group=group)
    _exchange(alias, user=user, group=group)
    _keep(alias, user=user)


def _mask(alias: str) -> None:
    """A thread that keeps a name from models, and the site's word on what is personal."""
    thread = Thread.objects.using(alias).order_by("pk")[0]
    Mask.objects.using(alias).create(thread=thread, category="PERSON", number=1, value=MASKED, digest="0" * 64)
    PrivacySettings.objects.using(alias).create(deny_words="Project Apollo")


def _equip(alias: str, *, user: User, group: Group, agent: Agent) -> None:
    """An agent with everything that agents have, and a skill with everything that skills have."""
    server = McpServer.objects.using(alias).create(
        slug="remote", name="Remote", url="https://mcp.example", headers="A: b"
    )
    skill = Skill.objects.using(alias).create(slug="style", name="Style", trigger="When writing.")
    source = SkillSource.objects.using(alias).create(
        skill=skill, title="Rules", kind="text", text="Be brief.", characters=9, bytes=9, checksum="0" * 64
    )
    SourcePassage.objects.using(alias).create(source=source, position=0, start=0, text="Be brief.", words="be brief")
    AgentSkill.objects.using(alias).create(agent=agent, skill=skill, always=True)
    for relation in (skill.groups, agent.groups):
        relation.add(group)
    for owner in (skill, agent):
        owner.mcp_servers.add(server)
    agent.delegates.add(*Agent.objects.using(alias).exclude(pk=agent.pk)[:1])
    thread = Thread.objects.using(alias).order_by("pk")[0]
    ThreadSkill.objects.using(alias).create(thread=thread, skill=skill, by="person")
    Fact.objects.using(alias).create(user=user, text="Likes tea.")


def _call_tools(alias: str, *, user: User) -> None:
    """What tool calls leave behind."""
    run = Run.objects.using(alias).filter(status="completed").order_by("pk")[0]
    now = timezone.now()
    ToolCall.objects.using(alias).create(
        run=run, call_id="c1", name="remind_me", status="succeeded", arguments={"text": "tea"}, content="Reminded."
    )
    ToolApproval.objects.using(alias).create(thread_id=run.thread_id, user_id=user.pk, tool="fetch_page")
    ToolOperation.objects.using(alias).create(
        thread_id=run.thread_id, run_id=run.pk, call_id="c1", user_id=user.pk, username=user.username, tool="remind_me",
        summary="Tea", status="succeeded", deadline_at=now, ended_at=now,
    )  # fmt: skip
    JobEndpoint.objects.using(alias).create(slug="jobs", name="Jobs", url="https://jobs.example", headers="A: b")


def _organize(alias: str, *, user: User) -> None:
    """What people put runs and threads in order with, and a run's commands."""
    run = Run.objects.using(alias).filter(status="completed").order_by("pk")[0]
    tag = RunTag.objects.using(alias).create(user_id=user.pk, name="Tea")
    RunTagging.objects.using(alias).create(run=run, tag=tag)
    RunGroup.objects.using(alias).create(thread_id=run.thread_id, name="First things")
    RunCommand.objects.using(alias).create(run=run, position=0, kind="title", arguments={"title": "Tea"}, status="done")
    ThreadFolder.objects.using(alias).create(owner=user, name="Home")


def _reuse(alias: str, *, user: User, group: Group) -> None:
    """A template with its schedule, a summary, and what a model was shown."""
    run = Run.objects.using(alias).filter(status="completed").order_by("pk")[0]
    whose = {"user_id": user.pk, "username": user.username}
    template = RunTemplate.objects.using(alias).create(slug="tea", name="Tea", **whose)
    template.groups.add(group)
    commands = [{"type": "prompt", "text": "Which tea?"}]
    RunTemplateVersion.objects.using(alias).create(template=template, number=1, commands=commands)
    schedule = RunSchedule.objects.using(alias).create(
        name="Tea time", template=template, thread_id=run.thread_id, cron="0 17 * * *", **whose
    )
    slot = {"slot_at": timezone.now(), "status": "started", "run_id": run.pk, "thread_id": run.thread_id}
    ScheduleSlot.objects.using(alias).create(schedule=schedule, **slot)
    RunSummary.objects.using(alias).create(thread_id=run.thread_id, text="Tea was asked for.", digest="0" * 64)
    ContextText.objects.using(alias).create(thread_id=run.thread_id, digest="0" * 64, text="Be brief.")
    ModelCall.objects.using(alias).create(run=run, position=99, model=run.model, manifest={"system": ["0" * 64]})


def _exchange(alias: str, *, user: User, group: Group) -> None:
    """What was shared, came in, was said of an answer, and is told elsewhere."""
    run = Run.objects.using(alias).filter(status="completed").order_by("pk")[0]
    share = Share.objects.using(alias).create(
        owner=user, thread_id=run.thread_id, runs=[str(run.pk)], title="Tea", document="{}", token_digest="0" * 64
    )
    share.people.add(user)
    share.groups.add(group)
    ImportedThread.objects.using(alias).create(
        owner=user, thread_id=run.thread_id, source="chatgpt", source_id="tea", digest="0" * 64
    )
    RunFeedback.objects.using(alias).create(
        run=run, user_id=user.pk, username=user.username, rating=1, reason="helpful", comment="Good tea."
    )
    target = NotificationTarget.objects.using(alias).create(
        owner=user, name="Hook", url="https://hooks.example", secret="whsec_x", events=["failed"], since=timezone.now()
    )
    Notification.objects.using(alias).create(target=target, run_id=run.pk, event="failed", occasion="end")


def _keep(alias: str, *, user: User) -> None:
    """What is not kept for ever."""
    policy = RetentionPolicy.objects.using(alias).create(owner=user, name="Old tea", older_than_days=365, tags=["Tea"])
    RetentionReport.objects.using(alias).create(policy=policy, runs=1, bytes=9)
    Erasure.objects.using(alias).create(pseudonym_id=uuid4(), pseudonym="erased-0", finished_at=timezone.now())
