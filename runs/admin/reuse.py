"""Admin of templates and schedules: whose there are, whom they are shared with, when they run. What they say is not shown."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from coday.edge.admin import HistoryAdmin
from runs.models import RunSchedule, RunTemplate, ScheduleSlot
from runs.reuse.slots import stop


@admin.register(RunTemplate)
class RunTemplateAdmin(HistoryAdmin):
    """People's templates. They are their owners' to change."""

    list_display = ("name", "slug", "username", "version", "scheduled", "archived", "updated_at")
    list_filter = ("archived", "groups", "updated_at")
    search_fields = ("=id", "name", "slug", "username")
    fields = ("name", "slug", "description", "username", "version", "groups", "archived", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunTemplate]:
        """With how many schedules start each."""
        return RunTemplate.objects.annotate(count=Count("schedules"))

    @display(description="Schedules", ordering="count")
    def scheduled(self, template: RunTemplate) -> int:
        """How many start it."""
        return int(getattr(template, "count", 0))


@admin.register(RunSchedule)
class RunScheduleAdmin(HistoryAdmin):
    """People's schedules: what will run by itself, as whom. An admin can stop them."""

    list_display = ("name", "username", "template", "cron", "time_zone", "enabled", "next_at", "stopped_because")
    list_filter = ("enabled", "missed")
    list_select_related = ("template",)
    search_fields = ("=id", "=template__id", "=thread__id", "name", "username")
    fields = (
        "name", "username", "template", "template_version", "thread_id", "own_thread", "cron", "time_zone", "starts_at",
        "ends_at", "missed", "enabled", "stopped_because", "next_at", "created_at", "updated_at",
    )  # fmt: skip
    actions = ("stop_schedules",)

    @admin.action(description="Stop", permissions=["stop"])
    def stop_schedules(self, request: HttpRequest, schedules: QuerySet[RunSchedule]) -> None:
        """Have them not run any more, until their people enable them again."""
        stopped = stop(schedule_ids=list(schedules.values_list("pk", flat=True)), reason="An admin stopped it.")
        self.message_user(request, f"{stopped} stopped.")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Who may change schedules."""
        return bool(request.user.has_perm("runs.change_runschedule"))


@admin.register(ScheduleSlot)
class ScheduleSlotAdmin(HistoryAdmin):
    """The times at which schedules were due, and what came of each."""

    list_display = ("slot_at", "schedule", "status", "run_id", "reason")
    list_filter = ("status", "slot_at")
    list_select_related = ("schedule",)
    search_fields = ("=id", "=schedule__id", "=run_id", "schedule__name", "schedule__username")
    fields = ("schedule", "slot_at", "status", "run_id", "thread_id", "reason", "created_at")
