"""What is not kept for ever: policies that prune runs and what they did, and people who were erased."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel


class RetentionPolicy(BaseModel):
    """Which runs are pruned: their words go, a skeleton with its bill stays. A person's own, or without an ``owner`` the
    site's. Every condition that is set has to hold."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="retention_policies",
        help_text="Whose runs; empty: everybody's.",
    )  # fmt: skip
    name = models.CharField(max_length=100)
    enabled = models.BooleanField(default=False)
    older_than_days = models.PositiveIntegerField(null=True, blank=True)
    importance_below = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 100.")
    tags = models.JSONField(default=list, blank=True, help_text="Names: one of them is on the run.")
    without_tags = models.JSONField(default=list, blank=True, help_text="Names: none of them is on the run.")
    larger_than = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes of the run's messages.")
    only_archived = models.BooleanField(default=False, help_text="In archived conversations alone.")
    last_run_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "retention policies"

    def __str__(self) -> str:
        return self.name


class RetentionReport(BaseModel):
    """What a policy did once. Ids and figures alone: it outlives what was pruned."""

    policy = models.ForeignKey(RetentionPolicy, on_delete=models.CASCADE, related_name="reports")
    runs = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    spared = models.PositiveIntegerField(default=0, help_text="Runs that met it and were pinned, shared or in use.")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.runs} runs at {self.created_at}"


class Erasure(BaseModel):
    """A person who is being erased, or was. ``subject`` tells who, as long as it goes on; what is left in the end are the
    pseudonym, figures and their digest."""

    pseudonym_id = models.UUIDField(unique=True, help_text="Stands for the person's id in bills.")
    pseudonym = models.CharField(
        max_length=150, help_text="Stands for the person's name in bills and in the audit log."
    )
    subject = EncryptedTextField(blank=True, default="", help_text="Ids and names to look for; empty once it is done.")
    report = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="Of the report.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        permissions = [("erase_people", "Can erase people for good (the report is in the audit log)")]

    def __str__(self) -> str:
        return self.pseudonym
