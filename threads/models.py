"""The place: conversations, what was said in them, the images they hold."""

from __future__ import annotations

from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.utils import timezone

from coday.kernel.models import BaseModel


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
    last_seq = models.PositiveBigIntegerField(default=0)
    last_number = models.PositiveIntegerField(default=0)
    seen_seq = models.PositiveBigIntegerField(default=0, help_text="How far its owner has read.")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pinned", "-updated_at"]
        indexes = [models.Index(fields=["owner", "archived", "-updated_at"])]

    def __str__(self) -> str:
        return f"Thread {self.pk}"


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
