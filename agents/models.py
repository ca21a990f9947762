"""Providers, language models, agents, what people and the site say to every agent, and facts about people."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models

from agents.validators import (
    validate_icon,
    validate_language,
    validate_suggestions,
    validate_tool_names,
    validate_tools,
)
from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel
from skills.models import McpServer, Skill


def validate_base_url(value: str) -> None:
    """An HTTP address. Unlike Django's URLs its host may be a bare name, as in a container network."""
    try:
        parts = urlsplit(value)
    except ValueError as error:  # an unfinished IPv6 address
        raise ValidationError("Enter an http or https address.") from error
    superfluous = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or superfluous:
        raise ValidationError("Enter an http or https address without a password, query or fragment.")


class Provider(BaseModel):
    """Where models are reached: one base URL, one key, one wire format."""

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI-compatible (Chat Completions)"
        ANTHROPIC = "anthropic", "Anthropic (Messages)"
        DEMO = "demo", "Demo (built in, no network)"

    class Source(models.TextChoices):
        ADMIN = "admin", "made in the admin"
        ENVIRONMENT = "environment", "made from the environment"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind)
    base_url = models.CharField(
        "base URL",
        max_length=500,
        blank=True,
        validators=[validate_base_url],
        help_text="With the version path, e.g. http://host:8080/v1",
    )
    api_key = EncryptedTextField("API key", blank=True, default="")
    max_runs = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Runs at once; more wait. Empty: no limit."
    )
    source = models.CharField(max_length=20, choices=Source, default=Source.ADMIN, editable=False)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class LanguageModel(BaseModel):
    """A model at a provider: what it can do, how much fits, what it costs, how long we wait."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="language_models")
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, help_text="The provider's id of the model.")
    label = models.CharField(max_length=100, help_text="What people see.")
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False, help_text="Used by agents that name no model.")
    context_window = models.PositiveIntegerField(default=128_000, help_text="Tokens.")
    output_limit = models.PositiveIntegerField(null=True, blank=True, help_text="Tokens.")
    vision = models.BooleanField(default=False)
    tools = models.BooleanField(default=False)
    anonymous_only = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Reached in anonymous threads alone; a new thread with it is anonymous.",
    )
    trusted = models.BooleanField(
        "trusted with images",
        default=False,
        db_default=False,
        help_text="It may be given images in anonymous threads, too.",
    )
    reasoning = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, default="USD")
    input_price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Per million tokens."
    )
    cached_input_price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    output_price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    first_byte_timeout = models.FloatField(default=60.0, validators=[MinValueValidator(0.1)], help_text="Seconds.")
    chunk_timeout = models.FloatField(default=30.0, validators=[MinValueValidator(0.1)], help_text="Seconds.")

    class Meta:
        ordering = ["label"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="agents_one_default_model"
            )
        ]

    def __str__(self) -> str:
        return self.label


class Agent(BaseModel):
    """Who answers: instructions, a model, means and limits, and for whom.

    ``tools`` is an object: the policy (allow, ask, off) of each tool by its name. An agent of ``source`` *file* belongs to
    ``file`` in the folder of agents, whose text had the hash ``file_digest``; without a file it was there once.
    """

    class Source(models.TextChoices):
        ADMIN = "admin", "made in the admin"
        FILE = "file", "made from a file"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    icon = models.CharField(
        max_length=16, blank=True, default="", db_default="", validators=[validate_icon],
        help_text="One emoji, or up to three letters.",
    )  # fmt: skip
    description = models.CharField(max_length=300, blank=True)
    instructions = models.TextField(blank=True, max_length=100_000, validators=[MaxLengthValidator(100_000)])
    language_model = models.ForeignKey(
        LanguageModel, on_delete=models.SET_NULL, null=True, blank=True, help_text="Empty: the default model."
    )
    temperature = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)])
    top_p = models.FloatField(
        "top p", null=True, blank=True, validators=[MinValueValidator(0.01), MaxValueValidator(1.0)]
    )
    max_output_tokens = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Tokens of one answer. Empty: the model's limit.",
    )
    tools = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True, validators=[validate_tools],
        help_text="What the agent may call.",
    )  # fmt: skip
    skills = models.ManyToManyField(Skill, through="AgentSkill", blank=True, related_name="agents")
    mcp_servers = models.ManyToManyField(McpServer, blank=True, related_name="agents", verbose_name="MCP servers")
    delegates = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="delegators", help_text="Agents that it may hand a task to."
    )
    max_iterations = models.PositiveIntegerField(
        default=50, validators=[MinValueValidator(1), MaxValueValidator(500)], help_text="Model calls in one run."
    )
    max_seconds = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1.0), MaxValueValidator(604_800.0)],
        help_text="Seconds of work of one run.",
    )
    max_cost = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(Decimal(0))],
        help_text="Of one run, in the currency of its model.",
    )  # fmt: skip
    max_delegations = models.PositiveSmallIntegerField(
        default=10, db_default=10, validators=[MaxValueValidator(100)], help_text="Tasks that one run hands to others."
    )
    max_depth = models.PositiveSmallIntegerField(
        default=3, db_default=3, validators=[MaxValueValidator(10)], help_text="Levels of delegation."
    )
    retry_interrupted = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Repeat a run by itself, once, when the process that executed it died. Otherwise people are asked.",
    )
    suggestions = models.JSONField(
        default=list, blank=True, validators=[validate_suggestions], help_text="First messages that the page offers."
    )
    everyone = models.BooleanField(default=True, db_default=True, help_text="Everybody may choose it.")
    groups = models.ManyToManyField(
        Group, blank=True, related_name="agents", help_text="Who may choose it, where not everybody may."
    )
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False, help_text="Answers in threads that name no agent.")
    position = models.PositiveSmallIntegerField(default=100)
    source = models.CharField(
        max_length=20, choices=Source, default=Source.ADMIN, db_default=Source.ADMIN, editable=False
    )
    file = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    file_digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="agents_one_default_agent"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AgentSkill(BaseModel):
    """A skill that an agent has: always on, or on demand."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="agent_skills")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="agent_skills")
    always = models.BooleanField(default=False, help_text="On from the start. Otherwise the model activates it.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["agent", "skill"], name="agents_skill_once")]

    def __str__(self) -> str:
        return f"{self.skill} ({'always' if self.always else 'on demand'})"


class ChatSettings(BaseModel):
    """What is said to every agent, and how chats look: by the site (no user) and by one person for their own.

    What is empty or null is left to the layer below: a person's to the site's, the site's to ``agents.preferences``. Two
    things the site decides for all: a tool in its ``tools_off`` is off, and without its ``memory`` nobody has one.
    """

    class SendKey(models.TextChoices):
        ENTER = "enter", "Enter"
        CTRL_ENTER = "ctrl_enter", "Ctrl+Enter"

    class Theme(models.TextChoices):
        SYSTEM = "system", "as the device"
        LIGHT = "light", "light"
        DARK = "dark", "dark"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="chat_settings"
    )
    system_prompt = models.TextField(blank=True, max_length=20_000)
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, blank=True)
    language_model = models.ForeignKey(LanguageModel, on_delete=models.SET_NULL, null=True, blank=True)
    tools_off = models.JSONField(
        "tools that are off", default=list, db_default=models.Value([], models.JSONField()), blank=True,
        validators=[validate_tool_names], help_text="No agent may call them, whatever its own policies say.",
    )  # fmt: skip
    language = models.CharField(
        max_length=35, blank=True, default="", db_default="", validators=[validate_language],
        help_text="In which agents answer, e.g. “de” or “pt-BR”. Empty: that of the question.",
    )  # fmt: skip
    send_key = models.CharField(max_length=20, choices=SendKey, blank=True, default="", db_default="")
    theme = models.CharField(max_length=20, choices=Theme, blank=True, default="", db_default="")
    memory = models.BooleanField(null=True, blank=True, help_text="Whether agents are told facts about the person.")
    anonymous = models.BooleanField(
        null=True, blank=True, help_text="Whether new conversations are anonymous, where the site leaves the choice."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "chat settings"
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(user__isnull=True), name="agents_one_site_chat_settings"
            )
        ]

    def __str__(self) -> str:
        return f"Chat settings of {self.user.username}" if self.user else "Chat settings of the site"


class Fact(BaseModel):
    """Something about a person that agents are told. ``run_id`` is the run in which a model noted it."""

    class Source(models.TextChoices):
        PERSON = "person", "written by the person"
        MODEL = "model", "noted by a model"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="facts")
    text = models.CharField(max_length=500)
    source = models.CharField(max_length=10, choices=Source, default=Source.PERSON)
    run_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="agents_fact_once")]

    def __str__(self) -> str:
        return f"fact {self.pk}"
