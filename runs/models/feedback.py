"""What people say of answers, and how they are told that a run has ended or waits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel
from runs.models.runs import Run


class RunFeedback(BaseModel):
    """A person's word on the answer of a run."""

    class Rating(models.IntegerChoices):
        DOWN = -1, "thumbs down"
        UP = 1, "thumbs up"

    class Reason(models.TextChoices):
        NONE = "", "none"
        WRONG = "wrong", "wrong"
        INCOMPLETE = "incomplete", "incomplete"
        IGNORED = "ignored", "did not do what was asked"
        STYLE = "style", "tone or form"
        SLOW = "slow", "too slow"
        HARMFUL = "harmful", "harmful"
        HELPFUL = "helpful", "helpful"
        OTHER = "other", "something else"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="feedback")
    user_id = models.UUIDField()
    username = models.CharField(max_length=150)
    rating = models.SmallIntegerField(choices=Rating)
    reason = models.CharField(max_length=20, choices=Reason, blank=True, default=Reason.NONE)
    comment = models.TextField(blank=True, max_length=2_000, help_text="Masked in anonymous conversations.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "run feedback"
        constraints = [models.UniqueConstraint(fields=["run", "user_id"], name="runs_feedback_once")]

    def __str__(self) -> str:
        return f"{self.get_rating_display()} on run {self.run_id}"


class NotificationTarget(BaseModel):
    """An address of a person's that is told when one of their runs ends or waits, signed with its secret."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_targets")
    name = models.CharField(max_length=100)
    url = models.CharField("URL", max_length=500)
    secret = EncryptedTextField()
    events = models.JSONField(default=list, help_text="Of: completed, failed, cancelled, interrupted, waiting.")
    enabled = models.BooleanField(default=True)
    since = models.DateTimeField(help_text="What was before is told already, or is not to be told.")
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    stopped_because = models.CharField(max_length=300, blank=True, help_text="Why it was switched off by itself.")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Notification(BaseModel):
    """One thing to tell one target, once: sent, or tried again later."""

    target = models.ForeignKey(NotificationTarget, on_delete=models.CASCADE, related_name="notifications")
    run_id = models.UUIDField()
    event = models.CharField(max_length=20)
    occasion = models.CharField(max_length=80, help_text="The entry of the journal that tells it.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When it is sent next; null: no more.")
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["target", "run_id", "event", "occasion"], name="runs_notification_once")
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="runs_notifications_due")]

    def __str__(self) -> str:
        return f"{self.event} of run {self.run_id}"
