"""A served site with a scripted provider, its owner's client, and a way to look for what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.runs.api.site import Site
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
