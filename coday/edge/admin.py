"""Bases of admin pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Field, Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget


class HistoryAdmin(ModelAdmin):
    """Rows that record what happened: they can be looked at and nothing else."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes history here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes it."""
        return False


class SentenceWidget(UnfoldAdminTextareaWidget):
    """A sentence or two that can be seen as a whole while they are written: stored in one line."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 3})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str | None:
        """Without the line breaks."""
        said = super().value_from_datadict(data, files, name)
        return None if said is None else " ".join(said.split())


class SlugAdmin(ModelAdmin):
    """Rows that are known by their slug: it is chosen when they are made, and stays."""

    sentences = ("description", "trigger")
    """Fields that hold a sentence or two."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Room for those."""
        if db_field.name in self.sentences:
            kwargs["widget"] = SentenceWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Adds the slug for rows that exist."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "slug") if obj is not None else fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        """None for a slug that cannot be changed."""
        return {} if obj is not None else dict(super().get_prepopulated_fields(request, obj))
