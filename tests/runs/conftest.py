"""Conversations: a mock provider, a driver of the test's own, and the rows that they need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from coday.kernel.database import in_database
from runs.delivery import Delivery
from runs.driver import LocalDriver
from runs.tools.base import Tool
from runs.wiring import Wiring
from tests.runs.conversation import Conversation, ToolWiring, make_cast
from tests.support.mock_provider import MockProvider

Converse = Callable[..., Awaitable[Conversation]]


@pytest.fixture
async def provider() -> AsyncIterator[MockProvider]:
    async with MockProvider() as mock:
        yield mock


@pytest.fixture
async def converse(transactional_db: None, provider: MockProvider) -> AsyncIterator[Converse]:
    """Makes the test's conversation: ``await converse(title="", model={...}, agent={...}, tools=(...))``."""
    drivers: list[LocalDriver] = []

    async def begin(*, tools: tuple[Tool, ...] = (), **values: Any) -> Conversation:
        cast = await in_database(make_cast, base_url=provider.base_url, **values)
        delivery = Delivery()
        wiring = ToolWiring(tools) if tools else Wiring()
        driver = LocalDriver(wiring=wiring, delivery=delivery)
        drivers.append(driver)
        return Conversation(cast=cast, provider=provider, driver=driver, delivery=delivery)

    yield begin
    for driver in drivers:
        await driver.stop()


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    """A conversation in a thread that has a title, with a model whose prices are known."""
    return await converse(model={"input_price": 3, "cached_input_price": "0.3", "output_price": 15})
