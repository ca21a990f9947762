"""What the endpoints of runs share: who asks, the way to the driver, and pages in the order of creation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from asgiref.sync import async_to_sync
from django.db import close_old_connections
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.pagination import CursorPages
from runs.execution.driver import Driver, get_driver
from runs.inputs import Asker
from runs.models import Run
from runs.queries import run_snapshot, with_positions
from runs.wire import run_object
from threads.api.views import CallerView

T = TypeVar("T")


class RunCallerView(CallerView):
    """An endpoint that may ask for runs."""

    @property
    def asker(self) -> Asker:
        """Who asks, and pays."""
        user = self.caller.user
        return Asker(user_id=user.pk, username=user.username)


def run_page(request: Request, runs: QuerySet[Run]) -> Response:
    """The page of these runs that the request asks for; its parameters are checked.

    Raises:
        InvalidParameterError: there is no such page.
    """
    pages = CursorPages()
    page = pages.paginate_queryset(runs, request) or []
    response: Response = pages.get_paginated_response(
        [run_object(run) for run in with_positions(map(run_snapshot, page))]
    )
    return response


def driven(work: Callable[[Driver], Awaitable[T]]) -> T:
    """Let the driver do something, from a synchronous view: on the server's event loop, where its runs are.

    Meanwhile this thread gives its connection back: where all of a pool's connections belonged to views that wait, the
    driver would have none to end their wait with.
    """

    async def call() -> T:
        return await work(await get_driver())

    close_old_connections()
    return async_to_sync(call)()
