"""Admin of the site's skills and their sources. What people make for themselves is their own and not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from coday.edge.admin import SlugAdmin
from coday.kernel.errors import CodayError
from skills.models import Skill, SkillSource
from skills.operations import Reading, add_source, read_file, read_page, refresh_page

Readings: TypeAlias = Mapping[str, Reading | CodayError]
"""What was read for each new row of the form, by its prefix, or why it could not be."""

_NEW_SOURCE = re.compile(r"(sources-\d{1,3})-(?:upload|url)")


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A new source: a file, or the address of a page. It was read before the form is looked at."""

    readings: Readings = {}

    title = forms.CharField(required=False, max_length=200, widget=UnfoldAdminTextInputWidget)
    upload = forms.FileField(
        required=False, widget=UnfoldAdminFileFieldWidget, help_text="Text, Markdown, HTML, PDF or DOCX."
    )

    class Meta:
        model = SkillSource
        fields = ("title", "url")

    def clean(self) -> dict[str, Any]:
        """A file or an address, that could be read."""
        cleaned = super().clean() or {}
        read = self.readings.get(str(self.prefix))
        if isinstance(read, CodayError):
            self.add_error("upload" if cleaned.get("upload") else "url", read.message)
        elif read is None:
            self.add_error(None, "Choose a file, or give the address of a page.")
        return cleaned

    def reading(self) -> Reading | None:
        """What was read for this row."""
        read = self.readings.get(str(self.prefix))
        return read if isinstance(read, Reading) else None


class SourceInline(TabularInline):
    """The sources of a skill: added and deleted, never rewritten."""

    model = SkillSource
    form = SourceForm
    extra = 0
    fields = ("title", "upload", "url", "kind", "characters", "fetched_at", "error")
    readonly_fields = ("kind", "characters", "fetched_at", "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SkillSource]:
        """Their texts may be long, and are not shown."""
        sources: QuerySet[SkillSource] = super().get_queryset(request)
        return sources.defer("text")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A source that is there can be deleted."""
        return False

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        """Its forms know what was read."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.form = type("SourceForm", (formset.form,), {"readings": getattr(request, "readings", {})})
        return formset


@admin.register(Skill)
class SkillAdmin(SlugAdmin):
    """The site's knowledge on demand."""

    list_display = ("name", "slug", "trigger", "everyone", "enabled", "updated_at")
    list_filter = ("enabled", "everyone", "groups")
    search_fields = ("name", "slug", "trigger")
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("groups", "mcp_servers")
    fieldsets = (
        (None, {"fields": ("name", "slug", "trigger", "instructions", "mcp_servers")}),
        ("Who may use it", {"fields": ("everyone", "groups", "enabled")}),
    )
    inlines = (SourceInline,)
    actions = ("fetch_pages",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Skill]:
        """Those without an owner."""
        return Skill.objects.filter(owner=None)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Read the new sources before the admin opens its transaction, in which nobody may be waited for."""
        if request.method == "POST" and self._may_write(request):
            request.readings = _read_all(request)  # type: ignore[attr-defined]
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return answer

    def _may_write(self, request: HttpRequest) -> bool:
        return bool(self.has_change_permission(request) or self.has_add_permission(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Store what was read, with its passages."""
        formset.save(commit=False)
        for source in formset.deleted_objects:
            source.delete()
        formset.new_objects = []
        for row in formset.extra_forms:
            if row.has_changed() and row not in formset.deleted_forms and (reading := row.reading()):
                formset.new_objects.append(add_source(skill=form.instance, reading=reading))

    @admin.action(description="Fetch the pages among their sources again", permissions=["change"])
    def fetch_pages(self, request: HttpRequest, skills: QuerySet[Skill]) -> None:
        """Each page by itself: one that cannot be fetched keeps its text."""
        pages = SkillSource.objects.filter(skill__in=skills, kind=SkillSource.Kind.PAGE).select_related("skill")
        for page in pages.defer("text"):
            try:
                refresh_page(skill=page.skill, source_id=page.pk)
            except CodayError as error:
                messages.error(request, f"{page.title}: {error.message}")
            else:
                messages.success(request, f"{page.title} was fetched again.")


def _read_all(request: HttpRequest) -> Readings:
    """What the new rows of the form are about."""
    rows = (match[1] for name in (*request.FILES, *request.POST) if (match := _NEW_SOURCE.fullmatch(str(name))))
    prefixes = list(dict.fromkeys(rows))[: settings.CODAY_MAX_SKILL_SOURCES]
    return {prefix: read for prefix in prefixes if (read := _read(request, prefix)) is not None}


def _read(request: HttpRequest, prefix: str) -> Reading | CodayError | None:
    file, url = request.FILES.get(f"{prefix}-upload"), request.POST.get(f"{prefix}-url", "").strip()
    title = request.POST.get(f"{prefix}-title", "").strip()[:200]
    try:
        if file is not None:
            return read_file(content=file.read(), name=file.name or "", title=title)
        return read_page(url=url, title=title) if url else None
    except CodayError as error:
        return error
