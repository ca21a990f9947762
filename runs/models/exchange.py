"""What leaves and comes in: read-only snapshots that are shared, and what was imported."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel
from threads.models import Thread


class Share(BaseModel):
    """A read-only snapshot of a thread's branch or of one run, for people, groups, or whoever has its link."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="shares")
    run_id = models.UUIDField(null=True, blank=True, help_text="The one run that is shown; empty: the branch.")
    runs = models.JSONField(default=list, help_text="The ids of the runs in it: they are safe from pruning.")
    title = models.CharField(max_length=200, blank=True)
    document = EncryptedTextField(blank=True, help_text="The snapshot, as it is exported; nothing once it is revoked.")
    taken_at = models.DateTimeField(
        default=timezone.now, help_text="When the snapshot was taken: nothing later is in it."
    )
    reveals = models.BooleanField(default=False, help_text="Real values stand in it instead of masks.")
    shows_name = models.BooleanField(default=False, help_text="The owner's username is shown.")
    token_digest = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="Of the link's token, if it has one."
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="shared_with_them")
    groups = models.ManyToManyField(Group, blank=True, related_name="shares")
    views = models.PositiveIntegerField(default=0)
    viewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"share {self.pk}"


class ImportedThread(BaseModel):
    """Where an imported thread came from, so that it comes in once."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imported_threads")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="imports")
    source = models.CharField(max_length=20, help_text="coday, chatgpt, claude, open-webui …")
    source_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, blank=True, help_text="Of what came in.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["owner", "source", "source_id"], name="runs_import_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id}"
