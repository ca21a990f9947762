"""Runs, the processes that execute them, and the journal of their events."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from coday.kernel.models import BaseModel
from threads.models import Thread

ACTIVE = ("running", "waiting")
UNFINISHED = ("queued", *ACTIVE)
TERMINAL = ("completed", "failed", "cancelled", "interrupted")


class Run(BaseModel):
    """One cycle from an input to its final resolution. The state machine is ``runs.lifecycle``: nothing else writes it."""

    class Status(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        WAITING = "waiting", "waiting"
        COMPLETED = "completed", "completed"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        INTERRUPTED = "interrupted", "interrupted"

    class Kind(models.TextChoices):
        USER = "user", "user"
        SYSTEM = "system", "system"

    class Trigger(models.TextChoices):
        USER = "user", "a person"
        TOOL = "tool", "a tool that went on after its run"
        SCHEDULE = "schedule", "a schedule"
        WEBHOOK = "webhook", "a webhook"
        DELEGATION = "delegation", "another agent"

    class Origin(models.TextChoices):
        RETRY = "retry", "the same input, tried again"
        RERUN = "rerun", "the same input, run again"
        EDIT = "edit", "an input that was edited"
        CONTINUE = "continue", "an answer that goes on"
        FORK = "fork", "a copy in another conversation"

    class Context(models.TextChoices):
        FULL = "full", "whole"
        SUMMARISED = "summarised", "as its summary"
        EXCLUDED = "excluded", "not at all"

    class ImportanceBy(models.TextChoices):
        SCORE = "score", "an automatic score"
        PERSON = "person", "a person"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children")
    lane = models.UUIDField(help_text="Runs of one lane are one line, and one at a time is active.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.USER)
    trigger = models.CharField(max_length=20, choices=Trigger, default=Trigger.USER)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    user_id = models.UUIDField(help_text="Who asked for it, and pays.")
    username = models.CharField(max_length=150)
    agent = models.CharField(max_length=60)
    model = models.CharField(max_length=100)
    provider = models.CharField(max_length=60, blank=True, default="", db_default="")
    runner = models.UUIDField(null=True, blank=True, help_text="The process that executes it, or did.")
    attempt = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="More than 1: repeated by itself after an interruption."
    )
    title = models.CharField(max_length=200, blank=True)
    importance = models.PositiveSmallIntegerField(default=50, help_text="0 to 100.")
    importance_by = models.CharField(
        max_length=10, choices=ImportanceBy, default=ImportanceBy.SCORE, db_default=ImportanceBy.SCORE
    )
    pinned = models.BooleanField(default=False, db_default=False)
    tags = models.JSONField(
        default=list, db_default=[], blank=True, help_text="The names of its tags: RunTagging, as it is shown."
    )
    group = models.ForeignKey("RunGroup", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    rating = models.SmallIntegerField(
        null=True, blank=True, help_text="Its owner's RunFeedback, as it is shown: 1 or -1."
    )
    rating_reason = models.CharField(max_length=20, blank=True, default="", db_default="")
    context = models.CharField(max_length=12, choices=Context, default=Context.FULL)
    summary = models.ForeignKey(
        "RunSummary", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs", db_index=False,
        help_text="What stands for it in the model's view.",
    )  # fmt: skip
    template = models.UUIDField(null=True, blank=True, help_text="The template that it was started from.")
    template_version = models.PositiveIntegerField(null=True, blank=True)
    schedule = models.UUIDField(null=True, blank=True, help_text="The schedule that started it.")
    key = models.CharField(max_length=100, blank=True, help_text="The client's idempotency key, unique in the thread.")
    input_digest = models.CharField(max_length=64, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cause_run = models.UUIDField(null=True, blank=True, db_index=True, help_text="The run that brought it about.")
    cause_call = models.CharField(max_length=200, blank=True, default="", db_default="")
    anonymous = models.BooleanField(default=False, db_default=False, help_text="As its thread.")
    origin = models.CharField(
        max_length=10, choices=Origin, blank=True, default="", db_default="", help_text="How it came from another run."
    )
    origin_run = models.UUIDField(null=True, blank=True, db_index=True, help_text="That run.")
    batch = models.UUIDField(null=True, blank=True, help_text="The same for runs that one input was given to at once.")
    commanded = models.BooleanField(
        default=False, db_default=False, help_text="Its input was more than one prompt: there are RunCommands."
    )
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Removed by a person, who may undo it for a while."
    )
    deletion = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="The same for what was removed at once."
    )
    removed_parent = models.UUIDField(
        null=True,
        blank=True,
        help_text="The removed run that it stands behind: its parent is the nearest that is left.",
    )
    unindexed = models.BooleanField(
        default=True, db_default=True, help_text="The search index does not know it as it is."
    )
    depth = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Of delegation.")
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text="It waited, has all its answers, and may be claimed again."
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_retryable = models.BooleanField(default=False)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    model_calls = models.PositiveIntegerField(default=0)
    tool_calls = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=9, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    started_at = models.DateTimeField(null=True, blank=True)
    first_token_at = models.DateTimeField(null=True, blank=True, help_text="When a model first spoke in it.")
    finished_at = models.DateTimeField(null=True, blank=True)
    pruned_at = models.DateTimeField(null=True, blank=True, help_text="Its words are gone; what it cost stays.")

    class Meta:
        ordering = ["-created_at"]
        permissions = [("view_all_analytics", "Can view everybody's analytics")]
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="runs_number_in_thread"),
            models.UniqueConstraint(fields=["thread", "key"], condition=~Q(key=""), name="runs_key_in_thread"),
            models.UniqueConstraint(
                fields=["thread", "lane"], condition=Q(status__in=ACTIVE), name="runs_one_active_per_lane"
            ),
        ]
        indexes = [
            models.Index(fields=["lane", "number"]),
            # "Not ended" as an index can know it: a list of statuses in a query is no proof to SQLite.
            models.Index(fields=["lane", "number"], condition=Q(finished_at__isnull=True), name="runs_open_of_lane"),
            models.Index(fields=["status"], condition=Q(status__in=UNFINISHED), name="runs_unfinished"),
            models.Index(fields=["user_id", "id"], condition=Q(unindexed=True), name="runs_unindexed"),
            models.Index(fields=["user_id", "created_at"], name="runs_of_a_person"),
            models.Index(fields=["created_at"], name="runs_by_day"),
            models.Index(fields=["summary"], condition=Q(summary__isnull=False), name="runs_summarised"),
            models.Index(fields=["cause_run", "trigger"], condition=Q(cause_run__isnull=False), name="runs_caused"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="runs_deleted"),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of thread {self.thread_id}"


class Runner(BaseModel):
    """A process that executes runs. While it lives it says so: who has been silent for too long has lost its runs.

    All times are the database's: the clocks of the processes do not matter.
    """

    class Kind(models.TextChoices):
        SERVER = "server", "server"
        WORKER = "worker", "worker"

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200, help_text="Host and process id.")
    capacity = models.PositiveIntegerField(help_text="Runs that it executes at once.")
    heartbeat_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class RunEventRecord(BaseModel):
    """One durable event of a thread's journal. ``payload`` is the stored form of ``runs.events``."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="run_events")
    run_id = models.UUIDField(null=True, blank=True, db_index=True)
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=20)
    payload = models.JSONField()

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["thread", "seq"], name="runs_seq_in_thread")]

    def __str__(self) -> str:
        return f"{self.type} {self.seq} of thread {self.thread_id}"
