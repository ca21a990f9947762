"""The endpoints of branches: retry, rerun, edit, continue, fork, and the map of them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.parameters import ListQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from coday.kernel.errors import InvalidInputError
from runs.api.base import RunCallerView, driven
from runs.api.schema import RunShape
from runs.api.schema_branches import BranchMapShape, ForkBody, RerunShape
from runs.branching import continuation, repeat
from runs.branching.fork import fork
from runs.branching.tree import branches
from runs.capture import Created
from runs.delivery import delivery
from runs.inputs import parse_rerun
from runs.queries import get_run
from runs.reuse import asking
from runs.wire import leaf_object, run_object
from threads.api.schema import ThreadShape
from threads.covering import covering_now
from threads.queries import get_thread
from threads.wire import thread_object


class DerivingView(RunCallerView):
    """Another run is made from one."""

    def derive(self, write: Callable[..., Created], run_id: UUID, **given: Any) -> Response:
        """Have it made; answers with it."""
        count_run(user_id=self.user_id)
        run = driven(lambda driver: driver.capture(write, asker=self.asker, run_id=run_id, **given))
        return Response(run_object(run), status=202)


class RetryView(DerivingView):
    """``runs/{id}/retry/``"""

    @extend_schema(operation_id="runs_retry", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Try a failed, cancelled or interrupted run again, beside it. Answers with the new run."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        return self.derive(repeat.retry, run_id)


class RerunView(DerivingView):
    """``runs/{id}/rerun/``"""

    @extend_schema(operation_id="runs_rerun", request=RerunShape, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Run any ended run once more, beside it: as it was, with another input (an edit), or with another agent or model.
        Answers with the new run."""
        get_run(user_id=self.user_id, run_id=run_id)
        if not isinstance(request.data, Mapping):
            raise InvalidInputError("The body has to be a JSON object.")
        return self.derive(asking.rerun, run_id, request=parse_rerun(request.data))


class ContinueView(DerivingView):
    """``runs/{id}/continue/``"""

    @extend_schema(operation_id="runs_continue", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Have an answer that was cut go on, in a run behind it. Answers with that run."""
        get_run(user_id=self.user_id, run_id=run_id)
        body_of(request, EmptyBody)
        return self.derive(continuation.go_on, run_id)


class ForkView(RunCallerView):
    """``runs/{id}/fork/``"""

    @extend_schema(operation_id="runs_fork", request=ForkBody, responses={201: ThreadShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Copy the branch up to and with this run, which has ended, into a new conversation. A copy has cost nothing."""
        get_run(user_id=self.user_id, run_id=run_id)
        title = body_of(request, ForkBody)["title"]
        forked = covering_now(partial(fork, user_id=self.user_id, run_id=run_id, title=title))
        delivery.publish(forked.events, owner_id=self.user_id)
        return Response(thread_object(forked.thread), status=201)


class BranchMapView(RunCallerView):
    """``threads/{id}/branches/``"""

    @extend_schema(operation_id="branches_get", responses=BranchMapShape)
    def get(self, request: Request, thread_id: UUID) -> Response:
        """All runs of a conversation's branches, by number, for a map."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, ListQuery)
        head = {"head": str(thread.head)} if thread.head else {}
        return Response({**head, "runs": [leaf_object(leaf) for leaf in branches(thread_id=thread_id)]})
