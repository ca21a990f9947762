"""Base models."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from coday.kernel.ids import new_id


class BaseModel(models.Model):
    """A row with a UUIDv7 key, so that the order of keys is the order of creation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
