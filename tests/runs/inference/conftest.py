"""A mock provider in the test's loop, the shared clients, and requests to send."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from coday.kernel.http import HttpClients
from tests.support.mock_provider import MockProvider


@pytest.fixture
async def server() -> AsyncIterator[MockProvider]:
    async with MockProvider() as provider:
        yield provider


@pytest.fixture
async def clients() -> AsyncIterator[HttpClients]:
    shared = HttpClients()
    yield shared
    await shared.aclose()
