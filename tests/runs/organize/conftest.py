"""A thread with history, its owner's client, and what its journal tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from django.test import Client
from pytest_django import Settings

from coday.accounts.models import User
from runs import journal
from runs.wire import frame
from tests.runs.api.history import History
from tests.runs.api.site import Site
from tests.runs.conversation import make_cast
from tests.support import pii
from tests.support.mock_provider import MockProvider
from threads import covering
from threads.privacy import service

Json = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """A program that sends JSON."""

    client: Client

    def __call__(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The answer's document, of a request that has to end with this status."""
        content = b"" if body is None else msgspec.json.encode(body)
        answer = self.client.generic(method, f"/api/v1/{path}", content, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None


@pytest.fixture
def history(db: None) -> History:
    """A thread of the test's own making, with nobody behind its model."""
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))


@pytest.fixture
def api(history: History) -> Api:
    """The thread's owner's."""
    return Api(history.client())


@pytest.fixture
def elsewhere(stranger: User, client_of: Callable[[User], Client]) -> Api:
    """A stranger's."""
    return Api(client_of(stranger))


@pytest.fixture
def analyzer(settings: Settings) -> Iterator[None]:
    """A quick one, in the place of the real one."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    covering.forget()
    yield
    service.close()


def told(thread_id: UUID, *, after: int = 0) -> list[Json]:
    """What the thread's journal tells as changed: of runs and of itself, apart from a new head."""
    frames = (frame(event) for event in journal.read(thread_id=thread_id, after=after, limit=1_000))
    return [one for one in frames if one.get("changed") and "head" not in one["changed"]]


@pytest.fixture
async def site(transactional_db: None, provider: MockProvider) -> AsyncIterator[Site]:
    """A served site, for what runs."""
    async with Site.serve(provider) as served:
        yield served


@pytest.fixture
async def owner_api(site: Site) -> httpx.AsyncClient:
    """The client of the site's person."""
    return await site.client()
