"""A served site, its owner's client, and a thread with history."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.runs.api.history import History
from tests.runs.api.site import Site
from tests.runs.conversation import make_cast
from tests.support.mock_provider import MockProvider


@pytest.fixture
async def site(transactional_db: None, provider: MockProvider) -> AsyncIterator[Site]:
    async with Site.serve(provider, model={"vision": True}) as served:
        yield served


@pytest.fixture
async def api(site: Site) -> httpx.AsyncClient:
    """The thread owner's client."""
    return await site.client()


@pytest.fixture
def history(db: None) -> History:
    """A thread of the test's own making, with nobody behind its model."""
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))
