"""Admin of usage: the ledger, to look at."""

from __future__ import annotations

from django.contrib import admin

from coday.edge.admin import HistoryAdmin
from usage.models import UsageRecord


@admin.register(UsageRecord)
class UsageRecordAdmin(HistoryAdmin):
    """What each model call cost, and for whom."""

    list_display = (
        "created_at",
        "username",
        "purpose",
        "agent",
        "model",
        "provider",
        "input_tokens",
        "cached_tokens",
        "output_tokens",
        "cost",
        "currency",
        "estimated",
        "complete",
    )
    list_filter = ("purpose", "provider", "model", "agent", "estimated", "complete", "created_at")
    search_fields = ("username", "model", "=thread_id", "=run_id")
    date_hierarchy = "created_at"
