"""The endpoints that take runs out of a conversation and bring them back."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import parameters_of
from coday.edge.serializers import EmptyBody, body_of
from coday.kernel.database import in_database
from runs.api import runs
from runs.api.base import RunCallerView, driven
from runs.api.schema_removal import DeletionPreviewShape, DeletionQuery, DeletionShape, RunsShape
from runs.api.threads import END_PATIENCE
from runs.branching import removal
from runs.delivery import delivery
from runs.execution.driver import Driver
from runs.queries import get_run
from runs.wire import run_object
from threads.wire import JsonObject, time


class RunView(runs.RunView):
    """``runs/{id}/``"""

    @extend_schema(operation_id="runs_delete", parameters=[DeletionQuery], responses={200: DeletionShape})
    def delete(self, request: Request, run_id: UUID) -> Response:
        """Remove a run, or a branch. What is under way is stopped first. It can be undone until `undo_until`."""
        get_run(user_id=self.user_id, run_id=run_id)
        scope = parameters_of(request.query_params, DeletionQuery)["scope"]
        removed = removal.remove(user_id=self.user_id, run_id=run_id, scope=scope)
        delivery.publish(removed.events, owner_id=self.user_id)
        driven(partial(_see_out, running=removed.running, lanes=removed.lanes))
        shown: JsonObject = {
            "deletion": str(removed.deletion),
            "runs": [str(one) for one in removed.run_ids],
            "undo_until": time(removed.undo_until),
        }
        return Response(shown)


async def _see_out(driver: Driver, *, running: Collection[UUID], lanes: Collection[UUID]) -> None:
    """Stop what is running, wait for its last words, and have what was queued behind it go on."""
    with suppress(TimeoutError):
        async with asyncio.timeout(END_PATIENCE):
            await driver.halt(running)
    if running:
        await in_database(removal.hide_last_words, run_ids=running)
    for lane in lanes:
        driver.wake(lane)


class DeletionView(RunCallerView):
    """``runs/{id}/deletion/``"""

    @extend_schema(operation_id="runs_deletion_preview", parameters=[DeletionQuery], responses=DeletionPreviewShape)
    def get(self, request: Request, run_id: UUID) -> Response:
        """What a removal would take."""
        get_run(user_id=self.user_id, run_id=run_id)
        scope = parameters_of(request.query_params, DeletionQuery)["scope"]
        preview = removal.preview(user_id=self.user_id, run_id=run_id, scope=scope)
        shown: JsonObject = {
            "scope": preview.scope,
            "runs": preview.runs,
            "messages": preview.messages,
            "unfinished": preview.unfinished,
        }
        return Response(shown | ({"head_after": str(preview.head_after)} if preview.head_after else {}))


class UndoDeletionView(RunCallerView):
    """``run-deletions/{id}/undo/``"""

    @extend_schema(operation_id="run_deletions_undo", request=EmptyBody, responses=RunsShape)
    def post(self, request: Request, deletion_id: UUID) -> Response:
        """Bring back what was removed at once. What was queued is queued again; what was stopped stays stopped."""
        removal.ensure_removed(user_id=self.user_id, deletion=deletion_id)
        body_of(request, EmptyBody)
        restored = removal.undo(user_id=self.user_id, deletion=deletion_id)
        delivery.publish(restored.events, owner_id=self.user_id)
        driven(partial(_wake, lanes=restored.lanes))
        return Response({"runs": [run_object(run) for run in restored.runs]})


async def _wake(driver: Driver, *, lanes: Collection[UUID]) -> None:
    for lane in lanes:
        driver.wake(lane)
