"""What a person says about threads, with the tags that it makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from runs.organize.tags import named, retagged
from threads.operations import update_threads
from threads.snapshot import ThreadSnapshot


@transaction.atomic
def change_threads(
    *,
    user_id: UUID,
    thread_ids: Sequence[UUID],
    changes: Mapping[str, Any],
    add_tags: Sequence[str] = (),
    remove_tags: Collection[str] = (),
) -> list[ThreadSnapshot]:
    """``threads.operations.update_threads``, with tags as the person spells them: those that do not exist are made.

    Raises:
        ThreadNotFoundError: one of the threads does not exist for this person.
        FolderNotFoundError: the folder that they should be in does not.
        TooManyTagsError, TooManyTagsOfRunError: see ``tags``.
        PersonalTagError: a thread is anonymous, and a tag would name somebody.
        NotAnalysedError: see ``threads.covering``.
    """
    rest = {name: value for name, value in changes.items() if name != "tags"}
    to = [row.name for row in named(user_id=user_id, names=changes["tags"])] if "tags" in changes else None
    added = [row.name for row in named(user_id=user_id, names=add_tags)]

    def tags(before: tuple[str, ...]) -> list[str]:
        return retagged(before, to=to, add=added, remove=remove_tags)

    retagging = tags if to is not None or added or remove_tags else None
    return update_threads(user_id=user_id, thread_ids=thread_ids, changes=rest, retagged=retagging)
