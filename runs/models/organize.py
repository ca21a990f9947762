"""What people put runs in order with: tags, groups."""

from __future__ import annotations

from django.db import models

from coday.kernel.models import BaseModel
from runs.models.runs import Run
from threads.models import Thread


class RunTag(BaseModel):
    """A person's tag for their runs and threads, with its colour."""

    class Color(models.TextChoices):
        GRAY = "gray", "gray"
        RED = "red", "red"
        ORANGE = "orange", "orange"
        YELLOW = "yellow", "yellow"
        GREEN = "green", "green"
        TEAL = "teal", "teal"
        BLUE = "blue", "blue"
        VIOLET = "violet", "violet"
        PINK = "pink", "pink"

    user_id = models.UUIDField()
    name = models.CharField(max_length=60)
    color = models.CharField(max_length=10, choices=Color, default=Color.GRAY)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user_id", "name"], name="runs_tag_of_a_person_once")]

    def __str__(self) -> str:
        return self.name


class RunTagging(BaseModel):
    """A tag on a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(RunTag, on_delete=models.CASCADE, related_name="taggings")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tag", "run"], name="runs_tagging_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.run_id}"


class RunGroup(BaseModel):
    """A named group of runs of a thread, which the page can fold."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="run_groups")
    name = models.CharField(max_length=200)
    folded = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"group {self.pk}"
