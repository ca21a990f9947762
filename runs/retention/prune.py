"""Pruning: the words of runs that meet a policy go for good, and a skeleton with the bill stays.

A policy is applied in small steps, each a transaction that holds one thread and looks at its runs once more: who is killed in
the middle has done whole steps, and who comes after goes on with what is left. To do it twice is to do nothing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from runs import journal
from runs.events import DurableEvent, RunChangedEvent, RunSnapshot
from runs.models import RetentionPolicy, RetentionReport, Run
from runs.queries import run_snapshot
from runs.retention import selection
from runs.retention.policies import Conditions, claim, due_policies
from runs.retention.skeleton import strip
from runs.search.compaction import compact
from threads.operations import hold

RUNS_AT_ONCE: Final = 25  # of one transaction: others wait for it, on SQLite all who write
CHANGED: Final = ("pruned_at", "title", "context", "summary", "commanded")


@dataclass(frozen=True, slots=True)
class Pruned:
    """Runs of one thread whose words went, with what there is to tell."""

    owner_id: UUID
    runs: tuple[RunSnapshot, ...]
    bytes: int
    events: list[DurableEvent]


@dataclass(slots=True)
class Applied:
    """What was done by one application of a policy; ``complete`` where nothing that meets it is left."""

    pruned: list[Pruned] = field(default_factory=list)
    spared: int = 0
    complete: bool = False

    @property
    def runs(self) -> int:
        """How many runs, delegated ones included."""
        return sum(len(pruned.runs) for pruned in self.pruned)

    @property
    def bytes(self) -> int:
        """Of their messages."""
        return sum(pruned.bytes for pruned in self.pruned)


def apply_due() -> Generator[tuple[Pruned, ...], None, None]:
    """Apply the enabled policies step by step, the one that waits longest first. Whoever asks for the steps decides how many
    there are, and closes this. A policy that another process has begun with is left to that."""
    for policy in due_policies():
        if not claim(policy):
            continue
        applied = Applied()
        try:
            yield from _steps_of(policy, applied)
        finally:
            if applied.pruned:
                _report(policy, applied)


def apply(policy: RetentionPolicy, *, seconds: float) -> tuple[Applied, RetentionReport | None]:
    """Apply a policy now, enabled or not, for so long at most. The report is ``None`` where the policy was deleted meanwhile.

    Raises:
        EmptyPolicyError: it has no condition.
    """
    RetentionPolicy.objects.filter(pk=policy.pk).update(last_run_at=timezone.now())
    until, applied = time.monotonic() + seconds, Applied()
    for _ in _steps_of(policy, applied):
        if time.monotonic() > until:
            break
    if applied.pruned:
        compact(anew=True)
    return applied, _report(policy, applied)


def _steps_of(policy: RetentionPolicy, applied: Applied) -> Generator[tuple[Pruned, ...], None, None]:
    """Apply a policy: each step takes a moment, and is what it pruned."""
    conditions = Conditions.of(policy)
    conditions.ensure_some()
    for batch in selection.candidates(conditions=conditions, owner_id=policy.owner_id):
        applied.spared += sum(candidate.spared is not None for candidate in batch)
        yield ()
        for thread_id, run_ids in _places(batch):
            pruned = prune(thread_id=thread_id, run_ids=run_ids, conditions=conditions, owner_id=policy.owner_id)
            if pruned:
                applied.pruned.append(pruned)
                yield (pruned,)
    applied.complete = True


def _places(batch: Sequence[selection.Candidate]) -> Iterator[tuple[UUID, list[UUID]]]:
    """What goes, thread by thread, so many runs at a time."""
    of_thread: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for candidate in batch:
        if candidate.spared is None:
            of_thread[candidate.row.thread_id].append(candidate.row.id)
    for thread_id, run_ids in of_thread.items():
        for start in range(0, len(run_ids), RUNS_AT_ONCE):
            yield thread_id, run_ids[start : start + RUNS_AT_ONCE]


@transaction.atomic
def _report(policy: RetentionPolicy, applied: Applied) -> RetentionReport | None:
    if not RetentionPolicy.objects.select_for_update().filter(pk=policy.pk).exists():
        return None
    return RetentionReport.objects.create(
        policy_id=policy.pk, runs=applied.runs, bytes=applied.bytes, spared=applied.spared
    )


@transaction.atomic
def prune(
    *, thread_id: UUID, run_ids: Collection[UUID], conditions: Conditions, owner_id: UUID | None
) -> Pruned | None:
    """Take the words out of those of these runs of a thread that meet the conditions still and are not spared, and out of
    what they delegated; ``None`` where there are none left."""
    hold(thread_id=thread_id)
    found = selection.chosen(conditions=conditions, owner_id=owner_id, run_ids=run_ids)
    going = [candidate for candidate in found if candidate.spared is None]
    if not going:
        return None
    ids = [run_id for candidate in going for run_id in candidate.run_ids]
    size = sum(selection.sizes_of(ids).values())
    strip(thread_id=thread_id, run_ids=ids, now=timezone.now())
    runs = tuple(run_snapshot(run) for run in Run.objects.filter(pk__in=ids).order_by("number"))
    told = [RunChangedEvent(thread_id=thread_id, run_id=run.id, run=run, changed=CHANGED) for run in runs]
    return Pruned(going[0].row.owner_id, runs, size, journal.append(told, seen=True))
