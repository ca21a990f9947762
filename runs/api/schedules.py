"""The endpoints of schedules."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.pagination import CursorPages
from coday.edge.parameters import CursorQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from runs.api.base import RunCallerView, driven
from runs.api.schema import RunShape
from runs.api.schema_schedules import (
    NewSchedule,
    ScheduleChanges,
    SchedulePreview,
    ScheduleShape,
    SlotShape,
    TimesShape,
)
from runs.models import RunSchedule, RunTemplate, ScheduleSlot
from runs.reuse import cron, schedules, slots
from runs.wire import run_object
from threads.api.schema import page_of
from threads.wire import JsonObject, time


class ScheduleListView(RunCallerView):
    """``run-schedules/``"""

    @extend_schema(
        operation_id="run_schedules_list", parameters=[CursorQuery], responses=page_of("RunSchedule", ScheduleShape)
    )
    def get(self, request: Request) -> Response:
        """The caller's schedules, newest first."""
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        page = pages.paginate_queryset(schedules.schedules_of(user_id=self.user_id), request) or []
        response: Response = pages.get_paginated_response([schedule_object(row) for row in page])
        return response

    @extend_schema(operation_id="run_schedules_create", request=NewSchedule, responses={201: ScheduleShape})
    def post(self, request: Request) -> Response:
        """Have a template started at certain times, as the caller."""
        row = schedules.create_schedule(asker=self.asker, **body_of(request, NewSchedule))
        return Response(schedule_object(row), status=201)


class SchedulePreviewView(RunCallerView):
    """``run-schedules/preview/``"""

    @extend_schema(operation_id="run_schedules_preview", request=SchedulePreview, responses=TimesShape)
    def post(self, request: Request) -> Response:
        """When a schedule like this would be due next. Nothing is saved."""
        body = body_of(request, SchedulePreview)
        times = schedules.coming_times(
            cron_text=body["cron"],
            time_zone=body["time_zone"],
            starts_at=body.get("starts_at"),
            ends_at=body.get("ends_at"),
        )
        text = cron.in_words(body["cron"])
        return Response({"times": [time(one) for one in times], **({"text": text} if text else {})})


class ScheduleView(RunCallerView):
    """``run-schedules/{id}/``"""

    @extend_schema(operation_id="run_schedules_get", responses=ScheduleShape)
    def get(self, request: Request, schedule_id: UUID) -> Response:
        """One schedule."""
        return Response(schedule_object(schedules.get_schedule(user_id=self.user_id, schedule_id=schedule_id)))

    @extend_schema(operation_id="run_schedules_update", request=ScheduleChanges, responses=ScheduleShape)
    def patch(self, request: Request, schedule_id: UUID) -> Response:
        """Change a schedule; to enable one that was stopped starts it again."""
        schedules.get_schedule(user_id=self.user_id, schedule_id=schedule_id)
        changes = body_of(request, ScheduleChanges)
        row = schedules.change_schedule(user_id=self.user_id, schedule_id=schedule_id, changes=changes)
        return Response(schedule_object(row))

    @extend_schema(operation_id="run_schedules_delete", responses={204: None})
    def delete(self, request: Request, schedule_id: UUID) -> Response:
        """Delete a schedule. What it has started stays."""
        schedules.delete_schedule(user_id=self.user_id, schedule_id=schedule_id)
        return Response(status=204)


class SlotListView(RunCallerView):
    """``run-schedules/{id}/slots/``"""

    @extend_schema(
        operation_id="run_schedule_slots_list",
        parameters=[CursorQuery],
        responses=page_of("RunScheduleSlot", SlotShape),
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        """The times at which a schedule was due, the newest entry first, and what came of each."""
        found = schedules.slots_of(user_id=self.user_id, schedule_id=schedule_id)
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        page = pages.paginate_queryset(found, request) or []
        response: Response = pages.get_paginated_response([slot_object(slot) for slot in page])
        return response


class RunNowView(RunCallerView):
    """``run-schedules/{id}/run-now/``"""

    @extend_schema(operation_id="run_schedules_run_now", request=EmptyBody, responses={202: RunShape})
    def post(self, request: Request, schedule_id: UUID) -> Response:
        """Start a schedule at once, as it would start by itself."""
        schedules.get_schedule(user_id=self.user_id, schedule_id=schedule_id)
        body_of(request, EmptyBody)
        count_run(user_id=self.user_id)
        run = driven(lambda driver: driver.capture(slots.run_now, asker=self.asker, schedule_id=schedule_id))
        return Response(run_object(run), status=202)


def schedule_object(row: RunSchedule) -> JsonObject:
    """A schedule for the doors: absent rather than null."""
    shown: JsonObject = {
        "id": str(row.pk),
        "name": row.name,
        "template": _template_object(row.template) if row.template else None,
        "template_version": row.template_version,
        "arguments": row.arguments,
        "thread": str(row.thread_id) if row.thread_id else None,
        "own_thread": row.own_thread,
        "cron": row.cron,
        "time_zone": row.time_zone,
        "starts_at": time(row.starts_at) if row.starts_at else None,
        "ends_at": time(row.ends_at) if row.ends_at else None,
        "missed": row.missed,
        "enabled": row.enabled,
        "stopped_because": row.stopped_because or None,
        "next_at": time(row.next_at) if row.next_at else None,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _template_object(template: RunTemplate) -> JsonObject:
    return {"id": str(template.pk), "slug": template.slug, "name": template.name}


def slot_object(slot: ScheduleSlot) -> JsonObject:
    """A slot for the doors: absent rather than null."""
    shown: JsonObject = {
        "slot_at": time(slot.slot_at),
        "status": slot.status,
        "run_id": str(slot.run_id) if slot.run_id else None,
        "thread_id": str(slot.thread_id) if slot.thread_id else None,
        "reason": slot.reason or None,
    }
    return {name: value for name, value in shown.items() if value is not None}
