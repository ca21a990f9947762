"""Admin of providers, models, agents and the site's chat settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import BooleanField, ExpressionWrapper, ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from agents.errors import AgentFileError
from agents.exchange import Imported, export_agents, import_agents
from agents.forms import AgentForm, ImportForm, SiteSettingsForm
from agents.models import Agent, AgentSkill, ChatSettings, LanguageModel, Provider
from agents.operations import make_default_agent, make_default_model
from coday.accounts.audit import Action, actor_of, record
from coday.edge.admin import SlugAdmin
from skills.queries import site_skills


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


class AgentSkillInline(TabularInline):
    """The skills of an agent."""

    model = AgentSkill
    fields = ("skill", "always")
    extra = 0
    verbose_name = "skill"

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any], request: HttpRequest, **options: Any
    ) -> forms.ModelChoiceField[Any] | None:
        """The site's skills: those that people made for themselves are not shown."""
        if db_field.name == "skill":
            options["queryset"] = site_skills()
        field: forms.ModelChoiceField[Any] | None = super().formfield_for_foreignkey(db_field, request, **options)
        return field

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What belongs to a file is changed there."""
        return not _is_from_file(obj) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What belongs to a file is changed there."""
        return not _is_from_file(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What belongs to a file is changed there."""
        return not _is_from_file(obj) and super().has_delete_permission(request, obj)


class AgentAdmin(SlugAdmin):
    """Who answers. ``runs.admin`` registers it, with the names of the tools."""

    form = AgentForm
    inlines = (AgentSkillInline,)
    list_display = ("name", "icon", "slug", "language_model", "everyone", "source", "position", "enabled", "is_default")
    list_filter = ("enabled", "is_default", "everyone", "source", "language_model", "groups")
    list_select_related = ("language_model",)
    list_editable = ("position",)
    search_fields = ("name", "slug", "description")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("language_model", "mcp_servers", "delegates", "groups")
    readonly_fields = ("is_default", "source", "file")
    fieldsets = (
        (None, {"fields": ("name", "slug", "icon", "description", "instructions", "suggestions")}),
        ("Model", {"fields": ("language_model", "temperature", "top_p", "max_output_tokens")}),
        ("What it may use", {"fields": ("tools", "mcp_servers", "delegates")}),
        (
            "Limits of a run",
            {
                "fields": (
                    "max_iterations",
                    "max_seconds",
                    "max_cost",
                    "max_delegations",
                    "max_depth",
                    "retry_interrupted",
                )
            },
        ),
        ("Who sees it, and where", {"fields": ("everyone", "groups", "position", "enabled", "is_default")}),
        ("Where it comes from", {"fields": ("source", "file")}),
    )
    actions = ("export_chosen",)
    actions_list = ("take_in",)
    actions_submit_line = ("make_default",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What belongs to a file is changed there; whether it is enabled, here."""
        fields = super().get_readonly_fields(request, obj)
        if not _is_from_file(obj):
            return tuple(fields)
        return tuple(dict.fromkeys((*fields, *(name for name in AgentForm.Meta.fields if name != "enabled"))))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An agent of a file would come back with the next start."""
        return not _is_from_file(obj) and bool(super().has_delete_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        """Of an agent of a file only its switch, also in the list."""
        if _is_from_file(obj):
            obj.save(update_fields=["enabled"])
        else:
            super().save_model(request, obj, form, change)

    @action(description="Save and make default")
    def make_default(self, request: HttpRequest, obj: Agent) -> None:
        """Who answers in threads that name no agent."""
        make_default_agent(agent=obj)
        messages.success(request, f"{obj.name} is the default agent now.")

    @admin.action(description="Export the chosen agents as YAML", permissions=["change"])
    def export_chosen(self, request: HttpRequest, agents: QuerySet[Agent]) -> HttpResponse:
        """One file with all of them."""
        headers = {"Content-Disposition": 'attachment; filename="agents.yaml"'}
        return HttpResponse(export_agents(agents), content_type="application/yaml; charset=utf-8", headers=headers)

    @action(description="Import", url_path="import", permissions=["add", "change"])
    def take_in(self, request: HttpRequest) -> HttpResponse:
        """A page that takes a file, says what is wrong with it, or takes it over."""
        form = ImportForm(request.POST or None, request.FILES or None)
        looked_at: Imported | None = None
        if request.method == "POST" and form.is_valid():
            try:
                done = import_agents(form.cleaned_data["file"], dry_run=form.cleaned_data["dry_run"])
            except AgentFileError as error:
                form.add_error("file", error.message)
            else:
                if not form.cleaned_data["dry_run"]:
                    return self._taken_in(request, done)
                looked_at = done
        context = {**self.admin_site.each_context(request), "title": "Import agents", "opts": self.opts}
        context |= {"form": form, "looked_at": looked_at}
        return TemplateResponse(request, "admin/agents/agent/import.html", context)

    def _taken_in(self, request: HttpRequest, done: Imported) -> HttpResponse:
        details = {"created": list(done.created), "updated": list(done.updated)}
        record(action=Action.ACTED, by=actor_of(request), details={"action": "import agents", **details})
        self.message_user(request, f"Agents made: {len(done.created)}, changed: {len(done.updated)}.", messages.SUCCESS)
        return redirect("admin:agents_agent_changelist")


@admin.register(ChatSettings)
class ChatSettingsAdmin(ModelAdmin):
    """What the site says to every agent. What people say to theirs is their own and not shown."""

    form = SiteSettingsForm
    list_display = ("__str__", "agent", "language_model", "memory", "updated_at")
    autocomplete_fields = ("agent", "language_model")
    fields = (*SiteSettingsForm.Meta.fields, "updated_at")
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


def _is_from_file(row: Model | None) -> bool:
    return isinstance(row, Agent) and row.source == Agent.Source.FILE and bool(row.file)


def _is_from_environment(row: Model | None) -> bool:
    return isinstance(row, Provider) and row.source == Provider.Source.ENVIRONMENT
