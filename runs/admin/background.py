"""Admin of what goes on after its run, and of the endpoints of jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from coday.edge.admin import HistoryAdmin, SlugAdmin
from coday.kernel.errors import InvalidInputError
from runs.models import JobEndpoint, ToolOperation
from runs.tools.background.endpoints import check_addresses, check_input_schema
from skills.mcp import parse_headers


@admin.register(ToolOperation)
class ToolOperationAdmin(HistoryAdmin):
    """Reminders and jobs: whose, of which tool, and how they stand. What they are about is not shown."""

    list_display = ("created_at", "username", "tool", "status", "due_at", "deadline_at", "ended_at")
    list_display_links = ("created_at",)
    list_filter = ("status", "tool", "created_at")
    search_fields = ("=id", "=thread__id", "=run_id", "username", "tool")
    fields = (
        "thread_id", "run_id", "username", "tool", "status", "due_at", "poll_at", "deadline_at", "ended_at", "ended_by_run",
    )  # fmt: skip

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Named without its words: the page's title shows the name."""
        operation: Model | None = super().get_object(request, object_id, from_field)
        if isinstance(operation, ToolOperation):
            operation.summary = str(operation.pk)
        return operation


class JobEndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """An endpoint. Its headers go in and never come out: ``new_headers`` is always empty when the form is shown."""

    new_headers = forms.CharField(
        label="Headers", required=False, max_length=10_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    forget_headers = forms.BooleanField(label="Forget the stored headers", required=False)

    class Meta:
        model = JobEndpoint
        fields = ("name", "slug", "description", "url", "poll_url", "input_schema", "deadline", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = "Headers are stored; leave this empty to keep them." if self._has_headers else "No headers are stored."
        self.fields["new_headers"].help_text = f"One “Name: value” a line. {state}"

    @property
    def _has_headers(self) -> bool:
        return bool(getattr(self.instance, "has_headers", False))

    def clean(self) -> dict[str, Any]:
        """Stored headers go to the address that they were stored for: another one needs them again."""
        cleaned: dict[str, Any] = super().clean() or {}
        self._check("url", check_addresses, url=cleaned.get("url", ""), poll_url=cleaned.get("poll_url", ""))
        if cleaned.get("input_schema") is None:
            cleaned["input_schema"] = {}
        self._check("input_schema", check_input_schema, cleaned["input_schema"])
        self._check("new_headers", parse_headers, cleaned.get("new_headers", ""))
        moved = "url" in self.changed_data and self._has_headers
        if moved and not cleaned.get("new_headers") and not cleaned.get("forget_headers"):
            self.add_error(
                "new_headers", "The address has changed: enter the headers for it, or forget the stored ones."
            )
        return cleaned

    def _check(self, field: str, check: Callable[..., object], *args: object, **values: object) -> None:
        try:
            check(*args, **values)
        except InvalidInputError as error:
            named = str(error.details.get("field", field))
            self.add_error(named if named in self.fields else field, error.message)

    def save(self, commit: bool = True) -> JobEndpoint:
        """Take over new headers; otherwise the stored ones are neither read nor written."""
        if self.cleaned_data.get("new_headers"):
            self.instance.headers = self.cleaned_data["new_headers"]
        elif self.cleaned_data.get("forget_headers"):
            self.instance.headers = ""
        endpoint: JobEndpoint = super().save(commit)
        return endpoint


@admin.register(JobEndpoint)
class JobEndpointAdmin(SlugAdmin):
    """Where ``http_job`` starts jobs."""

    form = JobEndpointForm
    list_display = ("name", "slug", "url", "shown_headers", "deadline", "enabled")
    list_filter = ("enabled",)
    search_fields = ("name", "slug", "url")
    prepopulated_fields = {"slug": ("name",)}
    fields = (
        "name", "slug", "description", "url", "poll_url", "input_schema", "deadline", "new_headers", "forget_headers",
        "enabled",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobEndpoint]:
        """Knows whether there are headers, without reading them."""
        has_headers = ExpressionWrapper(~Q(headers=""), output_field=BooleanField())
        return JobEndpoint.objects.defer("headers").annotate(has_headers=has_headers)

    @display(description="Headers", boolean=True)
    def shown_headers(self, endpoint: JobEndpoint) -> bool:
        """Whether there are any."""
        return bool(getattr(endpoint, "has_headers", False))
