"""What is used again: templates of runs, in versions, and the schedules that start them."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from coday.kernel.models import BaseModel
from threads.models import Thread


class RunTemplate(BaseModel):
    """A person's template for what runs are told to do. What it says is in its versions; ``version`` is the current one."""

    user_id = models.UUIDField(help_text="Whose it is.")
    username = models.CharField(max_length=150)
    slug = models.SlugField(max_length=60, help_text="How a command names it: unique among its person's.")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="run_templates", help_text="Whose members may use it."
    )
    archived = models.BooleanField(default=False, help_text="Nothing starts from it any more.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user_id", "slug"], name="runs_template_slug_of_a_person")]

    def __str__(self) -> str:
        return self.name


class RunTemplateVersion(BaseModel):
    """A template as it was saved once; it never changes. ``parameters`` is a list of ``{name, label, type, default, required,
    choices, …}``; ``commands`` are those of an input, with ``{{name}}`` where a value goes."""

    template = models.ForeignKey(RunTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    parameters = models.JSONField(default=list, blank=True)
    commands = models.JSONField(default=list)
    on_failure = models.CharField(max_length=10, default="stop")
    agent = models.CharField(max_length=60, blank=True, help_text="Slug; empty for whoever answers otherwise.")
    model = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="What is new in it.")

    class Meta:
        ordering = ["template", "-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="runs_template_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.template_id}"


class RunSchedule(BaseModel):
    """When a template is started, as its person. ``next_at`` is the next slot; nothing is due while it is null."""

    class Missed(models.TextChoices):
        SKIP = "skip", "is noted and left out"
        ONCE = "once", "is made up for, once for all that were missed"

    user_id = models.UUIDField(help_text="As whom it runs, and who pays.")
    username = models.CharField(max_length=150)
    name = models.CharField(max_length=100)
    template = models.ForeignKey(RunTemplate, on_delete=models.SET_NULL, null=True, related_name="schedules")
    template_version = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: the current one.")
    arguments = models.JSONField(default=dict, blank=True)
    thread = models.ForeignKey(
        Thread, on_delete=models.SET_NULL, null=True, blank=True, related_name="schedules",
        help_text="Where its runs go. Empty: each into a new conversation.",
    )  # fmt: skip
    own_thread = models.BooleanField(default=True, help_text="Each run gets a new conversation.")
    cron = models.CharField(max_length=100, help_text="Five fields: minute, hour, day, month, weekday.")
    time_zone = models.CharField(max_length=60, default="UTC")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    missed = models.CharField(max_length=10, choices=Missed, default=Missed.SKIP)
    enabled = models.BooleanField(default=True)
    stopped_because = models.CharField(max_length=300, blank=True, help_text="Why it was stopped by itself.")
    next_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="runs_schedules_due"),
            models.Index(fields=["user_id"], name="runs_schedules_of_a_person"),
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleSlot(BaseModel):
    """One time at which a schedule was due, and what came of it. The row is the claim: there is one per slot."""

    class Status(models.TextChoices):
        STARTED = "started", "started"
        MISSED = "missed", "missed"
        FAILED = "failed", "could not be started"

    schedule = models.ForeignKey(RunSchedule, on_delete=models.CASCADE, related_name="slots")
    slot_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status)
    run_id = models.UUIDField(null=True, blank=True)
    thread_id = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-slot_at"]
        constraints = [models.UniqueConstraint(fields=["schedule", "slot_at"], name="runs_schedule_slot_once")]

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.slot_at}"
