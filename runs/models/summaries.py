"""What stands for runs in the model's view, and what a model call was shown."""

from __future__ import annotations

from django.db import models

from coday.kernel.models import BaseModel
from runs.models.runs import Run
from threads.models import Thread


class RunSummary(BaseModel):
    """A text that stands for runs of a thread in the model's view. The runs themselves are untouched.

    One that a person asked for stands at the place of the first of its runs: their ``context`` is "summarised" while their
    ``summary`` is this. One that was made to fit a window has ``upto`` instead: it stands for what would be left out on the
    way from the first run to that one.
    """

    class By(models.TextChoices):
        MODEL = "model", "a model"
        PERSON = "person", "a person"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="run_summaries")
    text = models.TextField()
    written_by = models.CharField(max_length=10, choices=By, default=By.MODEL)
    upto = models.UUIDField(
        null=True, blank=True, db_index=True, help_text="Made to fit a window: the last run that it stands for."
    )
    model = models.CharField(max_length=100, blank=True)
    made_by_run = models.UUIDField(null=True, blank=True, help_text="The run that made it, and pays for it.")
    digest = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of what was summarised: another one now means that it is stale. Empty: never.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"summary {self.pk}"


class ModelCall(BaseModel):
    """What one call of a model was shown, so that it can be seen again. ``manifest`` refers to the thread's own messages, and
    to ``ContextText`` for what was added to them."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="model_call_records")
    position = models.PositiveIntegerField(help_text="Among the calls of its run, from 1 on.")
    model = models.CharField(max_length=100)
    manifest = models.JSONField()

    class Meta:
        ordering = ["run", "position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="runs_model_call_once")]

    def __str__(self) -> str:
        return f"model call {self.position} of run {self.run_id}"


class ContextText(BaseModel):
    """What model calls of a thread were shown beside its messages, kept once: a part of the system prompt, the tools."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="context_texts")
    digest = models.CharField(max_length=64)
    text = models.TextField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["thread", "digest"], name="runs_context_text_once")]

    def __str__(self) -> str:
        return f"context text {self.pk}"
