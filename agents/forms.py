"""Forms of the admin: an agent with its policies, the site's chat settings, and a file of agents to import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import (
    SELECT_CLASSES,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from agents.models import Agent, ChatSettings
from agents.snapshot import ToolPolicy
from agents.strict_yaml import MAX_CHARS
from agents.validators import POLICIES

POLICY_LABELS: Mapping[ToolPolicy, str] = {"allow": "allow", "ask": "ask first", "off": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """A tool that an agent may be given. ``policy`` holds where the agent says nothing."""

    name: str
    title: str
    description: str = ""
    policy: ToolPolicy = "off"


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        """The list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines as a list; empty ones do not count."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what the lines say."""
        return bool(self.to_python(data) != (initial or []))


# --- Policies -------------------------------------------------------------------------------------------------------


_NOT_IN_ROWS = ("appearance-none", "pr-8!", "errors")  # no arrow of their own; a bad line is not every row's fault


class PoliciesWidget(forms.Widget):
    """A row with a choice for each tool that is known, and lines of ``name: policy`` for the others."""

    template_name = "agents/policies.html"
    choices: Callable[[], Iterable[ToolChoice]] = staticmethod(tuple)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The rows, the other lines, and how they look."""
        policies: dict[str, str] = value if isinstance(value, dict) else {}
        choices = list(self.choices())
        known = {choice.name for choice in choices}
        others = UnfoldAdminTextareaWidget({"rows": 3})
        lines = "\n".join(f"{tool}: {policy}" for tool, policy in sorted(policies.items()) if tool not in known)
        context = super().get_context(name, None, attrs)
        context["rows"] = [_row(name, choice, policies.get(choice.name, "")) for choice in choices]
        looks = (one for one in SELECT_CLASSES if not any(part in one for part in _NOT_IN_ROWS))
        context["select_class"] = " ".join(looks)
        context["others"] = others.render(f"{name}-others", lines, {"id": f"id_{name}_others"})
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        """The policies that were chosen. A line of another form is kept for the validator to refuse."""
        chosen = {choice.name: str(data.get(f"{name}-{choice.name}") or "") for choice in self.choices()}
        lines = [line.strip() for line in str(data.get(f"{name}-others") or "").splitlines() if line.strip()]
        others = {tool.strip(): policy.strip() for tool, _, policy in (line.partition(":") for line in lines)}
        return {tool: policy for tool, policy in {**others, **chosen}.items() if policy or tool not in chosen}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Never: no choice is a choice."""
        return False

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """Each row has a label of its own."""
        return ""


def _row(name: str, choice: ToolChoice, policy: str) -> dict[str, Any]:
    by_itself = f"default: {POLICY_LABELS[choice.policy]}"
    options = [("", by_itself), *((one, POLICY_LABELS[one]) for one in POLICIES)]
    return {
        "tool": choice,
        "field": f"{name}-{choice.name}",
        "options": [{"value": value, "label": label, "selected": value == policy} for value, label in options],
    }


class PoliciesField(forms.Field):
    """The policies of an agent's tools, as an object."""

    widget = PoliciesWidget

    def __init__(self, *, choices: Callable[[], Iterable[ToolChoice]] = tuple, **options: Any) -> None:
        super().__init__(**{"required": False, **options})
        self.widget.choices = choices

    def to_python(self, value: Any) -> dict[str, str]:
        """The object; the model's validator looks at it."""
        return dict(value or {})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the objects."""
        return (initial or {}) != (data or {})


# --- Forms ----------------------------------------------------------------------------------------------------------


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """An agent; its suggestions as lines, its policies as rows."""

    suggestions = LinesField(required=False, help_text="First messages that the page offers, one per line.")
    tools = PoliciesField()

    class Meta:
        model = Agent
        fields = (
            "name", "slug", "icon", "description", "instructions", "suggestions", "language_model", "temperature", "top_p",
            "max_output_tokens", "tools", "mcp_servers", "delegates", "max_iterations", "max_seconds", "max_cost",
            "max_delegations", "max_depth", "retry_interrupted", "everyone", "groups", "position", "enabled",
        )  # fmt: skip
        help_texts: ClassVar = {
            "slug": "What people write after @, and what programs call it. It stays as it is.",
            "description": "What it is for, in a sentence: for people, and for agents that may hand it a task.",
            "temperature": "From 0 to 2, the higher the more varied. Empty: as the provider has it.",
            "top_p": "Most people change this or the temperature. Empty: as the provider has it.",
            "mcp_servers": "Their tools, each as its server says, or as a line above says.",
            "max_seconds": "Seconds of work of one run. Empty: no limit.",
            "max_cost": "Of one run, in the currency of its model. Empty: no limit.",
            "position": "Its place among the agents that are offered, lowest first.",
        }

    def clean_delegates(self) -> Any:
        """An agent hands no task to itself."""
        chosen = self.cleaned_data["delegates"]
        if self.instance.pk and any(other.pk == self.instance.pk for other in chosen):
            raise forms.ValidationError("An agent hands no task to itself.")
        return chosen


class SiteSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The site's chat settings; tools as lines."""

    tools_off = LinesField(
        label="Tools that are off",
        required=False,
        help_text="Names, one per line. No agent may call them, whatever its own policies say.",
    )

    class Meta:
        model = ChatSettings
        fields = (
            "system_prompt",
            "agent",
            "language_model",
            "language",
            "send_key",
            "theme",
            "memory",
            "anonymous",
            "tools_off",
        )


class ImportForm(forms.Form):
    """A file of agents."""

    file = forms.FileField(label="File", widget=UnfoldAdminFileFieldWidget, help_text="YAML, as it was exported.")
    dry_run = forms.BooleanField(
        label="Only look", required=False, widget=UnfoldBooleanSwitchWidget, help_text="Say what would be done."
    )

    def clean_file(self) -> str:
        """The file's text."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > 4 * MAX_CHARS:
            raise forms.ValidationError("The file is too large.")
        try:
            return str(file.read().decode())
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is no text in UTF-8.") from error
