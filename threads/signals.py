"""What threads tell those above them, inside the transaction that wrote it."""

from __future__ import annotations

from django.dispatch import Signal

# A person changed a thread. Arguments: thread_id: UUID, owner_id: UUID, changed: dict[str, JSON value].
thread_changed = Signal()

# A thread was made, or is gone. Arguments: thread_id: UUID, owner_id: UUID.
thread_created = Signal()
thread_deleted = Signal()
