"""What threads tell those above them, inside the transaction that wrote it."""

from __future__ import annotations

from django.dispatch import Signal

# A thread changed, by a person or in a run. Arguments: thread_id: UUID, owner_id: UUID, changed: dict[str, JSON value].
thread_changed = Signal()

# Personal data of an anonymous thread got masks. Arguments: thread_id: UUID, owner_id: UUID, masks: tuple[MaskSnapshot, ...].
masks_made = Signal()

# A thread was made, or is gone. Arguments: thread_id: UUID, owner_id: UUID.
thread_created = Signal()
thread_deleted = Signal()
