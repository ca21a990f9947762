"""The endpoints of what waits for its turn: edit a message, put the queue in another order, send now, join what runs."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.serializers import EmptyBody, body_of
from runs import queueing, steering
from runs.api import calls
from runs.api.base import RunCallerView, driven
from runs.api.schema import RunShape
from runs.api.schema_removal import QueuedInput, QueueOrder, RunsShape
from runs.branching import removal
from runs.delivery import delivery
from runs.events import DurableEvent, RunSnapshot
from runs.inputs import Asker
from runs.queries import get_run, run_snapshot
from runs.wire import run_object
from threads.covering import covering_now
from threads.queries import get_thread


class RunInputView(calls.RunInputView):
    """``runs/{id}/input/``"""

    @extend_schema(operation_id="runs_input_update", request=QueuedInput, responses=RunShape)
    def patch(self, request: Request, run_id: UUID) -> Response:
        """Change what a queued run is asked. Without `images` it keeps those that it has."""
        get_run(user_id=self.user_id, run_id=run_id)
        given = body_of(request, QueuedInput)
        images = tuple(given["images"]) if "images" in given else None
        write = partial(queueing.edit, asker=self.asker, run_id=run_id, text=given["text"], images=images)
        run, events = covering_now(write)
        delivery.publish(events, owner_id=self.user_id)
        return Response(run_object(run))


class QueueView(RunCallerView):
    """``threads/{id}/queue/``"""

    @extend_schema(operation_id="thread_queue_update", request=QueueOrder, responses=RunsShape)
    def put(self, request: Request, thread_id: UUID) -> Response:
        """Put what is queued in a lane in another order. All of it has to be named: what has started or come meanwhile makes
        it another queue."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        run_ids = body_of(request, QueueOrder)["runs"]
        runs, events = queueing.reorder(user_id=self.user_id, thread_id=thread_id, run_ids=run_ids)
        delivery.publish(events, owner_id=self.user_id)
        return Response({"runs": [run_object(run) for run in runs]})


class SendNowView(RunCallerView):
    """``runs/{id}/send-now/``"""

    @extend_schema(operation_id="runs_send_now", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Have a queued run start next, and cancel what is in its way."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        run = driven(lambda driver: driver.capture(queueing.send_now, asker=self.asker, run_id=run_id))
        return Response(run_object(run), status=202)


class SteerView(RunCallerView):
    """``runs/{id}/steer/``"""

    @extend_schema(operation_id="runs_steer", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Have a queued message join the answer that is under way, before the model is asked again. Answers with the run that
        hears it; the queued one is gone."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        run, events = _join(self.asker, run_id)
        delivery.publish(events, owner_id=self.user_id)
        return Response(run_object(run), status=202)


@transaction.atomic
def _join(asker: Asker, run_id: UUID) -> tuple[RunSnapshot, list[DurableEvent]]:
    """The words are in one place at any moment: in the queue or with the run that they join."""
    running, told = steering.steer_queued(asker=asker, run_id=run_id)
    removed = removal.remove(user_id=asker.user_id, run_id=run_id, scope="run")
    return run_snapshot(running), [*told, *removed.events]
