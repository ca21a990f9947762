"""The way from a synchronous view to the driver."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connections

from coday.accounts.models import User
from runs.api.base import driven
from runs.execution.driver import Driver, stop_driver


async def test_a_view_that_waits_for_the_driver_holds_no_connection(transactional_db: None) -> None:
    def view() -> tuple[bool, bool]:
        User.objects.exists()
        wrapper = connections["default"]  # of this thread

        async def is_connected(_: Driver) -> bool:
            return wrapper.connection is not None

        return wrapper.connection is not None, driven(is_connected)

    assert await sync_to_async(view)() == (True, False)
    await stop_driver()
