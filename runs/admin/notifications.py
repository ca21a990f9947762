"""Admin of what people are told by: whose targets there are, and how what was sent to them went. Secrets are not shown."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from coday.edge.admin import HistoryAdmin
from runs.models import Notification, NotificationTarget


@admin.register(NotificationTarget)
class NotificationTargetAdmin(HistoryAdmin):
    """People's targets. They are their owners' to change; an operator closes addresses for all by what may be fetched."""

    list_display = ("name", "owner", "url", "enabled", "failing_since", "stopped_because")
    list_filter = ("enabled",)
    search_fields = ("=id", "name", "url", "owner__username")
    fields = (
        "name", "owner", "url", "events", "enabled", "since", "failing_since", "last_error", "stopped_because", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationTarget]:
        """Without the secrets: they are not even read."""
        return NotificationTarget.objects.select_related("owner").defer("secret")


@admin.register(Notification)
class NotificationAdmin(HistoryAdmin):
    """What targets were told, and are to be told."""

    list_display = ("created_at", "target", "event", "run_id", "attempts", "delivered_at", "next_at", "last_error")
    list_display_links = ("created_at",)
    list_filter = ("event", "created_at")
    search_fields = ("=id", "=run_id", "target__name", "target__owner__username")
    fields = ("created_at", "target", "event", "run_id", "attempts", "delivered_at", "next_at", "last_error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """Without the secrets of their targets."""
        return Notification.objects.select_related("target").defer("target__secret")
