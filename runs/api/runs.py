"""The endpoints of runs: start, name, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.parameters import CursorQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from coday.kernel.errors import InvalidInputError
from runs.api.base import RunCallerView, driven, run_page
from runs.api.schema import NewRunShape, RunShape
from runs.api.schema_organize import RunChanges
from runs.delivery import delivery
from runs.inputs import RunRequest, parse_request
from runs.models import Run
from runs.queries import get_run, run_snapshot, with_positions
from runs.reuse import asking
from runs.summarizing.states import change_runs
from runs.wire import run_object
from threads.api.schema import page_of
from threads.covering import covering_now
from threads.queries import get_thread


class ThreadRunListView(RunCallerView):
    """``threads/{id}/runs/``"""

    @extend_schema(operation_id="thread_runs_list", parameters=[CursorQuery], responses=page_of("Run", RunShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """The runs of all branches of a conversation, newest first."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, CursorQuery)
        return run_page(request, Run.objects.filter(thread=thread, deleted_at__isnull=True))

    @extend_schema(
        operation_id="thread_runs_create",
        request=NewRunShape,
        responses={202: RunShape},
        description="Start a run, or queue it behind what runs. It outlives this request. With `Accept:"
        " text/event-stream` the answer is a stream of the run's events up to its terminal one.",
    )
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Capture an input: once this is answered, nothing of it can be lost."""
        asked = run_request(request.data)
        count_run(user_id=self.user_id, runs=1 + len(asked.also))
        run = driven(lambda driver: driver.capture(asking.ask, asker=self.asker, thread_id=thread_id, request=asked))
        return Response(run_object(run), status=202)


def run_request(body: object) -> RunRequest:
    """The request in a body.

    Raises:
        InvalidInputError: it is no object, or a field has the wrong form.
    """
    if not isinstance(body, Mapping):
        raise InvalidInputError("The body has to be a JSON object.")
    return parse_request(body)


class RunView(RunCallerView):
    """``runs/{id}/``"""

    @extend_schema(operation_id="runs_get", responses=RunShape)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run."""
        run = run_snapshot(get_run(user_id=self.user_id, run_id=run_id))
        return Response(run_object(*with_positions([run])))

    @extend_schema(operation_id="runs_update", request=RunChanges, responses=RunShape)
    def patch(self, request: Request, run_id: UUID) -> Response:
        """Name, tag, weigh, pin and group a run."""
        get_run(user_id=self.user_id, run_id=run_id)  # to others no field says more than that it is not there
        changes = body_of(request, RunChanges)
        change = partial(change_runs, user_id=self.user_id, run_ids=[run_id], changes=changes)
        (run,), events = covering_now(change)
        delivery.publish(events, owner_id=self.user_id)
        return Response(run_object(*with_positions([run])))


class CancelView(RunCallerView):
    """``runs/{id}/cancel/``"""

    @extend_schema(operation_id="runs_cancel", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run within a second; what it said so far is kept. One that has ended stays as it is."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        run = driven(lambda driver: driver.cancel(asker=self.asker, run_id=run_id))
        return Response(run_object(run), status=202)
