"""The endpoints of runs: start, find, name, cancel, retry, rerun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.parameters import CursorQuery, parameters_of
from coday.kernel.errors import InvalidInputError
from runs import branching, capture
from runs.api.base import RunCallerView, driven, run_page
from runs.api.schema import NewRunShape, RunChanges, RunQuery, RunShape
from runs.capture import Created
from runs.delivery import delivery
from runs.inputs import RunRequest, parse_request
from runs.models import Run
from runs.organize import set_title
from runs.queries import get_run, run_snapshot, visible_runs, with_positions
from runs.wire import run_object
from threads.api.requests import EmptyBody, body_of
from threads.api.schema import page_of
from threads.queries import get_thread


class ThreadRunListView(RunCallerView):
    """``threads/{id}/runs/``"""

    @extend_schema(operation_id="thread_runs_list", parameters=[CursorQuery], responses=page_of("Run", RunShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """The runs of all branches of a conversation, newest first."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, CursorQuery)
        return run_page(request, Run.objects.filter(thread=thread))

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
        count_run(user_id=self.user_id)
        run = driven(
            lambda driver: driver.capture(capture.create, asker=self.asker, thread_id=thread_id, request=asked)
        )
        return Response(run_object(run), status=202)


def run_request(body: object) -> RunRequest:
    """The request in a body.

    Raises:
        InvalidInputError: it is no object, or a field has the wrong form.
    """
    if not isinstance(body, Mapping):
        raise InvalidInputError("The body has to be a JSON object.")
    return parse_request(body)


class RunListView(RunCallerView):
    """``runs/``"""

    @extend_schema(operation_id="runs_list", parameters=[RunQuery], responses=page_of("Run", RunShape))
    def get(self, request: Request) -> Response:
        """The caller's runs in all conversations, newest first."""
        query = parameters_of(request.query_params, RunQuery)
        runs = visible_runs(user_id=self.user_id)
        for name in ("status", "kind", "agent"):
            if name in query:
                runs = runs.filter(**{name: query[name]})
        if "since" in query:
            runs = runs.filter(created_at__gte=query["since"])
        return run_page(request, runs)


class RunView(RunCallerView):
    """``runs/{id}/``"""

    @extend_schema(operation_id="runs_get", responses=RunShape)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run."""
        run = run_snapshot(get_run(user_id=self.user_id, run_id=run_id))
        return Response(run_object(*with_positions([run])))

    @extend_schema(operation_id="runs_update", request=RunChanges, responses=RunShape)
    def patch(self, request: Request, run_id: UUID) -> Response:
        """Name a run."""
        get_run(user_id=self.user_id, run_id=run_id)  # to others no field says more than that it is not there
        title = body_of(request, RunChanges)["title"]
        run, events = set_title(user_id=self.user_id, run_id=run_id, title=title)
        delivery.publish(events, owner_id=self.user_id)
        return Response(run_object(run))


class CancelView(RunCallerView):
    """``runs/{id}/cancel/``"""

    @extend_schema(operation_id="runs_cancel", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run within a second; what it said so far is kept. One that has ended stays as it is."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        run = driven(lambda driver: driver.cancel(asker=self.asker, run_id=run_id))
        return Response(run_object(run), status=202)


class RepeatView(RunCallerView):
    """A run's input once more, as its sibling."""

    repeat: ClassVar[Callable[..., Created]]

    def post(self, request: Request, run_id: UUID) -> Response:
        """Answers with the new run."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        count_run(user_id=self.user_id)
        run = driven(lambda driver: driver.capture(type(self).repeat, asker=self.asker, run_id=run_id))
        return Response(run_object(run), status=202)


@extend_schema_view(post=extend_schema(operation_id="runs_retry", request=EmptyBody, responses={202: RunShape}))
class RetryView(RepeatView):
    """Try a failed, cancelled or interrupted run again, beside it. Answers with the new run."""

    repeat = staticmethod(branching.retry)


@extend_schema_view(post=extend_schema(operation_id="runs_rerun", request=EmptyBody, responses={202: RunShape}))
class RerunView(RepeatView):
    """Run any ended run's input once more, beside it. Answers with the new run."""

    repeat = staticmethod(branching.rerun)
