"""The endpoints of a run's tool calls: read them whole, answer those that wait."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from coday.kernel.errors import InvalidInputError
from runs.api.base import RunCallerView, driven
from runs.api.schema import AnswerShape, RunShape, ToolCallShape, WholeToolCallShape
from runs.calls import event_of
from runs.errors import CallNotFoundError
from runs.inputs import parse_answer
from runs.models import ToolCall
from runs.queries import get_run
from runs.wire import run_object, tool_object
from threads.api.schema import page_of


class RunInputView(RunCallerView):
    """``runs/{id}/input/``"""

    @extend_schema(operation_id="runs_input", request=AnswerShape, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Answer tool calls that wait: approve, refuse, or give what was asked for. All answers count, or none. The run goes
        on when nothing is open any more."""
        get_run(user_id=self.user_id, run_id=run_id)
        if not isinstance(request.data, Mapping):
            raise InvalidInputError("The body has to be a JSON object.")
        given = parse_answer(request.data)
        run = driven(lambda driver: driver.answer(asker=self.asker, run_id=run_id, given=given))
        return Response(run_object(run), status=202)


class CallListView(RunCallerView):
    """``runs/{id}/calls/``"""

    @extend_schema(operation_id="run_calls_list", responses=page_of("ToolCall", ToolCallShape))
    def get(self, request: Request, run_id: UUID) -> Response:
        """A run's tool calls, in the order in which they were made."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        parameters_of(request.query_params, ListQuery)
        calls = [tool_object(event_of(row, thread_id=run.thread_id)) for row in ToolCall.objects.filter(run=run)]
        return Response({"results": calls, "next": None, "previous": None})


class CallView(RunCallerView):
    """``runs/{id}/calls/{tool_call_id}/``"""

    @extend_schema(operation_id="run_calls_get", responses=WholeToolCallShape)
    def get(self, request: Request, run_id: UUID, tool_call_id: str) -> Response:
        """One tool call with its whole result."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        row = ToolCall.objects.filter(run=run, call_id=tool_call_id).first()
        if row is None:
            raise CallNotFoundError
        shown = tool_object(event_of(row, thread_id=run.thread_id))
        return Response({**shown, "content": row.content, "is_error": row.is_error})
