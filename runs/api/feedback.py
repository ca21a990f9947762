"""The endpoint of what a person says of an answer."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from coday.edge.serializers import body_of
from runs.api.base import RunCallerView
from runs.api.schema_feedback import FeedbackBody, FeedbackShape
from runs.delivery import delivery
from runs.organize.feedback import Feedback, feedback_of, give_feedback, take_feedback_back
from runs.queries import get_run
from runs.wire import JsonObject
from threads.covering import covering_now
from threads.wire import time


class FeedbackView(RunCallerView):
    """``runs/{id}/feedback/``"""

    @extend_schema(operation_id="runs_feedback", responses=FeedbackShape)
    def get(self, request: Request, run_id: UUID) -> Response:
        """What the caller has said of an answer."""
        given = feedback_of(user_id=self.user_id, run_id=run_id)
        parameters_of(request.query_params, ListQuery)
        return Response(feedback_object(given))

    @extend_schema(operation_id="runs_feedback_give", request=FeedbackBody, responses=FeedbackShape)
    def put(self, request: Request, run_id: UUID) -> Response:
        """Say something of an answer, in the place of what was said before. It has to have ended."""
        get_run(user_id=self.user_id, run_id=run_id)
        given, events = covering_now(
            partial(give_feedback, asker=self.asker, run_id=run_id, **body_of(request, FeedbackBody))
        )
        delivery.publish_all(events, owner_id=self.user_id)
        return Response(feedback_object(given))

    @extend_schema(operation_id="runs_feedback_take_back", responses={204: None})
    def delete(self, request: Request, run_id: UUID) -> Response:
        """Unsay it."""
        events = take_feedback_back(user_id=self.user_id, run_id=run_id)
        delivery.publish_all(events, owner_id=self.user_id)
        return Response(status=204)


def feedback_object(given: Feedback) -> JsonObject:
    """Feedback: absent rather than empty."""
    said = {"reason": given.reason, "comment": given.comment}
    return {
        "run_id": str(given.run_id),
        "rating": given.rating,
        **{name: value for name, value in said.items() if value},
        "created_at": time(given.created_at),
        "updated_at": time(given.updated_at),
    }
