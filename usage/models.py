"""The ledger: one row per model call. Ids and labels, no foreign keys: the bill outlives what was deleted."""

from __future__ import annotations

from django.db import models

from coday.kernel.models import BaseModel


class UsageRecord(BaseModel):
    """What one model call cost, whose it was and for which run.

    Input tokens include the cached ones, output tokens the reasoning ones.
    """

    class Purpose(models.TextChoices):
        ANSWER = "answer", "answer"
        TITLE = "title", "title"
        SUMMARY = "summary", "summary"

    user_id = models.UUIDField(db_index=True)
    username = models.CharField(max_length=150)
    thread_id = models.UUIDField(db_index=True)
    run_id = models.UUIDField(db_index=True)
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.ANSWER)
    agent = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=100)
    provider = models.CharField(max_length=60)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    estimated = models.BooleanField(default=False, help_text="The provider told no figures: counted from the text.")
    cost = models.DecimalField(max_digits=18, decimal_places=9, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    complete = models.BooleanField(default=True, help_text="The call ran to its end.")
    started_at = models.DateTimeField(null=True, blank=True, help_text="It ended when this row was made.")
    first_token_at = models.DateTimeField(null=True, blank=True, help_text="When the model began to speak.")

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user_id", "created_at"])]

    def __str__(self) -> str:
        return f"{self.model}: {self.input_tokens} in, {self.output_tokens} out"
