"""The endpoints of what people are told by: targets, trials, deliveries."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.pagination import CursorPages
from coday.edge.parameters import CursorQuery, ListQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from runs.api.base import RunCallerView, driven
from runs.api.schema_notifications import (
    DeliveryShape,
    NewTarget,
    NewTargetShape,
    TargetChanges,
    TargetShape,
    TrialShape,
)
from runs.models import Notification, NotificationTarget
from runs.notifying import targets
from runs.notifying.sending import post
from threads.api.pages import page_object
from threads.api.schema import page_of
from threads.wire import JsonObject, time


class TargetListView(RunCallerView):
    """``notification-targets/``"""

    @extend_schema(operation_id="notification_targets_list", responses=page_of("NotificationTarget", TargetShape))
    def get(self, request: Request) -> Response:
        """Where the caller is told that their runs have ended or wait for them."""
        parameters_of(request.query_params, ListQuery)
        found = targets.targets_of(user_id=self.user_id)
        return Response(page_object(request, [_target_object(target) for target in found], next_page=None))

    @extend_schema(operation_id="notification_targets_create", request=NewTarget, responses={201: NewTargetShape})
    def post(self, request: Request) -> Response:
        """Make a target. What it is told is signed by Standard Webhooks with the secret that is shown now and never again."""
        target, secret = targets.create_target(user_id=self.user_id, values=body_of(request, NewTarget))
        return Response({**_target_object(target), "secret": secret}, status=201)


class TargetView(RunCallerView):
    """``notification-targets/{id}/``"""

    @extend_schema(operation_id="notification_targets_update", request=TargetChanges, responses=TargetShape)
    def patch(self, request: Request, target_id: UUID) -> Response:
        """Change a target. One that is switched on again is not told what happened meanwhile."""
        targets.get_target(user_id=self.user_id, target_id=target_id)
        changes = body_of(request, TargetChanges)
        target = targets.change_target(user_id=self.user_id, target_id=target_id, changes=changes)
        return Response(_target_object(target))

    @extend_schema(operation_id="notification_targets_delete", responses={204: None})
    def delete(self, request: Request, target_id: UUID) -> Response:
        """Delete a target with its deliveries."""
        targets.delete_target(user_id=self.user_id, target_id=target_id)
        return Response(status=204)


class TrialView(RunCallerView):
    """``notification-targets/{id}/test/``"""

    @extend_schema(operation_id="notification_targets_test", request=EmptyBody, responses=TrialShape)
    def post(self, request: Request, target_id: UUID) -> Response:
        """Send a target a message of the type `test`, once and now."""
        letter = targets.letter_to_try(user_id=self.user_id, target_id=target_id)
        body_of(request, EmptyBody)
        answer = driven(lambda _: post(letter))
        return Response({"delivered": answer.taken, **({} if answer.taken else {"error": answer.refusal})})


class DeliveryListView(RunCallerView):
    """``notification-targets/{id}/deliveries/``"""

    @extend_schema(
        operation_id="notification_deliveries_list",
        parameters=[CursorQuery],
        responses=page_of("NotificationDelivery", DeliveryShape),
    )
    def get(self, request: Request, target_id: UUID) -> Response:
        """What a target was told in the last 30 days, and what it is to be told, newest first."""
        found = targets.deliveries_of(user_id=self.user_id, target_id=target_id)
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        page = pages.paginate_queryset(found, request) or []
        response: Response = pages.get_paginated_response([_delivery_object(one) for one in page])
        return response


# --- Values to JSON -------------------------------------------------------------------------------------------------


def _target_object(target: NotificationTarget) -> JsonObject:
    told = {
        "failing_since": target.failing_since and time(target.failing_since),
        "last_error": target.last_error,
        "stopped_because": target.stopped_because,
    }
    return {
        "id": str(target.pk),
        "name": target.name,
        "url": target.url,
        "events": target.events,
        "enabled": target.enabled,
        **{name: value for name, value in told.items() if value},
        "created_at": time(target.created_at),
    }


def _delivery_object(one: Notification) -> JsonObject:
    told = {
        "delivered_at": one.delivered_at and time(one.delivered_at),
        "next_at": one.next_at and time(one.next_at),
        "error": one.last_error,
    }
    return {
        "id": str(one.pk),
        "event": one.event,
        "run_id": str(one.run_id),
        "attempts": one.attempts,
        **{name: value for name, value in told.items() if value},
        "created_at": time(one.created_at),
    }
