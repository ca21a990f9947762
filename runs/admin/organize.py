"""Admin of what people put runs in order with: tags and groups, of all people."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from coday.accounts.queries import usernames
from coday.kernel.errors import CodayError
from runs.admin.publishing import publish
from runs.models import RunGroup, RunTag
from runs.organize import groups, tags
from threads.covering import covering_now

NOT_REMOVED = Q(taggings__run__deleted_at__isnull=True)


class _WrittenElsewhere(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What is saved goes the way that the person's own change goes: a reason against it is the form's error."""

    def write(self) -> None:
        """Have it written, and told."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs do not know it
        if not self.errors and self.changed_data:
            try:
                self.write()
            except CodayError as error:
                self.add_error(None, error.message)


class RunTagForm(_WrittenElsewhere):
    """A tag of somebody's."""

    class Meta:
        model = RunTag
        fields = ("name", "color")

    def clean_name(self) -> str:
        """In one line, without a comma."""
        name = " ".join(self.cleaned_data["name"].split())
        if "," in name:
            raise forms.ValidationError("A tag has no comma.")
        return name

    def write(self) -> None:
        """On all that carries the tag."""
        tag = self.instance
        changes = {name: self.cleaned_data[name] for name in self.changed_data}
        change = partial(tags.change_tag, user_id=tag.user_id, tag_id=tag.pk, **changes)
        _, events = covering_now(change)
        publish(events, owner_id=tag.user_id)


class _WithoutAdding(ModelAdmin):
    """What people make where they chat. It is changed and deleted here, as they would do it."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They make it themselves."""
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """The form has written it."""

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One after another."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(RunTag)
class RunTagAdmin(_WithoutAdding):
    """The tags of all people."""

    form = RunTagForm
    list_display = ("name", "color", "person", "runs")
    list_filter = ("color",)
    search_fields = ("name", "=user_id")
    readonly_fields = ("person", "runs")
    fields = ("name", "color", "person", "runs")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunTag]:
        """With how many runs carry each."""
        return RunTag.objects.annotate(count=Count("taggings", filter=NOT_REMOVED))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[RunTag], search_term: str
    ) -> tuple[QuerySet[RunTag], bool]:
        """By name, or by whose they are."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        people = usernames(called=search_term) if search_term else {}
        return found | queryset.filter(user_id__in=people), duplicates

    @display(description="Person", ordering="user_id")
    def person(self, tag: RunTag) -> str:
        """Whose it is."""
        return usernames(ids=[tag.user_id]).get(tag.user_id, "")

    @display(description="Runs", ordering="count")
    def runs(self, tag: RunTag) -> int:
        """How many carry it."""
        return int(getattr(tag, "count", 0))

    def delete_model(self, request: HttpRequest, obj: RunTag) -> None:
        """Take it off all that carries it."""
        events = tags.delete_tag(user_id=obj.user_id, tag_id=obj.pk)
        publish(events, owner_id=obj.user_id)


class RunGroupForm(_WrittenElsewhere):
    """A group of a thread's runs."""

    class Meta:
        model = RunGroup
        fields = ("name", "folded")

    def write(self) -> None:
        """As its person would."""
        owner_id = self.instance.thread.owner_id
        changes = {name: self.cleaned_data[name] for name in self.changed_data}
        change = partial(groups.change_group, user_id=owner_id, group_id=self.instance.pk, **changes)
        _, events = covering_now(change)
        publish(events, owner_id=owner_id)


@admin.register(RunGroup)
class RunGroupAdmin(_WithoutAdding):
    """The groups of all people's threads."""

    form = RunGroupForm
    list_display = ("name", "thread_id", "person", "runs", "folded", "created_at")
    list_filter = ("folded", "created_at")
    list_select_related = ("thread__owner",)
    search_fields = ("name", "=id", "=thread__id", "thread__owner__username")
    readonly_fields = ("thread_id", "person", "runs", "created_at")
    fields = ("name", "folded", "thread_id", "person", "runs", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunGroup]:
        """With how many runs are in each."""
        there = Count("runs", filter=Q(runs__deleted_at__isnull=True))
        return RunGroup.objects.select_related("thread__owner").annotate(count=there)

    @display(description="Person", ordering="thread__owner__username")
    def person(self, group: RunGroup) -> str:
        """Whose thread it is."""
        return group.thread.owner.username

    @display(description="Runs", ordering="count")
    def runs(self, group: RunGroup) -> int:
        """How many are in it."""
        return int(getattr(group, "count", 0))

    def delete_model(self, request: HttpRequest, obj: RunGroup) -> None:
        """Its runs stay."""
        owner_id = obj.thread.owner_id
        publish(groups.delete_group(user_id=owner_id, group_id=obj.pk), owner_id=owner_id)
