"""Admin of threads: what is known about conversations, not what was said in them."""

from __future__ import annotations

from django.contrib import admin

from coday.edge.admin import HistoryAdmin
from threads.models import Thread


@admin.register(Thread)
class ThreadAdmin(HistoryAdmin):
    """Whose, when, with which agent. Messages and images are not shown; deleting is the owner's, at the other doors."""

    list_display = ("id", "owner", "agent", "model", "last_number", "anonymous", "archived", "created_at", "updated_at")
    list_filter = ("agent", "model", "anonymous", "archived", "created_at", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "owner__username")
    fields = (
        "id", "owner", "title_source", "agent", "model", "anonymous", "pinned", "archived", "head", "last_number", "last_seq",
        "created_at", "updated_at",
    )  # fmt: skip
    ordering = ("-updated_at",)
