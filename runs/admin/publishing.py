"""What is changed in the admin is told to those who watch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction

from runs.delivery import delivery
from runs.events import DurableEvent


def publish(events: Sequence[DurableEvent], *, owner_id: UUID) -> None:
    """Publish what was changed for a person, once it is committed: pages of the admin are one transaction."""
    transaction.on_commit(partial(delivery.publish_all, events, owner_id=owner_id))
