"""A served site, its owner's client, and a thread with history."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.runs.api.site import Site
from tests.support.mock_provider import MockProvider


@pytest.fixture
async def site(transactional_db: None, provider: MockProvider) -> AsyncIterator[Site]:
    async with Site.serve(provider, model={"vision": True}) as served:
        yield served


@pytest.fixture
async def api(site: Site) -> httpx.AsyncClient:
    """The thread owner's client."""
    return await site.client()
