"""What the search index holds."""

from __future__ import annotations

from django.db import models

from runs.models.runs import Run


class RunDocument(models.Model):
    """A run as the search index has it: the words of its title, of what was said in it, and what stands inside these words;
    of an anonymous one masked. ``scope`` is a word, too: whose it is."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="document")
    scope = models.CharField(max_length=33, db_default="")
    title = models.TextField(db_default="")
    words = models.TextField()
    parts = models.TextField(db_default="")

    def __str__(self) -> str:
        return f"document of run {self.run_id}"
