"""Forgets what was removed longer ago than it can be brought back. Its bill stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from runs.branching.lineage import Lineage
from runs.models import ACTIVE, Run, RunCommand, RunEventRecord, ToolOperation
from threads.operations import hold
from threads.removal import forget

AT_ONCE = 20  # removals


def purge() -> int:
    """Forget what has been removed for more than ``CODAY_UNDO_SECONDS``, oldest first; returns how many runs that were. A
    removed run that has not been stopped yet waits for its end."""
    late = Run.objects.filter(deleted_at__lt=timezone.now() - timedelta(seconds=settings.CODAY_UNDO_SECONDS))
    due = late.exclude(status__in=ACTIVE).order_by("deleted_at").values_list("thread_id", "deletion")
    removals = list(dict.fromkeys(due[: AT_ONCE * 50]))[:AT_ONCE]
    return sum(_purge(thread_id=thread_id, deletion=deletion) for thread_id, deletion in removals if deletion)


@transaction.atomic
def _purge(*, thread_id: UUID, deletion: UUID) -> int:
    hold(thread_id=thread_id)
    runs = Run.objects.filter(deletion=deletion)
    if runs.filter(status__in=ACTIVE).exists():
        return 0
    run_ids = list(runs.values_list("pk", flat=True))
    _let_go(thread_id, run_ids)
    RunEventRecord.objects.filter(run_id__in=run_ids).update(type="thread", run_id=None, payload={"changed": {}})
    ToolOperation.objects.filter(run_id__in=run_ids).delete()
    forget(thread_id=thread_id, run_ids=run_ids, kept_images=images_of_other_commands(thread_id, run_ids))
    runs.delete()
    return len(run_ids)


def _let_go(thread_id: UUID, run_ids: Collection[UUID]) -> None:
    """Have what stands behind these runs stand behind what they stand behind."""
    lineage = Lineage.of(thread_id)
    gone = set(run_ids)
    behind = Run.objects.filter(Q(removed_parent__in=gone) | Q(parent__in=gone), thread_id=thread_id)
    for run in behind.exclude(pk__in=gone):
        before = next((one for one in lineage.above(run.pk) if one not in gone), None)
        run.removed_parent = None if before == run.parent_id else before
        run.save(update_fields=["removed_parent"])


def images_of_other_commands(thread_id: UUID, run_ids: Collection[UUID]) -> set[UUID]:
    """The images that commands of other runs than these hold, which may not be messages yet."""
    others = RunCommand.objects.filter(run__thread_id=thread_id).exclude(run__in=run_ids)
    return {UUID(image) for arguments in others.values_list("arguments", flat=True) for image in _images(arguments)}


def _images(arguments: object) -> list[str]:
    """The ids of images in a command's arguments: a prompt's, or those of the parts that were said to a run."""
    match arguments:
        case {"type": "image", "id": str(image)}:
            return [image]
        case {"images": list(images)}:
            return [str(image) for image in images]
        case dict():
            return [image for inner in arguments.values() for image in _images(inner)]
        case list():
            return [image for inner in arguments for image in _images(inner)]
    return []
