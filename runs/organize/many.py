"""What is put in order for several people at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from runs.events import DurableEvent
from runs.organize.runs import change_runs


@transaction.atomic
def change_runs_of_all(
    *, owned: Iterable[tuple[UUID, UUID]], changes: Mapping[str, Any], note: Callable[[], None]
) -> dict[UUID, list[DurableEvent]]:
    """``change_runs`` of several people's runs, each as the person would do it, all or none.

    Args:
        owned: the ids of runs, and of those whose they are.
        note: writes down that it was done, in the same transaction.

    Returns:
        The events to publish, by the people whose they are.

    Raises:
        As ``change_runs``.
    """
    by_owner: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for run_id, owner_id in owned:
        by_owner[owner_id].append(run_id)
    note()
    return {
        owner_id: change_runs(user_id=owner_id, run_ids=run_ids, changes=changes)[1]
        for owner_id, run_ids in sorted(by_owner.items())
    }
