"""A served site with a scripted provider, its owner's client, and a way to look for what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from coday.accounts.authentication import digest_of
from coday.accounts.models import ApiToken
from coday.kernel.database import in_database
from runs import background
from runs.models import Run, RunSummary, ToolCall
from runs.queries import run_snapshot
from runs.search.indexing import index_pending
from tests.runs.api.site import Site, png
from tests.security.doors import HELLO, Objects
from tests.security.people import Guest
from tests.support.mock_provider import MockProvider


@pytest.fixture
async def provider() -> AsyncIterator[MockProvider]:
    async with MockProvider() as mock:
        yield mock


@pytest.fixture
async def site(transactional_db: None, provider: MockProvider) -> AsyncIterator[Site]:
    async with Site.serve(provider, model={"vision": True}) as served:
        yield served


@pytest.fixture
async def api(site: Site) -> httpx.AsyncClient:
    """The client of the person whose threads they are."""
    return await site.client()


@pytest.fixture
def guest(site: Site) -> Guest:
    """Whoever comes to the site."""
    return Guest(site)


@pytest.fixture
async def objects(site: Site, api: httpx.AsyncClient) -> Objects:
    """One of everything that is the owner's, and nothing under way."""
    url = f"threads/{site.thread_id}/"
    image = (await api.post(f"{url}images/", files={"file": ("dot.png", png())})).json()["id"]
    run = (await api.post(f"{url}runs/", json=HELLO)).json()["id"]
    await site.idle()
    await in_database(ToolCall.objects.create, run_id=run, call_id="call_1", name="note", status="succeeded")
    message = (await api.get(f"{url}messages/")).json()["results"][0]["id"]
    skill = (await api.post("skills/", json={"slug": "anns-own", "name": "Ann's", "trigger": "Always."})).json()["slug"]
    source = (await api.post(f"skills/{skill}/sources/", json={"title": "Notes", "text": "A text."})).json()["id"]
    fact = (await api.post("chat-settings/facts/", json={"text": "Likes tea."})).json()["id"]
    digest = digest_of(api.headers["Authorization"].removeprefix("Bearer "))
    token = await in_database(ApiToken.objects.get, digest=digest)
    operation = await in_database(_operation, run)
    tag = (await api.post("run-tags/", json={"name": "Work"})).json()["id"]
    group = (await api.post(f"{url}groups/", json={"name": "Draft"})).json()["id"]
    folder = (await api.post("thread-folders/", json={"name": "Trips"})).json()["id"]
    removed = (await api.post(f"{url}runs/", json=HELLO)).json()["id"]
    await site.idle()
    deletion = (await api.delete(f"runs/{removed}/")).json()["deletion"]
    hook = {"name": "Hook", "url": "https://hooks.example.invalid/"}
    target = (await api.post("notification-targets/", json=hook)).json()["id"]
    policy = (await api.post("retention-policies/", json={"name": "Old", "older_than_days": 9_999})).json()["id"]
    prompt = {"name": "Morning", "commands": [{"type": "prompt", "text": "What is new?"}]}
    template = (await api.post("run-templates/", json=prompt)).json()["id"]
    daily = {"name": "Daily", "template": template, "cron": "0 9 * * *"}
    schedule = (await api.post("run-schedules/", json=daily)).json()["id"]
    share = (await api.post(f"{url}shares/", json={"link": True})).json()["id"]
    summary = str((await in_database(_summary, run)).pk)
    await in_database(index_pending)  # the clock would, sooner or later
    return Objects(
        str(site.thread_id), run, image, str(token.pk), message, skill, source, fact_id=fact, operation_id=operation,
        tag_id=tag, group_id=group, folder_id=folder, deletion_id=deletion, target_id=target, policy_id=policy,
        template_id=template, schedule_id=schedule, share_id=share, summary_id=summary,
    )  # fmt: skip


def _summary(run_id: str) -> RunSummary:
    """What was made to fit a window."""
    thread_id = Run.objects.get(pk=run_id).thread_id
    return RunSummary.objects.create(thread_id=thread_id, text="They said hello.", upto=run_id)


def _operation(run_id: str) -> str:
    """A reminder of the run's."""
    due_at = timezone.now() + timedelta(days=1)
    run = run_snapshot(Run.objects.get(pk=run_id))
    started = background.start(
        run=run, call_id="call_1", tool="remind_me", summary="Reminder: Tea", due_at=due_at, deadline_at=due_at
    )
    return str(started.id)
