"""Admin of what people say of answers: who, of which run, why. What was asked and answered is not shown here."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from coday.edge.admin import HistoryAdmin
from runs.models import RunFeedback

SHORT = 80  # characters of a comment in the list


@admin.register(RunFeedback)
class RunFeedbackAdmin(HistoryAdmin):
    """The feedback of all people. In anonymous conversations the comments have tokens."""

    list_display = ("created_at", "thumb", "reason", "username", "agent", "model", "shown_comment", "shown_run")
    list_display_links = ("created_at",)
    list_filter = ("rating", "reason", "run__agent", "run__model", "run__anonymous", "created_at")
    list_select_related = ("run",)
    search_fields = ("username", "comment", "=run__id")
    fields = ("thumb", "reason", "comment", "username", "agent", "model", "shown_run", "created_at", "updated_at")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunFeedback]:
        """Without that of removed runs."""
        return RunFeedback.objects.select_related("run").filter(run__deleted_at__isnull=True)

    @display(description="Rating", ordering="rating", label={"up": "success", "down": "danger"})
    def thumb(self, feedback: RunFeedback) -> str:
        """In colour."""
        return "up" if feedback.rating == RunFeedback.Rating.UP else "down"

    @display(description="Agent", ordering="run__agent")
    def agent(self, feedback: RunFeedback) -> str:
        """Who answered."""
        return feedback.run.agent

    @display(description="Model", ordering="run__model")
    def model(self, feedback: RunFeedback) -> str:
        """With which model."""
        return feedback.run.model

    @display(description="Comment")
    def shown_comment(self, feedback: RunFeedback) -> str:
        """Its beginning."""
        comment = feedback.comment
        return comment if len(comment) <= SHORT else f"{comment[:SHORT].rstrip()} …"

    @display(description="Run")
    def shown_run(self, feedback: RunFeedback) -> str:
        """The way to its page."""
        address = reverse("admin:runs_run_change", args=[feedback.run_id])
        return format_html('<a href="{}">Run {}</a>', address, feedback.run.number)
