"""A receiver of webhooks, and targets that lead to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from coday.kernel.database import in_database
from runs.execution.clock import TICK, do_chores
from runs.models import Notification, NotificationTarget
from runs.notifying.targets import create_target
from tests.kernel.test_guarded import serving
from tests.runs.conversation import Conversation
from tests.support.hooks import Receiver

EVERYTHING = ["completed", "failed", "cancelled", "interrupted", "waiting"]


class Hook:
    """A receiver with the target that leads to it."""

    def __init__(self, receiver: Receiver, url: str) -> None:
        self.receiver = receiver
        self.url = url
        self.secret = ""

    async def add(self, talk: Conversation, **values: Any) -> NotificationTarget:
        """Make a target of the conversation's person."""
        given = {"name": "Hook", "url": self.url, "events": EVERYTHING, "enabled": True, **values}
        target, self.secret = await in_database(create_target, user_id=talk.asker.user_id, values=given)
        return target


@pytest.fixture
async def hook(transactional_db: None, settings: Settings) -> AsyncIterator[Hook]:
    receiver = Receiver()
    async with serving(receiver.handle) as at:
        settings.CODAY_FETCH_ALLOW = [f"127.0.0.1:{at.port}"]
        yield Hook(receiver, at.at("/hook"))
        receiver.over.set()


async def tick() -> None:
    """What the clock does every few seconds."""
    await do_chores(TICK * 1_001)


async def let_pass() -> None:
    """As if all that is to be sent later were due."""
    due = Notification.objects.filter(next_at__isnull=False)
    await in_database(due.update, next_at=timezone.now() - timedelta(seconds=1))


async def notifications() -> list[Notification]:
    """All that there is to tell, in order."""
    return await in_database(lambda: list(Notification.objects.order_by("pk")))


async def target_now() -> NotificationTarget:
    """The target as it is now."""
    return await in_database(NotificationTarget.objects.get)
