"""Forms of the admin of runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from runs.models import Run, RunGroup

MAX_TAG = 50  # characters

KEEP, YES, NO = "", "yes", "no"


class TagsField(forms.CharField):
    """Names of tags, with commas between them."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=1_000, **options)

    def clean(self, value: Any) -> Any:
        """The names."""
        names = [" ".join(name.split()) for name in super().clean(value).split(",")]
        if any(len(name) > MAX_TAG for name in names):
            raise forms.ValidationError(f"A tag has at most {MAX_TAG} characters.")
        return [name for name in names if name]


class OrderForm(forms.Form):
    """What becomes of several runs: what is left empty stays as it is."""

    add_tags = TagsField(label="Tags to add", help_text="With commas between them. Each person gets those they lack.")
    remove_tags = TagsField(label="Tags to take off", help_text="With commas between them.")
    weigh = forms.ChoiceField(
        label="Importance",
        required=False,
        choices=[(KEEP, "as it is"), ("person", "this number:"), ("score", "the automatic score again")],
        widget=UnfoldAdminSelectWidget,
    )
    importance = forms.IntegerField(
        label="Number", required=False, min_value=0, max_value=100, help_text="0 to 100.",
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
    pin = forms.ChoiceField(
        label="Pin",
        required=False,
        choices=[(KEEP, "as it is"), (YES, "pinned"), (NO, "not pinned")],
        widget=UnfoldAdminSelectWidget,
    )
    group = forms.ChoiceField(label="Group", required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, runs: QuerySet[Run], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        threads = list(runs.order_by().values_list("thread_id", flat=True).distinct()[:2])
        groups = RunGroup.objects.filter(thread__in=threads) if len(threads) == 1 else RunGroup.objects.none()
        named = [(str(group.pk), group.name) for group in groups]
        self.fields["group"].choices = [(KEEP, "as it is"), (NO, "none"), *named]  # type: ignore[attr-defined]
        if len(threads) != 1:
            self.fields["group"].help_text = "A group is one conversation's: to choose it, choose runs of one alone."

    def clean(self) -> dict[str, Any]:
        """A number that was asked for is there, and something is to be changed."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("weigh") == "person" and cleaned.get("importance") is None:
            self.add_error("importance", "Give a number from 0 to 100.")
        if not self.errors and not self.changes():
            self.add_error(None, "Nothing is to be changed.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """As ``runs.organize`` takes them."""
        said = self.cleaned_data
        changes: dict[str, Any] = {name: said[name] for name in ("add_tags", "remove_tags") if said.get(name)}
        if said["weigh"]:
            changes["importance"] = said["importance"] if said["weigh"] == "person" else None
        if said["pin"]:
            changes["pinned"] = said["pin"] == YES
        if said["group"]:
            changes["group"] = None if said["group"] == NO else said["group"]
        return changes
