"""Admin of MCP servers. ``runs.admin`` registers it, with a test of the connection."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from coday.edge.admin import SlugAdmin
from coday.kernel.errors import InvalidInputError
from coday.kernel.guarded.targets import parse_target
from skills.mcp import parse_headers
from skills.models import McpServer

# What stands before "__" in the names of tools may not hold one itself; there have to be characters left for the rest.
_SLUG = re.compile(r"[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*")


class McpServerForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A server. Its headers go in and never come out: ``new_headers`` is always empty when the form is shown."""

    command = forms.ChoiceField(
        required=False, widget=UnfoldAdminSelectWidget, help_text="What the operator allows in CODAY_MCP_COMMANDS."
    )
    new_headers = forms.CharField(
        label="Headers", required=False, max_length=10_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    forget_headers = forms.BooleanField(label="Forget the stored headers", required=False)

    class Meta:
        model = McpServer
        fields = ("name", "slug", "description", "transport", "url", "command", "timeout", "ask_first", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = "Headers are stored; leave this empty to keep them." if self._has_headers else "No headers are stored."
        self.fields["new_headers"].help_text = f"One “Name: value” a line. {state}"
        command = self.fields["command"]
        if isinstance(command, forms.ChoiceField):
            names = sorted({*settings.CODAY_MCP_COMMANDS, *filter(None, [self.instance.command])})
            command.choices = [("", "---------"), *((name, name) for name in names)]

    @property
    def _has_headers(self) -> bool:
        return bool(getattr(self.instance, "has_headers", False))

    def clean(self) -> dict[str, Any]:
        """Stored headers go to the address that they were stored for: another one needs them again."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("transport") == McpServer.Transport.HTTP:
            self._check("url", parse_target, cleaned.get("url") or "")
        elif not cleaned.get("command"):
            self.add_error("command", "A stdio server is one of the operator's commands.")
        if cleaned.get("slug") and not _SLUG.fullmatch(cleaned["slug"]):
            self.add_error("slug", "Use letters, digits and hyphens; single underscores inside.")
        self._check("new_headers", parse_headers, cleaned.get("new_headers") or "")
        moved = self._has_headers and {"url", "transport"} & set(self.changed_data)
        if moved and not cleaned.get("new_headers") and not cleaned.get("forget_headers"):
            self.add_error(
                "new_headers", "The address has changed: enter the headers for it, or forget the stored ones."
            )
        return cleaned

    def _check(self, field: str, check: Callable[[str], object], value: str) -> None:
        try:
            check(value)
        except InvalidInputError as error:
            self.add_error(field, error.message)

    def save(self, commit: bool = True) -> McpServer:
        """Take over new headers; otherwise the stored ones are neither read nor written."""
        if self.cleaned_data.get("new_headers"):
            self.instance.headers = self.cleaned_data["new_headers"]
        elif self.cleaned_data.get("forget_headers"):
            self.instance.headers = ""
        server: McpServer = super().save(commit)
        return server


class McpServerAdmin(SlugAdmin):
    """Servers of tools that others run."""

    form = McpServerForm
    list_display = (
        "name", "slug", "transport", "url", "command", "shown_headers", "ask_first", "refreshed_at", "enabled",
    )  # fmt: skip
    list_filter = ("transport", "enabled", "ask_first")
    search_fields = ("name", "slug", "url", "command")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("refreshed_at",)
    fields = (
        "name", "slug", "description", "transport", "url", "command", "new_headers", "forget_headers", "timeout",
        "ask_first", "enabled", "refreshed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpServer]:
        """Knows whether there are headers, without reading them."""
        has_headers = ExpressionWrapper(~Q(headers=""), output_field=BooleanField())
        return McpServer.objects.defer("headers").annotate(has_headers=has_headers)

    @display(description="Headers", label={"set": "success", "not set": "info"})
    def shown_headers(self, server: McpServer) -> str:
        """Set or not set; never the headers."""
        return "set" if getattr(server, "has_headers", False) else "not set"
