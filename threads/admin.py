"""Admin of threads: what is known about conversations, not what was said in them; and what is kept from models."""

from __future__ import annotations

from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from agents.forms import LinesField
from coday.edge.admin import HistoryAdmin
from threads.admin_content import ReadableThreads
from threads.models import PrivacySettings, Thread
from threads.privacy.findings import CATEGORIES
from threads.privacy.service import glance, health


@admin.register(Thread)
class ThreadAdmin(ReadableThreads, HistoryAdmin):
    """Whose, when, with which agent. What was said is on a page of its own, for those who may read it. Deleting is up to the
    owner, elsewhere."""

    list_display = ("id", "owner", "agent", "model", "last_number", "anonymous", "archived", "created_at", "updated_at")
    list_filter = ("agent", "model", "anonymous", "archived", "created_at", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "owner__username")
    fields = (
        "id", "owner", "title_source", "agent", "model", "anonymous", "pinned", "archived", "head", "last_number", "last_seq",
        "created_at", "updated_at",
    )  # fmt: skip
    ordering = ("-updated_at",)


class PrivacySettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What counts as personal, and what becomes of it."""

    categories_off = forms.MultipleChoiceField(
        label="Categories that are not looked for",
        choices=[(category, category.replace("_", " ").capitalize()) for category in CATEGORIES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
    )
    trusted_tools = LinesField(
        label="Tools that are trusted with personal data",
        required=False,
        help_text="Names of tools, one in a line; server__* means all tools of an MCP server. They get real values.",
    )

    class Meta:
        model = PrivacySettings
        fields = (
            "new_threads", "images", "trusted_tools", "categories_off", "thresholds", "allow_words", "allow_patterns",
            "deny_words",
        )  # fmt: skip

    def clean_thresholds(self) -> dict[str, float]:
        """Of categories that there are. An empty field is no threshold."""
        thresholds: dict[str, float] = self.cleaned_data["thresholds"] or {}
        unknown = sorted(thresholds.keys() - set(CATEGORIES))
        if unknown:
            raise forms.ValidationError(f"There is no category {unknown[0]}. There are {', '.join(CATEGORIES)}.")
        return thresholds


@admin.register(PrivacySettings)
class PrivacySettingsAdmin(ModelAdmin):
    """One row for the site."""

    form = PrivacySettingsForm
    list_display = ("__str__", "new_threads", "images", "updated_at")
    readonly_fields = ("updated_at",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("new_threads", "images", "trusted_tools")}),
        (
            "What is personal",
            {"fields": ("categories_off", "thresholds", "allow_words", "allow_patterns", "deny_words")},
        ),
        (None, {"fields": ("updated_at",)}),
    )
    actions_list = ("try_out",)
    list_before_template = "admin/threads/privacysettings/analyzer.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With how the analyzer did lately, above the list."""
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "analyzer": glance()})
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return super().has_add_permission(request) and not PrivacySettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It can be emptied."""
        return False

    @action(description="Try whether personal data is found", url_path="check", permissions=["view"])
    def try_out(self, request: HttpRequest) -> HttpResponse:
        """Says how the analyzer does, in the list. The first answer may take some seconds."""
        found = async_to_sync(health)()
        self.message_user(request, found.detail, messages.SUCCESS if found.ok else messages.ERROR)
        return redirect("admin:threads_privacysettings_changelist")
