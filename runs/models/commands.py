"""The commands of a run's input, where it is more than one prompt; and what was said to a run while it ran."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coday.kernel.models import BaseModel
from runs.models.runs import Run


class RunCommand(BaseModel):
    """One entry of a run's command queue. ``parent`` is the command that it is a part of: the parts of a command come before
    the next command beside it. A ``steer`` is what a person said to a run that was running."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        SKIPPED = "skipped", "skipped"
        RETURNED = "returned", "returned: its run had ended"

    class OnFailure(models.TextChoices):
        STOP = "stop", "the rest is skipped"
        CONTINUE = "continue", "the rest goes on"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="commands")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="parts")
    position = models.PositiveIntegerField(help_text="Among all commands of its run, in the order in which they come.")
    kind = models.CharField(max_length=20)
    arguments = models.JSONField(default=dict, blank=True)
    on_failure = models.CharField(max_length=10, choices=OnFailure, default=OnFailure.STOP)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    key = models.CharField(max_length=100, blank=True, default="", help_text="The client's idempotency key of a steer.")
    result = models.CharField(max_length=500, blank=True, help_text="What it came to, in words for a person.")
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="runs_command_position"),
            models.UniqueConstraint(fields=["run", "key"], condition=~Q(key=""), name="runs_command_key"),
        ]
        indexes = [
            models.Index(fields=["run"], condition=Q(kind="steer", status="queued"), name="runs_steers_open"),
        ]

    def __str__(self) -> str:
        return f"command {self.position} ({self.kind}) of run {self.run_id}"
