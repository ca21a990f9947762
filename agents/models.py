"""Providers, language models, agents, and what people and the site say to every agent."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel


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
    """Who answers: instructions, a model, limits."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    instructions = models.TextField(blank=True)
    language_model = models.ForeignKey(
        LanguageModel, on_delete=models.SET_NULL, null=True, blank=True, help_text="Empty: the default model."
    )
    temperature = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)])
    max_iterations = models.PositiveIntegerField(
        default=50, validators=[MinValueValidator(1), MaxValueValidator(500)], help_text="Model calls in one run."
    )
    retry_interrupted = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Repeat a run by itself, once, when the process that executed it died. Otherwise people are asked.",
    )
    suggestions = models.JSONField(default=list, blank=True, help_text="First messages that the page offers.")
    enabled = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False, help_text="Answers in threads that name no agent.")
    position = models.PositiveSmallIntegerField(default=100)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="agents_one_default_agent"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ChatSettings(BaseModel):
    """What is said to every agent: by the site (no user) and by one person about their own chats."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="chat_settings"
    )
    system_prompt = models.TextField(blank=True, max_length=20_000)
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, blank=True)
    language_model = models.ForeignKey(LanguageModel, on_delete=models.SET_NULL, null=True, blank=True)
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
