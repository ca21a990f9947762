"""What runs call: tool calls, approvals, what goes on after a run, and the endpoints of jobs."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from coday.kernel.crypto import EncryptedTextField
from coday.kernel.models import BaseModel
from runs.models.runs import Run
from threads.models import Thread


class ToolCall(BaseModel):
    """A tool call of a run: what was asked, what a person or another run has to say to it, and what it came to.

    The row is there before the tool is called, so that no call is made twice without the journal saying so.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "requested"
        RUNNING = "running", "running"
        WAITING = "waiting", "waiting"
        IN_PROGRESS = "in_progress", "in progress"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    class Asks(models.TextChoices):
        APPROVAL = "approval", "approval"
        ANSWER = "answer", "an answer"
        RUN = "run", "the delegated run"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="calls")
    call_id = models.CharField(max_length=200, help_text="The model's id of the call.")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, default="backend")
    untrusted = models.BooleanField(default=False, help_text="Its result is what others wrote.")
    definition = models.CharField(max_length=64, blank=True, help_text="A digest of what the tool said that it does.")
    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    arguments = models.JSONField(null=True, blank=True, help_text="As it is executed: a person may have changed them.")
    edited = models.BooleanField(default=False)
    approved = models.BooleanField(null=True, blank=True)
    asks = models.CharField(max_length=10, choices=Asks, blank=True, help_text="What it waits for.")
    question = models.TextField(blank=True)
    schema = models.JSONField(default=dict, blank=True)
    state = models.JSONField(default=dict, blank=True, help_text="What the tool wants back with the answer.")
    answer = models.JSONField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    child = models.UUIDField(null=True, blank=True, db_index=True, help_text="The run that it was delegated to.")
    operation = models.UUIDField(null=True, blank=True, help_text="What goes on after the run.")
    content = models.TextField(blank=True, help_text="The whole result.")
    is_error = models.BooleanField(default=False)
    details = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "call_id"], name="runs_call_in_run")]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="waiting"), name="runs_calls_waiting"),
            models.Index(fields=["run"], condition=Q(expires_at__isnull=False), name="runs_calls_that_asked"),
        ]

    def __str__(self) -> str:
        return f"call of {self.name} in run {self.run_id}"


class ToolApproval(BaseModel):
    """A person's word that a tool may be called in a thread without asking again, while it says that it does the same."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="tool_approvals")
    user_id = models.UUIDField()
    tool = models.CharField(max_length=200)
    definition = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "user_id", "tool", "definition"], name="runs_approval_once")
        ]

    def __str__(self) -> str:
        return f"{self.tool} in thread {self.thread_id}"


class ToolOperation(BaseModel):
    """What goes on after the run that started it. Its end starts a system run, once."""

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", "in progress"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        TIMED_OUT = "timed_out", "timed out"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="operations")
    run_id = models.UUIDField(db_index=True, help_text="The run that started it.")
    call_id = models.CharField(max_length=200)
    user_id = models.UUIDField()
    username = models.CharField(max_length=150)
    tool = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, help_text="What goes on, in words for a person.")
    status = models.CharField(max_length=12, choices=Status, default=Status.IN_PROGRESS)
    callback_digest = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of the one-time token.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="A timer: then it has succeeded.")
    poll_at = models.DateTimeField(null=True, blank=True, help_text="When its tool is asked next how it stands.")
    deadline_at = models.DateTimeField(help_text="Then it has timed out.")
    state = models.JSONField(default=dict, blank=True, help_text="What its tool has to know to go on.")
    result = models.TextField(blank=True)
    ended_by_run = models.UUIDField(null=True, blank=True, help_text="The system run that brought the result.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(ended_at__isnull=True), name="runs_operations_open"),
        ]

    def __str__(self) -> str:
        return f"{self.tool}: {self.summary}"


class JobEndpoint(BaseModel):
    """Where ``http_job`` starts jobs: an address of somebody's server, which calls back when a job has ended.

    ``headers`` holds one ``Name: value`` a line; they go to this address's own origin and nowhere else.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True, help_text="What its jobs do, in words for the model.")
    url = models.CharField("URL", max_length=500, help_text="A job is started by a POST of JSON to it.")
    headers = EncryptedTextField(blank=True, default="", help_text="One “Name: value” a line.")
    input_schema = models.JSONField(
        default=dict, blank=True, help_text="The JSON schema of a job's input, an object. Empty: any object."
    )
    deadline = models.PositiveIntegerField(
        default=3_600,
        validators=[MinValueValidator(1), MaxValueValidator(31 * 86_400)],
        help_text="Seconds until no result is waited for any more.",
    )
    poll_url = models.CharField(
        "poll URL",
        max_length=500,
        blank=True,
        help_text="Asked how a job stands where nobody calls back, with {job_id} in the place of the job's id.",
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
