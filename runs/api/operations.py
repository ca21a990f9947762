"""The endpoints of what goes on after its run: reminders and jobs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.pagination import CursorPages
from coday.edge.parameters import CursorQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from runs import background
from runs.api.base import RunCallerView
from runs.api.schema_search import PlaceShape
from runs.api.search import place_object
from runs.delivery import delivery
from runs.models import ToolOperation
from runs.wire import operation_object
from threads.api.schema import Shape, page_of
from threads.queries import thread_snapshots


class OperationShape(Shape):
    """What goes on after the run that started it. `result` is its beginning; `ended_by_run` the run that brought it into the
    conversation. Fields that have no value are absent."""

    id = serializers.UUIDField()
    thread_id = serializers.UUIDField()
    run_id = serializers.UUIDField()
    tool_call_id = serializers.CharField()
    tool = serializers.CharField()
    summary = serializers.CharField()
    status = serializers.ChoiceField(choices=ToolOperation.Status.choices)
    due_at = serializers.DateTimeField(required=False)
    deadline_at = serializers.DateTimeField()
    result = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(required=False)
    ended_by_run = serializers.UUIDField(required=False)


class ListedOperationShape(OperationShape):
    """An operation, with the conversation that it belongs to."""

    thread = PlaceShape()


class OperationQuery(CursorQuery):
    """The parameters of ``GET operations/``."""

    status = serializers.ChoiceField(choices=ToolOperation.Status.choices, required=False)
    thread = serializers.UUIDField(required=False, help_text="Of this conversation alone.")


class OperationListView(RunCallerView):
    """``operations/``"""

    @extend_schema(
        operation_id="operations_list",
        parameters=[OperationQuery],
        responses=page_of("ListedOperation", ListedOperationShape),
    )
    def get(self, request: Request) -> Response:
        """The caller's reminders and jobs, newest first."""
        query = parameters_of(request.query_params, OperationQuery)
        operations = background.visible_operations(user_id=self.user_id).select_related("thread")
        if "status" in query:
            operations = operations.filter(status=query["status"])
        if "thread" in query:
            operations = operations.filter(thread_id=query["thread"])
        pages = CursorPages()
        page = pages.paginate_queryset(operations, request) or []
        places = {thread.id: thread for thread in thread_snapshots(list({operation.thread for operation in page}))}
        response: Response = pages.get_paginated_response(
            [operation_object(one) | {"thread": place_object(places[one.thread_id])} for one in page]
        )
        return response


class CancelOperationView(RunCallerView):
    """``operations/{id}/cancel/``"""

    @extend_schema(operation_id="operations_cancel", request=EmptyBody, responses=OperationShape)
    def post(self, request: Request, operation_id: UUID) -> Response:
        """Want no result any more. A job that goes on elsewhere is not stopped by that; what it brings is not taken."""
        background.get_operation(user_id=self.user_id, operation_id=operation_id)
        body_of(request, EmptyBody)
        operation, events = background.cancel(user_id=self.user_id, operation_id=operation_id)
        delivery.publish(events, owner_id=self.user_id)
        return Response(operation_object(operation))
