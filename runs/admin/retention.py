"""Admin of what is not kept: policies with what they did, and people who are erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from coday.accounts.admin import UserAdmin
from coday.accounts.audit import Action, actor_of, record
from coday.accounts.erasure import is_last_superuser
from coday.accounts.models import User
from coday.edge.admin import HistoryAdmin
from coday.kernel.errors import CodayError
from runs.admin.publishing import publish
from runs.execution import erasing
from runs.models import Erasure, RetentionPolicy, RetentionReport
from runs.retention import erase
from runs.retention.errors import ErasureHeldUpError, LastSuperuserError
from runs.retention.policies import Conditions
from runs.retention.prune import apply
from runs.retention.selection import Plan, plan

PATIENCE = 10.0  # seconds that applying policies by hand may take


class TagsField(forms.CharField):
    """Names of tags, with commas between them."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """A list as text."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Text as a list, each name once."""
        return list(dict.fromkeys(name.strip() for name in (value or "").split(",") if name.strip()))


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A policy of the site. Every condition that is set has to hold; one is needed at least."""

    tags = TagsField(required=False, help_text="With commas between them: one of them is on the run.")
    without_tags = TagsField(required=False, help_text="With commas between them: none of them is on the run.")

    class Meta:
        model = RetentionPolicy
        fields = (
            "name", "enabled", "older_than_days", "importance_below", "tags", "without_tags", "larger_than", "only_archived",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse what every run would meet."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            names = [name for name in cleaned if name not in ("name", "enabled")]
            try:
                Conditions.given({name: cleaned[name] for name in names}).ensure_some()
            except CodayError as error:
                self.add_error(None, error.message)
        if cleaned.get("older_than_days") == 0:
            self.add_error("older_than_days", "At least one day.")
        return cleaned


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(ModelAdmin):
    """The policies of the site can be changed here, those of people are theirs. Try one before it is applied."""

    form = PolicyForm
    list_display = ("name", "whose", "enabled", "older_than_days", "importance_below", "only_archived", "last_run_at")
    list_filter = ("enabled", ("owner", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    actions = ("try_out", "apply_now")

    @display(description="Whose")
    def whose(self, policy: RetentionPolicy) -> str:
        """Its person's, or the site's."""
        return policy.owner.username if policy.owner else "The site's"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What a person wants for their own runs is theirs to change."""
        is_personal = isinstance(obj, RetentionPolicy) and obj.owner_id is not None
        return not is_personal and super().has_change_permission(request, obj)

    @admin.action(description="Try the chosen policies out: nothing is changed", permissions=["change"])
    def try_out(self, request: HttpRequest, policies: QuerySet[RetentionPolicy]) -> None:
        """Tell what each would do now."""
        for policy in policies:
            found = plan(conditions=Conditions.of(policy), owner_id=policy.owner_id)
            self.message_user(request, f"{policy.name}: {_in_words(found)}")

    @admin.action(description="Apply the chosen policies now", permissions=["change"])
    def apply_now(self, request: HttpRequest, policies: QuerySet[RetentionPolicy]) -> None:
        """Take the words out of what meets them: the site's alone."""
        for policy in policies:
            if policy.owner_id is not None:
                self.message_user(request, f"{policy.name}: it is its person's to apply.", messages.WARNING)
                continue
            applied, _ = apply(policy, seconds=PATIENCE)
            for pruned in applied.pruned:
                publish(pruned.events, owner_id=pruned.owner_id)
            rest = "" if applied.complete else " There is more: apply it again, or let it apply by itself."
            told = (
                f"{policy.name}: {applied.runs} runs, {filesizeformat(applied.bytes)}; {applied.spared} spared.{rest}"
            )
            self.message_user(request, told)


def _in_words(found: Plan) -> str:
    spared = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in found.spared.items()) or "none"
    return f"{found.runs} runs, {filesizeformat(found.bytes)} would go; spared: {spared}."


@admin.register(RetentionReport)
class RetentionReportAdmin(HistoryAdmin):
    """What policies did."""

    list_display = ("created_at", "policy", "runs", "bytes", "spared")
    list_display_links = ("created_at",)
    list_select_related = ("policy",)
    list_filter = ("created_at",)


@admin.register(Erasure)
class ErasureAdmin(HistoryAdmin):
    """Who was erased: pseudonyms, figures, and their digests. Whom one goes on for is not shown."""

    list_display = ("created_at", "pseudonym", "finished_at", "digest")
    list_display_links = ("created_at",)
    fields = ("created_at", "pseudonym", "pseudonym_id", "finished_at", "report", "digest")
    search_fields = ("pseudonym", "=digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erasure]:
        """Without whom it is about: that is not even read."""
        return Erasure.objects.defer("subject")


# --- Erasing a person -----------------------------------------------------------------------------------------------


class EraseForm(forms.Form):
    """Asks for the name of whom to erase, so that nobody is by a slip."""

    confirm = forms.CharField(
        label="Username", widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}), help_text="To be sure."
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = person

    def clean_confirm(self) -> str:
        """The very name."""
        given = str(self.cleaned_data["confirm"])
        if given != self._person.username:
            raise forms.ValidationError("This is not the username.")
        return given


admin.site.unregister(User)


@admin.register(User)
class ErasableUserAdmin(UserAdmin):
    """People and programs, who can be erased for good by whoever has the right to do that."""

    actions = ("erase_for_good",)
    self_told = ("erase_for_good",)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """A right of its own."""
        return bool(request.user.has_perm("runs.erase_people"))

    @admin.action(description="Erase the chosen person for good", permissions=["erase"])
    def erase_for_good(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """A page that asks for the name; then the report, or why not."""
        person = people.first()
        if person is None or people.count() != 1:
            self.message_user(request, "Choose one person.", messages.ERROR)
            return None
        form = EraseForm(request.POST if "apply" in request.POST else None, person=person)
        if form.is_valid():
            try:
                self._erase(request, person)
            except CodayError as error:
                form.add_error(None, error.message)
            else:
                return None
        context = {**self.admin_site.each_context(request), "title": f"Erase {person.username}", "opts": self.opts}
        context |= {"form": form, "person": person, "checkbox": ACTION_CHECKBOX_NAME}
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)

    def _erase(self, request: HttpRequest, person: User) -> None:
        if person.is_superuser and not getattr(request.user, "is_superuser", False):
            raise LastSuperuserError("Only a superuser may erase a superuser.")
        if person.pk == request.user.pk or is_last_superuser(user_id=person.pk):
            raise LastSuperuserError("You cannot erase yourself here, nor the last superuser.")
        by = actor_of(request)
        erasure = erase.begin(user_id=person.pk)
        record(action=Action.ACTED, by=by, about=erasure, details={"action": "erase_for_good"})
        try:
            done = erasing.finish(erasure, by=by)
        except ErasureHeldUpError:
            self.message_user(request, f"Erasing goes on by itself, as {erasure.pseudonym}.", messages.WARNING)
            return
        self.message_user(request, f"Erased. What is left in bills is {done.pseudonym}; the report is {done.digest}.")
