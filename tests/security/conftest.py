"""A served site with a scripted provider, its owner's client, and a way to look for what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from coday.accounts.authentication import digest_of
from coday.accounts.models import ApiToken
from coday.kernel.database import in_database
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
    message = (await api.get(f"{url}messages/")).json()["results"][0]["id"]
    digest = digest_of(api.headers["Authorization"].removeprefix("Bearer "))
    token = await in_database(ApiToken.objects.get, digest=digest)
    return Objects(str(site.thread_id), run, image, str(token.pk), message)
