"""Skills, their sources, and the MCP servers that agents and skills bring along."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel


class McpServer(BaseModel):
    """A server of tools that others run, reached by the Model Context Protocol.

    ``headers`` holds one ``Name: value`` a line. A stdio server is a command that the operator allows in the settings, by its
    name there: nothing that is entered here is ever executed.
    """

    class Transport(models.TextChoices):
        HTTP = "http", "streamable HTTP"
        STDIO = "stdio", "a command of the operator's (stdio)"

    slug = models.SlugField(max_length=40, unique=True, help_text="Stands before the names of its tools.")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    transport = models.CharField(max_length=10, choices=Transport, default=Transport.HTTP)
    url = models.CharField("URL", max_length=500, blank=True)
    command = models.CharField(max_length=60, blank=True, help_text="Its name in CODAY_MCP_COMMANDS.")
    headers = EncryptedTextField(blank=True, default="", help_text="One “Name: value” a line.")
    timeout = models.FloatField(
        default=60.0, validators=[MinValueValidator(0.1), MaxValueValidator(3_600.0)], help_text="Seconds for one call."
    )
    ask_first = models.BooleanField(
        default=True,
        help_text="People are asked before a tool is called, unless the agent's own policy says otherwise.",
    )
    enabled = models.BooleanField(default=True)
    refreshed_at = models.DateTimeField(
        "tools refreshed",
        null=True,
        blank=True,
        editable=False,
        help_text="Lists of its tools from before do not count.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name = "MCP server"

    def __str__(self) -> str:
        return self.name


class Skill(BaseModel):
    """Knowledge on demand. ``trigger`` tells the model when it is worth to activate it. Without an owner it is the site's."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    trigger = models.CharField(max_length=300, help_text="When to use it, in words for the model.")
    instructions = models.TextField(blank=True, max_length=50_000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="skills"
    )
    everyone = models.BooleanField(default=False, help_text="Everybody may use it.")
    groups = models.ManyToManyField(Group, blank=True, related_name="skills", help_text="Who else may use it.")
    mcp_servers = models.ManyToManyField(McpServer, blank=True, related_name="skills", verbose_name="MCP servers")
    enabled = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SkillSource(BaseModel):
    """Something to read that a skill brings along, as text. Of a file only its text is kept; a page can be fetched again."""

    class Kind(models.TextChoices):
        TEXT = "text", "text"
        MARKDOWN = "markdown", "Markdown"
        HTML = "html", "HTML"
        PDF = "pdf", "PDF"
        DOCX = "docx", "DOCX"
        PAGE = "page", "page on the web"

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="sources")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    url = models.CharField("URL", max_length=2_000, blank=True)
    text = models.TextField()
    characters = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField(help_text="Of the original.")
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the original.")
    fetched_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, help_text="Why it could not be fetched again.")

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class SourcePassage(models.Model):
    """A piece of a source, as search finds it: the passages of a source, in their order, are its text.

    ``start`` is where it begins in the text, in characters; ``words`` what the full-text index (``skills.full_text``) reads.
    The key is a number because SQLite's index refers to it.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(SkillSource, on_delete=models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    words = models.TextField()

    class Meta:
        ordering = ["source", "position"]
        constraints = [models.UniqueConstraint(fields=["source", "position"], name="one_passage_at_a_position")]

    def __str__(self) -> str:
        return f"passage {self.position} of {self.source_id}"
