"""How much a run matters, from 0 to 100: an automatic score that says why, until a person says something else.

The score comes from the run's row and two counts: what its tools changed, and what was made from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from runs import journal
from runs.events import DurableEvent, RunChangedEvent
from runs.models import Run, ToolCall
from runs.queries import find_run, run_snapshot

LEAST, BEGINNING, MOST = 0, 40, 100
UNKNOWN = 50  # of a run that has not ended
OF_OTHERS = 15  # points at most, however many runs were made from one
COSTLY = ((Decimal(1), 10), (Decimal("0.1"), 5))  # what it cost at least, in its currency, and the points for it
LONG = ((2_000, 10), (500, 5))  # tokens of its answer at least, and the points for them
ENDED_BADLY: Mapping[str, tuple[int, str]] = {
    Run.Status.FAILED: (-15, "It failed"),
    Run.Status.INTERRUPTED: (-15, "It was interrupted"),
    Run.Status.CANCELLED: (-20, "It was cancelled"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a score is higher, or lower, by so many points."""

    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a run its row does not say: ``deeds`` is how many of its tool calls changed something, ``derived`` how many
    runs were forked, edited, continued or repeated from it."""

    deeds: int = 0
    derived: int = 0


def score_of(run: Run, *, deeds: int = 0, derived: int = 0) -> int:
    """The automatic score of a run; see ``Facts`` for the counts."""
    points = sum(reason.points for reason in reasons_of(run, deeds=deeds, derived=derived))
    return min(MOST, max(LEAST, points))


def reasons_of(run: Run, *, deeds: int = 0, derived: int = 0) -> list[Reason]:
    """What the score is made of; the first is what every run begins with. The sum may lie outside of 0 to 100."""
    made = min(OF_OTHERS, 5 * derived)
    found = [
        Reason(30 if run.pinned else 0, "It is pinned"),
        Reason(10 if run.tags else 0, "It has a tag"),
        Reason(5 if run.group_id else 0, "It is in a group"),
        Reason(made, "Another run was made from it" if derived == 1 else f"{derived} runs were made from it"),
        Reason(15 if deeds else 0, "A tool changed something"),
        Reason(5 if run.tool_calls and not deeds else 0, "It called tools"),
        Reason(_at_least(LONG, run.output_tokens), "Its answer is long"),
        Reason(_at_least(COSTLY, run.cost or 0), "It cost more than most"),
        Reason(*ENDED_BADLY.get(run.status, (0, ""))),
        *_by_trigger(run),
    ]
    return [Reason(BEGINNING, "What every run begins with"), *(reason for reason in found if reason.points)]


def _at_least(steps: Collection[tuple[int | Decimal, int]], amount: int | Decimal) -> int:
    return next((points for least, points in steps if amount >= least), 0)


def _by_trigger(run: Run) -> list[Reason]:
    if run.trigger == Run.Trigger.DELEGATION:
        return [Reason(-15, "It is a part of another run's work")]
    return [Reason(-10, "No person asked for it")] if run.kind == Run.Kind.SYSTEM else []


def facts_of(*, run_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """The facts of these runs. Two queries."""
    changed = Q(approved=True) | Q(operation__isnull=False)
    carried_out = ToolCall.objects.filter(
        changed, run__in=run_ids, status__in=(ToolCall.Status.SUCCEEDED, ToolCall.Status.IN_PROGRESS)
    )
    deeds = dict(carried_out.order_by().values_list("run_id").annotate(count=Count("pk")))
    made = Run.objects.filter(origin_run__in=run_ids, deleted_at__isnull=True)
    derived = dict(made.order_by().values_list("origin_run").annotate(count=Count("pk")))
    return {run_id: Facts(deeds=deeds.get(run_id, 0), derived=derived.get(run_id, 0)) for run_id in run_ids}


@transaction.atomic
def rescore(*, run_id: UUID) -> list[DurableEvent]:
    """Score a run again after something was made from it, or no longer is, as part of the work of whoever holds its thread.

    Returns the events to publish: none where its importance is the same, is a person's word, or is not known before it ends.
    """
    run = find_run(run_id=run_id)
    if run is None or run.finished_at is None or run.importance_by != Run.ImportanceBy.SCORE:
        return []
    facts = facts_of(run_ids=[run_id])[run_id]
    score = score_of(run, deeds=facts.deeds, derived=facts.derived)
    if score == run.importance:
        return []
    run.importance = score
    run.save(update_fields=["importance"])
    event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run), changed=("importance",))
    return journal.append([event], seen=True)
