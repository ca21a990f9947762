"""What threads tell us: journalled in the transaction that wrote it, published when it has committed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.dispatch import receiver

from runs import journal
from runs.delivery import delivery
from runs.events import RunMasksEvent, RunThreadEvent
from threads.masks import MaskSnapshot
from threads.signals import masks_made, thread_changed, thread_created, thread_deleted


@receiver(thread_changed)
def journal_thread_change(thread_id: UUID, owner_id: UUID, changed: dict[str, Any], **_: Any) -> None:
    """Write the change into the thread's journal and tell its watchers."""
    events = journal.append([RunThreadEvent(thread_id=thread_id, changed=changed)], seen=True)
    transaction.on_commit(lambda: delivery.publish(events, owner_id=owner_id))


@receiver(masks_made)
def journal_masks(thread_id: UUID, owner_id: UUID, masks: tuple[MaskSnapshot, ...], **_: Any) -> None:
    """Write new masks into the thread's journal, before what uses them, and tell its watchers."""
    events = journal.append([RunMasksEvent(thread_id=thread_id, masks=tuple(map(journal.seal, masks)))], seen=True)
    transaction.on_commit(lambda: delivery.publish(events, owner_id=owner_id))


@receiver(thread_created)
def announce_thread(thread_id: UUID, owner_id: UUID, **_: Any) -> None:
    """Tell its owner's lists."""
    transaction.on_commit(lambda: delivery.touch(thread_id=thread_id, owner_id=owner_id))


@receiver(thread_deleted)
def announce_deletion(thread_id: UUID, owner_id: UUID, **_: Any) -> None:
    """Tell its owner's lists, and close what watches it."""
    transaction.on_commit(lambda: delivery.touch(thread_id=thread_id, owner_id=owner_id, deleted=True))
