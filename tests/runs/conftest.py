"""Conversations: a mock provider, a driver of the test's own, and the rows that they need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import pytest

from coday.kernel.database import in_database
from runs.delivery import Delivery
from runs.execution.driver import LocalDriver
from runs.tools.base import Tool
from runs.wiring import Wiring
from tests.runs.conversation import Conversation, ToolWiring, make_cast
from tests.support.mock_provider import MockProvider

Converse = Callable[..., Awaitable[Conversation]]


@pytest.fixture
async def provider() -> AsyncIterator[MockProvider]:
    async with MockProvider() as mock:
        yield mock


class NewDriver(Protocol):
    """Makes a driver with other tools than the product's."""

    def __call__(self, *, tools: tuple[Tool, ...] = (), delivery: Delivery) -> LocalDriver: ...


@pytest.fixture
async def new_driver(transactional_db: None) -> AsyncIterator[NewDriver]:
    """Makes drivers, and stops them in the end."""
    drivers: list[LocalDriver] = []

    def make(*, tools: tuple[Tool, ...] = (), delivery: Delivery) -> LocalDriver:
        drivers.append(LocalDriver(wiring=ToolWiring(tools) if tools else Wiring(), delivery=delivery))
        return drivers[-1]

    yield make
    for driver in drivers:
        await driver.stop()


@pytest.fixture
async def converse(new_driver: NewDriver, provider: MockProvider) -> Converse:
    """Makes the test's conversation: ``await converse(title="", model={...}, agent={...}, tools=(...))``."""

    async def begin(*, tools: tuple[Tool, ...] = (), **values: Any) -> Conversation:
        cast = await in_database(make_cast, base_url=provider.base_url, **values)
        delivery = Delivery()
        driver = new_driver(tools=tools, delivery=delivery)
        return Conversation(cast=cast, provider=provider, driver=driver, delivery=delivery)

    return begin


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    """A conversation in a thread that has a title, with a model whose prices are known."""
    return await converse(model={"input_price": 3, "cached_input_price": "0.3", "output_price": 15})
