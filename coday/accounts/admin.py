"""Admin of users and API tokens, and the audit log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from coday.accounts.audit import actor_of
from coday.accounts.export import as_csv, as_json_lines, download
from coday.accounts.models import ApiToken, AuditRecord, User
from coday.accounts.operations import create_token, revoke_token
from coday.edge.admin import HistoryAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Groups of users and their permissions in the admin."""


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """People and programs that log in. They are switched off, not deleted: their threads may be running."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    ordering = ("username",)
    readonly_fields = ("last_login", "date_joined")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Untick "active" instead."""
        return False


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What is decided about a token before it is made."""

    class Meta:
        model = ApiToken
        fields = ("user", "name", "expires_at")


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """Bearer tokens. A new one is shown once; an old one can be revoked."""

    form = ApiTokenForm
    autocomplete_fields = ("user",)
    list_display = ("name", "user", "prefix", "state", "last_used_at", "expires_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)

    @display(description="State", label={"works": "success", "expired": "warning", "revoked": "danger"})
    def state(self, token: ApiToken) -> str:
        """Whether it still opens a door."""
        if token.revoked_at:
            return "revoked"
        return "expired" if token.expires_at and token.expires_at <= timezone.now() else "works"

    @admin.action(description="Revoke the chosen tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        """Ends them."""
        for token in tokens:
            revoke_token(user_id=token.user_id, token_id=token.pk, by=actor_of(request))
        self.message_user(request, "The tokens were revoked.")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token."""
        made, obj.clear = create_token(user=obj.user, name=obj.name, expires_at=obj.expires_at, by=actor_of(request))
        obj.pk, obj.prefix, obj.digest = made.pk, made.prefix, made.digest

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Show the token, in this answer only: it goes into no message, cookie or address."""
        context = {**self.admin_site.each_context(request), "title": "New token", "token": obj, "opts": self.opts}
        return TemplateResponse(request, "admin/accounts/apitoken/created.html", context)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was made stays as it is; the action "revoke" asks for the right to change."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Revoked tokens stay, to be seen."""
        return False


@admin.register(AuditRecord)
class AuditRecordAdmin(HistoryAdmin):
    """Who did what to the installation. Nothing is added, changed or deleted here; what is chosen can be taken along."""

    list_display = ("created_at", "actor", "address", "action", "object_type", "object_label", "changed")
    list_filter = ("action", "object_type", "created_at")
    search_fields = ("actor", "address", "object_label", "=object_id")
    date_hierarchy = "created_at"
    actions = ("export_csv", "export_json_lines")

    @display(description="Fields")
    def changed(self, row: AuditRecord) -> str:
        """Their names."""
        return ", ".join(row.fields)

    @admin.action(description="Export as CSV")
    def export_csv(self, request: HttpRequest, rows: QuerySet[AuditRecord]) -> HttpResponseBase:
        """The chosen records as a table."""
        return download(as_csv(rows), name="audit.csv", media_type="text/csv")

    @admin.action(description="Export as JSON lines")
    def export_json_lines(self, request: HttpRequest, rows: QuerySet[AuditRecord]) -> HttpResponseBase:
        """The chosen records, an object per line."""
        return download(as_json_lines(rows), name="audit.jsonl", media_type="application/x-ndjson")
