"""What a person says of an answer: a thumb up or down, why, and a comment.

The run has the rating and the reason as they are shown, the row has all of it. Both are written together and told as a change
of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from runs.errors import RunStateError
from runs.events import DurableEvent
from runs.inputs import Asker
from runs.models import Run, RunFeedback
from runs.organize.errors import FeedbackNotFoundError
from runs.organize.tags import tell
from runs.queries import get_run
from threads.covering import Place, cover
from threads.operations import hold

CHANGED = ("feedback",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A person's word on an answer. ``rating`` is 1 or -1; in an anonymous conversation the comment has tokens."""

    run_id: UUID
    rating: int
    reason: str
    comment: str
    created_at: datetime
    updated_at: datetime


def feedback_of(*, user_id: UUID, run_id: UUID) -> Feedback:
    """What the person has said of the answer.

    Raises:
        RunNotFoundError: the run does not exist for this person.
        FeedbackNotFoundError: they have said nothing.
    """
    run = get_run(user_id=user_id, run_id=run_id)
    row = RunFeedback.objects.filter(run=run, user_id=user_id).first()
    if row is None:
        raise FeedbackNotFoundError
    return _feedback(row)


@transaction.atomic
def give_feedback(
    *, asker: Asker, run_id: UUID, rating: int, reason: str = "", comment: str = ""
) -> tuple[Feedback, list[DurableEvent]]:
    """Say this of the answer, in the place of what was said before. Returns the events to publish: none where nothing is new.

    Raises:
        RunNotFoundError: the run does not exist for this person.
        RunStateError: it has not ended yet.
        NotAnalysedError: see ``threads.covering``.
    """
    run = _held(user_id=asker.user_id, run_id=run_id)
    if run.finished_at is None:
        raise RunStateError("An answer is rated once it has ended.", details={"status": run.status})
    (covered,) = cover(Place(run.thread_id, run.user_id, run.anonymous), [comment.strip()])
    said = {"rating": rating, "reason": reason, "comment": covered}
    row = RunFeedback.objects.filter(run=run, user_id=asker.user_id).first()
    if row and all(getattr(row, name) == value for name, value in said.items()):
        return _feedback(row), []
    row, _ = RunFeedback.objects.update_or_create(
        run=run, user_id=asker.user_id, defaults={**said, "username": asker.username}
    )
    return _feedback(row), _show(run, rating=rating, reason=reason)


@transaction.atomic
def take_feedback_back(*, user_id: UUID, run_id: UUID) -> list[DurableEvent]:
    """Unsay it. Returns the events to publish: none where nothing was said.

    Raises:
        RunNotFoundError: the run does not exist for this person.
    """
    run = _held(user_id=user_id, run_id=run_id)
    gone, _ = RunFeedback.objects.filter(run=run, user_id=user_id).delete()
    return _show(run, rating=None, reason="") if gone else []


def _held(*, user_id: UUID, run_id: UUID) -> Run:
    """The run, once its thread is taken."""
    hold(thread_id=get_run(user_id=user_id, run_id=run_id).thread_id)
    return get_run(user_id=user_id, run_id=run_id)


def _show(run: Run, *, rating: int | None, reason: str) -> list[DurableEvent]:
    run.rating, run.rating_reason = rating, reason
    run.save(update_fields=["rating", "rating_reason"])
    return tell([run], changed=CHANGED)


def _feedback(row: RunFeedback) -> Feedback:
    return Feedback(
        run_id=row.run_id,
        rating=row.rating,
        reason=row.reason,
        comment=row.comment,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
