"""Admin of runs: what ran, for whom, how it ended and what it cost; and how it is put in order, many at once.

What was said is not shown, and neither are titles, which say as much: they are in the conversation, which is read with
a permission of its own and leaves its line in the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import display

from coday.accounts.audit import Action, actor_of, record
from coday.edge.admin import HistoryAdmin
from coday.kernel.errors import CodayError
from runs.admin.analytics import AnalyticsPages
from runs.admin.forms import OrderForm
from runs.admin.publishing import publish
from runs.models import Run, RunTag
from runs.organize.many import change_runs_of_all
from threads.covering import covering_now

MOST_AT_ONCE = 1_000
MOST_OFFERED = 100  # tags in the filter
MAX_LISTED = 100  # ids in the audit log

Lookups = Sequence[tuple[str, str]]


class _Filter(admin.SimpleListFilter):
    """Of fixed choices, each with its condition."""

    choices_of: dict[str, tuple[str, Q]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        """Django's contract."""
        return [(name, label) for name, (label, _) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Django's contract."""
        chosen = self.choices_of.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class ImportanceFilter(_Filter):
    """How much they matter, and by whose word."""

    title = "importance"
    parameter_name = "importance_is"
    choices_of = {
        "high": ("75 to 100", Q(importance__gte=75)),
        "raised": ("50 to 74", Q(importance__gte=50, importance__lt=75)),
        "lowered": ("25 to 49", Q(importance__gte=25, importance__lt=50)),
        "low": ("0 to 24", Q(importance__lt=25)),
        "person": ("a person's word", Q(importance_by=Run.ImportanceBy.PERSON)),
    }


class CostFilter(_Filter):
    """What they cost, in their currency."""

    title = "cost"
    parameter_name = "cost_is"
    choices_of = {
        "unknown": ("unknown", Q(cost__isnull=True)),
        "nothing": ("nothing", Q(cost=0)),
        "some": ("up to 0.10", Q(cost__gt=0, cost__lt=Decimal("0.1"))),
        "more": ("0.10 to 1", Q(cost__gte=Decimal("0.1"), cost__lt=1)),
        "much": ("1 and more", Q(cost__gte=1)),
    }


class GroupFilter(_Filter):
    """Whether they are in a group."""

    title = "group"
    parameter_name = "grouped"
    choices_of = {"yes": ("in a group", Q(group__isnull=False)), "no": ("in none", Q(group__isnull=True))}


class TagFilter(admin.SimpleListFilter):
    """The tags of all people, by their names."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        """Django's contract."""
        names = RunTag.objects.order_by("name").values_list("name", flat=True).distinct()
        return [(name, name) for name in names[:MOST_OFFERED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Django's contract."""
        name = self.value()
        tags = RunTag.objects.filter(name=name)
        return queryset.filter(pk__in=Run.objects.filter(taggings__tag__in=tags).values("pk")) if name else queryset


@admin.register(Run)
class RunAdmin(AnalyticsPages, HistoryAdmin):
    """Runs are history. What people put them in order with can be changed, for many at once."""

    list_display = (
        "created_at", "username", "number", "shown_status", "kind", "trigger", "agent", "model", "shown_tags", "shown_group",
        "importance", "pinned", "error_code", "input_tokens", "output_tokens", "cost", "finished_at",
    )  # fmt: skip
    list_filter = (
        "status", "kind", "trigger", TagFilter, GroupFilter, ImportanceFilter, "pinned", CostFilter, "agent", "model",
        "error_code", ("deleted_at", admin.EmptyFieldListFilter), "created_at",
    )  # fmt: skip
    list_select_related = ("group",)
    search_fields = ("=id", "=thread__id", "=group__id", "username", "error_code")
    exclude = ("key", "input_digest", "title", "error_message")
    date_hierarchy = "created_at"
    actions = ("put_in_order",)
    self_told = ("put_in_order",)

    @display(
        description="Status",
        ordering="status",
        label={
            "completed": "success",
            "failed": "danger",
            "interrupted": "warning",
            "running": "info",
            "waiting": "info",
        },
    )
    def shown_status(self, run: Run) -> str:
        """In colour."""
        return run.status

    @display(description="Tags")
    def shown_tags(self, run: Run) -> str:
        """Their names."""
        return ", ".join(run.tags)

    @display(description="Group", ordering="group__name")
    def shown_group(self, run: Run) -> str:
        """Its name."""
        return run.group.name if run.group else ""

    def has_organize_permission(self, request: HttpRequest) -> bool:
        """Who may change runs may put them in order. The form of a run stays closed."""
        return bool(request.user.has_perm("runs.change_run"))

    @admin.action(description="Put the chosen runs in order", permissions=["organize"])
    def put_in_order(self, request: HttpRequest, runs: QuerySet[Run]) -> HttpResponse | None:
        """A page that asks for tags, importance, pin and group; then all of it, or the reason why nothing was changed."""
        count = runs.count()
        if count > MOST_AT_ONCE:
            self.message_user(request, f"Choose at most {MOST_AT_ONCE} runs at once, not {count}.", messages.ERROR)
            return None
        form = OrderForm(request.POST if "apply" in request.POST else None, runs=runs)
        if form.is_valid():
            try:
                self._change(request, runs, form.changes())
            except CodayError as error:
                form.add_error(None, error.message)
            else:
                self.message_user(request, f"Runs put in order: {count}.", messages.SUCCESS)
                return None
        context = {**self.admin_site.each_context(request), "title": f"Put {count} runs in order", "opts": self.opts}
        context |= {
            "form": form,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "everything": request.POST.get("select_across", ""),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/runs/run/order.html", context)

    def _change(self, request: HttpRequest, runs: QuerySet[Run], changes: dict[str, Any]) -> None:
        """As each run's own person would do it."""
        owned = list(runs.values_list("pk", "thread__owner_id"))
        note = partial(
            record,
            action=Action.CHANGED,
            by=actor_of(request),
            fields=sorted(changes),
            details={
                "of": self.opts.label_lower,
                "objects": [str(pk) for pk, _ in owned[:MAX_LISTED]],
                "count": len(owned),
            },
        )
        told = covering_now(partial(change_runs_of_all, owned=owned, changes=changes, note=note))
        for owner_id, events in told.items():
            publish(events, owner_id=owner_id)
