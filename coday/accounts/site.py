"""The admin site: every page of it writes the audit log, and its login is throttled as the others are.

A ``ModelAdmin`` need not think of it: whatever is registered here becomes an ``AuditedAdmin``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from unfold.sites import UnfoldAdminSite

from coday.accounts.audit import Action, actor_of, record
from coday.accounts.forms import AdminLoginForm, with_refusal

MAX_LISTED = 100  # ids of objects in the record of an action
DELETION = "delete_selected"  # it tells of each object that it deletes


class AuditedAdmin(ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Tells the audit log what it tells Django's own history, and which actions were carried out: all but those that a
    ``ModelAdmin`` names as ``self_told``, which tell what they did when they did it."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """A row was added."""
        record(action=Action.ADDED, by=actor_of(request), about=obj, details=self._pressed(request))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """A row was changed, in its form or in the list."""
        fields, pressed = _changed_fields(message), self._pressed(request)
        record(action=Action.CHANGED, by=actor_of(request), about=obj, fields=fields, details=pressed)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows will be deleted."""
        for row in queryset:
            record(action=Action.DELETED, by=actor_of(request), about=row)
        return super().log_deletions(request, queryset)

    def response_action(  # type: ignore[override]  # the stubs are those of the next Django
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> Any:
        """Carry out an action of the list."""
        name, chosen = request.POST.get("action", ""), request.POST.getlist(ACTION_CHECKBOX_NAME)
        everything = request.POST.get("select_across") == "1"
        told = name == DELETION or name in getattr(self, "self_told", ())
        if not told and name in self.get_actions(request) and (chosen or everything):
            details = {
                "action": name,
                "objects": "all" if everything else chosen[:MAX_LISTED],
                "of": self.opts.label_lower,
            }
            record(action=Action.ACTED, by=actor_of(request), details=details)
        return super().response_action(request, queryset)

    def _pressed(self, request: HttpRequest) -> dict[str, Any]:
        """The button that saved the row and did something more."""
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        pressed = [name for name in getattr(self, "actions_submit_line", ()) if prefix + name in request.POST]
        return {"action": pressed[0]} if pressed else {}


class AdminSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """Coday's admin."""

    login_form = AdminLoginForm

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register a model with its admin, made one that is audited."""
        super().register(model_or_iterable, _audited(admin_class or ModelAdmin), **options)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Who guesses gets 429."""
        return with_refusal(super().login(request, extra_context))


def _audited(admin_class: type[ModelAdmin[Any]]) -> type[ModelAdmin[Any]]:
    if issubclass(admin_class, AuditedAdmin):
        return admin_class
    return type(admin_class.__name__, (AuditedAdmin, admin_class), {"__module__": admin_class.__module__})


def _changed_fields(message: Any) -> list[str]:
    """The names in a message that ``construct_change_message`` made."""
    entries = message if isinstance(message, list) else []
    found = (kind.get("fields", ()) for entry in entries if isinstance(entry, dict) for kind in entry.values())
    return sorted({str(name) for names in found for name in names})
