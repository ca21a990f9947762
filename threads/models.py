"""The place: conversations, what was said in them, the images they hold, the skills that are active in them, and what is
kept from models."""

from __future__ import annotations

from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.utils import timezone

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel
from skills.models import Skill
from threads.validators import (
    validate_categories,
    validate_patterns,
    validate_thresholds,
    validate_tools,
    validate_words,
)


class Thread(BaseModel):
    """A conversation. ``head`` is the run at the leaf that is shown; ``last_seq`` numbers its journal without gaps."""

    class TitleSource(models.TextChoices):
        NONE = "", "none yet"
        MODEL = "model", "written by a model"
        PERSON = "person", "written by a person"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="threads")
    title = models.CharField(max_length=200, blank=True)
    title_source = models.CharField(max_length=10, choices=TitleSource, default=TitleSource.NONE, blank=True)
    agent = models.CharField(max_length=60, blank=True, help_text="Slug; empty for the default.")
    model = models.CharField(max_length=100, blank=True, help_text="Slug; empty for the agent's.")
    anonymous = models.BooleanField(default=False)
    head = models.UUIDField(null=True, blank=True, db_index=True)
    tags = models.JSONField(default=list, blank=True)
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    folder = models.ForeignKey("ThreadFolder", on_delete=models.SET_NULL, null=True, blank=True, related_name="threads")
    forked_from = models.UUIDField(null=True, blank=True, help_text="The run that it was forked from.")
    forked_from_thread = models.UUIDField(null=True, blank=True)
    last_seq = models.PositiveBigIntegerField(default=0)
    last_number = models.PositiveIntegerField(default=0)
    seen_seq = models.PositiveBigIntegerField(default=0, help_text="How far its owner has read.")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pinned", "-updated_at"]
        indexes = [models.Index(fields=["owner", "archived", "-updated_at"])]
        permissions = [
            ("read_content", "Can read what was said in conversations of others (each look is in the audit log)"),
            ("reveal_masks", "Can see the values behind masks there (each look is in the audit log)"),
        ]

    def __str__(self) -> str:
        return f"Thread {self.pk}"


class ThreadFolder(BaseModel):
    """A person's folder of threads."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="thread_folders")
    name = models.CharField(max_length=100)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_folder_of_a_name")]

    def __str__(self) -> str:
        return f"folder {self.pk}"


class ThreadSkill(BaseModel):
    """A skill that is active in a thread, and who brought it there: a person, or a model by a tool call of a run."""

    class By(models.TextChoices):
        MODEL = "model", "a model"
        PERSON = "person", "a person"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=10, choices=By)
    run_id = models.UUIDField(null=True, blank=True)
    tool_call_id = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["thread", "skill"], name="one_skill_in_a_thread_once")]

    def __str__(self) -> str:
        return f"skill {self.skill_id} in {self.thread_id}"


class Message(BaseModel):
    """What was said, in one run. ``content`` holds parts in the stored form of ``threads.content``."""

    class Role(models.TextChoices):
        USER = "user", "user"
        ASSISTANT = "assistant", "assistant"
        SYSTEM = "system", "system"
        TOOL = "tool", "tool"

    class Status(models.TextChoices):
        STREAMING = "streaming", "streaming"
        COMPLETE = "complete", "complete"
        PARTIAL = "partial", "partial"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    run_id = models.UUIDField(db_index=True)
    role = models.CharField(max_length=10, choices=Role)
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPLETE)
    content = models.JSONField(default=list)
    agent = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=100, blank=True)
    removed = models.BooleanField(default=False, db_default=False, help_text="With its run, which may be undone.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.role} message {self.pk}"


def _image_path(image: ImageAttachment, _filename: str) -> str:
    """The path comes from our ids alone, never from the name a client gave."""
    return str(PurePath("images", str(image.thread_id), str(image.pk)))


class ImageAttachment(BaseModel):
    """An image that was uploaded to a thread, checked by its content."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="images")
    file = models.FileField(upload_to=_image_path, max_length=200)
    name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField(help_text="Bytes.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"image {self.pk}"


class Mask(BaseModel):
    """What stands for a personal value in an anonymous thread. ``digest`` tells equal values apart without reading them."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="masks")
    category = models.CharField(max_length=30)
    number = models.PositiveIntegerField()
    value = EncryptedTextField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "category", "number"], name="one_mask_of_a_number"),
            models.UniqueConstraint(fields=["thread", "digest"], name="one_mask_of_a_value"),
        ]

    def __str__(self) -> str:
        return f"mask {self.pk}"


class PrivacySettings(BaseModel):
    """What counts as personal on this site, and how threads become anonymous. One row, or none for what is usual."""

    class NewThreads(models.TextChoices):
        OFF = "off", "are never anonymous"
        OFFERED = "offered", "are anonymous when the person wants it"
        ALWAYS = "always", "are always anonymous"

    class Images(models.TextChoices):
        REFUSED = "refused", "are refused"
        TRUSTED = "trusted", "go to models that are trusted with personal data"

    new_threads = models.CharField(max_length=10, choices=NewThreads, default=NewThreads.OFFERED)
    images = models.CharField(
        "images in anonymous threads", max_length=10, choices=Images, default=Images.TRUSTED,
        help_text="Nothing can be masked in an image.",
    )  # fmt: skip
    categories_off = models.JSONField(
        "categories that are not looked for", default=list, blank=True, validators=[validate_categories]
    )
    thresholds = models.JSONField(
        default=dict, blank=True, validators=[validate_thresholds],
        help_text="The least score that counts, from 0 to 1, by category, e.g. {\"PERSON\": 0.6}. Others: 0.5.",
    )  # fmt: skip
    allow_words = models.TextField(
        "never personal", blank=True, max_length=100_000, validators=[validate_words],
        help_text="Words or phrases, one in a line, in any case: names of the house, of products, of places.",
    )  # fmt: skip
    allow_patterns = models.TextField(
        "patterns that are never personal", blank=True, max_length=20_000, validators=[validate_patterns],
        help_text="One in a line; each matches the whole of what was found, e.g. TICKET-[0-9]{4,8}",
    )  # fmt: skip
    deny_words = models.TextField(
        "always personal", blank=True, max_length=100_000, validators=[validate_words],
        help_text="Words or phrases, one in a line, in any case: names of projects, of clients.",
    )  # fmt: skip
    trusted_tools = models.JSONField(
        "tools that are trusted with personal data", default=list, blank=True, validators=[validate_tools],
        help_text="Names of tools, or server__* for all tools of an MCP server. They get real values.",
    )  # fmt: skip
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "privacy settings"
        constraints = [models.UniqueConstraint(models.Value(1), name="one_privacy_settings")]

    def __str__(self) -> str:
        return "Privacy settings"
