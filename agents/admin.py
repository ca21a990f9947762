"""Admin of providers, models, agents and the site's chat settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from agents.models import Agent, ChatSettings, LanguageModel, Provider
from agents.operations import make_default_agent, make_default_model
from coday.edge.admin import SlugAdmin


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A provider. Its key goes in and never comes out: ``new_key`` is always empty when the form is shown."""

    new_key = forms.CharField(
        label="API key",
        required=False,
        strip=True,
        max_length=2000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    forget_key = forms.BooleanField(label="Forget the stored key", required=False)

    class Meta:
        model = Provider
        fields = ("name", "slug", "kind", "base_url", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = "A key is stored; leave this empty to keep it." if self._has_key else "No key is stored."
        self.fields["new_key"].help_text = state

    @property
    def _has_key(self) -> bool:
        return bool(getattr(self.instance, "has_key", False))

    def clean(self) -> dict[str, Any]:
        """A stored key goes to the address that it was stored for: another address needs it again."""
        cleaned = super().clean() or {}
        moved = "base_url" in self.changed_data and self._has_key
        if moved and not cleaned.get("new_key") and not cleaned.get("forget_key"):
            self.add_error("new_key", "The address has changed: enter the key for it, or forget the stored one.")
        if cleaned.get("kind") not in (None, Provider.Kind.DEMO) and not cleaned.get("base_url", "-"):
            self.add_error("base_url", "This kind of provider has an address.")
        return cleaned

    def save(self, commit: bool = True) -> Provider:
        """Take over a new key; otherwise the stored one is neither read nor written."""
        if self.cleaned_data.get("new_key"):
            self.instance.api_key = self.cleaned_data["new_key"]
        elif self.cleaned_data.get("forget_key"):
            self.instance.api_key = ""
        provider: Provider = super().save(commit)
        return provider


class ProviderAdmin(SlugAdmin):
    """Where models are reached. ``runs.admin`` registers it, with a test of the connection."""

    form = ProviderForm
    list_display = ("name", "slug", "kind", "base_url", "shown_key", "source", "enabled")
    list_filter = ("kind", "source", "enabled")
    search_fields = ("name", "slug", "base_url")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("source",)
    fields = ("name", "slug", "kind", "base_url", "new_key", "forget_key", "max_runs", "source", "enabled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        """Knows whether there is a key, without reading it."""
        has_key = ExpressionWrapper(~Q(api_key=""), output_field=BooleanField())
        return Provider.objects.defer("api_key").annotate(has_key=has_key)

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """No way to a key that the environment owns."""
        if _is_from_environment(obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What the environment owns is changed there."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "kind", "base_url", "shown_key") if _is_from_environment(obj) else fields

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A key from the environment can only be seen to be there."""
        if _is_from_environment(obj):
            return ("name", "slug", "kind", "base_url", "shown_key", "max_runs", "source", "enabled")
        return self.fields if obj else tuple(field for field in self.fields if field != "forget_key")

    @display(description="Key", label={"set": "success", "not set": "info"})
    def shown_key(self, provider: Provider) -> str:
        """Set or not set; never the key."""
        return "set" if getattr(provider, "has_key", False) else "not set"


@admin.register(LanguageModel)
class LanguageModelAdmin(SlugAdmin):
    """What a model can do, how much fits into it, what it costs."""

    list_display = (
        "label", "slug", "provider", "context_window", "vision", "tools", "reasoning", "input_price", "output_price",
        "enabled", "is_default",
    )  # fmt: skip
    list_filter = ("provider", "enabled", "is_default", "vision", "tools", "reasoning")
    list_select_related = ("provider",)
    search_fields = ("label", "slug", "name")
    prepopulated_fields = {"slug": ("label",)}
    readonly_fields = ("is_default",)
    fieldsets = (
        (None, {"fields": ("label", "slug", "provider", "name", "enabled", "is_default")}),
        ("Abilities", {"fields": ("context_window", "output_limit", "vision", "tools", "reasoning")}),
        ("Prices per million tokens", {"fields": ("currency", "input_price", "cached_input_price", "output_price")}),
        ("Patience", {"fields": ("first_byte_timeout", "chunk_timeout")}),
    )
    actions_submit_line = ("make_default",)

    @action(description="Save and make default")
    def make_default(self, request: HttpRequest, obj: LanguageModel) -> None:
        """The model of agents that name none."""
        make_default_model(model=obj)
        messages.success(request, f"{obj.label} is the default model now.")


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


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """An agent; its suggestions as lines."""

    suggestions = LinesField(required=False, help_text="First messages that the page offers, one per line.")

    class Meta:
        model = Agent
        fields = (
            "name", "slug", "description", "instructions", "suggestions", "language_model", "temperature",
            "max_iterations", "retry_interrupted", "position", "enabled",
        )  # fmt: skip


@admin.register(Agent)
class AgentAdmin(SlugAdmin):
    """Who answers."""

    form = AgentForm
    list_display = ("name", "slug", "description", "language_model", "position", "enabled", "is_default")
    list_filter = ("enabled", "is_default", "language_model")
    list_select_related = ("language_model",)
    list_editable = ("position",)
    search_fields = ("name", "slug", "description")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("language_model",)
    readonly_fields = ("is_default",)
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "instructions", "suggestions")}),
        ("Model", {"fields": ("language_model", "temperature", "max_iterations", "retry_interrupted")}),
        ("Where it appears", {"fields": ("position", "enabled", "is_default")}),
    )
    actions_submit_line = ("make_default",)

    @action(description="Save and make default")
    def make_default(self, request: HttpRequest, obj: Agent) -> None:
        """Who answers in threads that name no agent."""
        make_default_agent(agent=obj)
        messages.success(request, f"{obj.name} is the default agent now.")


@admin.register(ChatSettings)
class ChatSettingsAdmin(ModelAdmin):
    """What the site says to every agent. What people say to theirs is their own and not shown."""

    list_display = ("__str__", "agent", "language_model", "updated_at")
    autocomplete_fields = ("agent", "language_model")
    fields = ("system_prompt", "agent", "language_model", "updated_at")
    readonly_fields = ("updated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChatSettings]:
        """The site's row."""
        return ChatSettings.objects.filter(user__isnull=True).select_related("agent", "language_model")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one, made at the first start."""
        return super().has_add_permission(request) and not ChatSettings.objects.filter(user__isnull=True).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It can be emptied."""
        return False


def _is_from_environment(row: Model | None) -> bool:
    return isinstance(row, Provider) and row.source == Provider.Source.ENVIRONMENT
