"""Which runs meet a policy, and which of them are spared, and why. Reads alone: what prunes looks here again, with the thread
in its hand.

Spared are:

- ``pinned``: the run, one that it delegated to, or its conversation is pinned;
- ``shared``: it stands in a share that is neither revoked nor expired;
- ``active``: something in its conversation has not ended, and may need what was said;
- ``in_progress``: an operation that it started goes on;
- ``shown``: its conversation, which is not archived, shows it last, and the policy names no age: somebody may be reading it;
- ``summarised``: its summary stands for runs that stay, too. A summary holds the words of all its runs, so they go together.

What a run delegated goes with it, and never alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from runs.models import Run, RunTagging, Share, ToolOperation
from runs.queries import OUT_OF_THE_QUEUE
from runs.retention.policies import Conditions
from threads.removal import bytes_of_run

Reason: TypeAlias = Literal["pinned", "shared", "active", "in_progress", "shown", "summarised"]

AT_ONCE: Final = 500  # runs that are looked at together
SAMPLE: Final = 10  # runs of a dry run that are shown


class Row(NamedTuple):
    """What is read of a run that meets a policy. ``bytes`` are those of its messages."""

    id: UUID
    thread_id: UUID
    owner_id: UUID
    pinned: bool
    thread_pinned: bool
    archived: bool
    head: UUID | None
    summary: UUID | None
    finished_at: datetime | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that meets a policy, with what it delegated, level by level; ``spared`` says why it stays."""

    row: Row
    delegated: tuple[UUID, ...] = ()
    spared: Reason | None = None

    @property
    def run_ids(self) -> tuple[UUID, ...]:
        """All runs that go together with it, itself first."""
        return (self.row.id, *self.delegated)


@dataclass(slots=True)
class Plan:
    """What a policy would do: how many runs' words go (delegated ones included), how many bytes of messages that is, which
    are spared and why, between when the others ended, and some of them, oldest first."""

    runs: int = 0
    bytes: int = 0
    spared: Counter[Reason] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None
    sample: list[UUID] = field(default_factory=list)

    def add(self, candidate: Candidate, *, bytes_delegated: int = 0) -> None:
        """Count one more."""
        if candidate.spared:
            self.spared[candidate.spared] += 1
            return
        self.runs += len(candidate.run_ids)
        self.bytes += candidate.row.bytes + bytes_delegated
        ended = candidate.row.finished_at
        if ended:
            self.oldest, self.newest = min(self.oldest or ended, ended), max(self.newest or ended, ended)
        if len(self.sample) < SAMPLE:
            self.sample.append(candidate.row.id)


def plan(*, conditions: Conditions, owner_id: UUID | None) -> Plan:
    """What a policy with these conditions would do now, for a person's conversations or (``None``) for everybody's. It
    writes nothing.

    Raises:
        EmptyPolicyError: there is no condition.
    """
    conditions.ensure_some()
    found = Plan()
    for batch in candidates(conditions=conditions, owner_id=owner_id):
        sizes = sizes_of(one for candidate in batch if not candidate.spared for one in candidate.delegated)
        for candidate in batch:
            found.add(candidate, bytes_delegated=sum(sizes.get(one, 0) for one in candidate.delegated))
    return found


def candidates(*, conditions: Conditions, owner_id: UUID | None) -> Iterator[list[Candidate]]:
    """All runs that meet the conditions, oldest first, a list at a time; what is pruned on the way comes once."""
    met = matching(conditions=conditions, owner_id=owner_id)
    after: UUID | None = None
    while rows := _rows((met if after is None else met.filter(pk__gt=after)).order_by("pk")[:AT_ONCE]):
        yield judge(rows, conditions=conditions, owner_id=owner_id)
        after = rows[-1].id


def chosen(*, conditions: Conditions, owner_id: UUID | None, run_ids: Collection[UUID]) -> list[Candidate]:
    """Those of these runs that meet the conditions at this moment."""
    rows = _rows(matching(conditions=conditions, owner_id=owner_id).filter(pk__in=run_ids).order_by("pk"))
    return judge(rows, conditions=conditions, owner_id=owner_id)


def matching(*, conditions: Conditions, owner_id: UUID | None) -> QuerySet[Run]:
    """The runs that meet the conditions, spared ones included, without what was delegated, removed or pruned."""
    runs = Run.objects.filter(pruned_at__isnull=True, deleted_at__isnull=True).exclude(trigger=Run.Trigger.DELEGATION)
    if owner_id is not None:
        runs = runs.filter(thread__owner_id=owner_id)
    if conditions.older_than_days is not None:
        before = timezone.now() - timedelta(days=conditions.older_than_days)
        runs = runs.filter(Q(finished_at__isnull=True) | Q(finished_at__lt=before), created_at__lt=before)
    if conditions.importance_below is not None:
        runs = runs.filter(importance__lt=conditions.importance_below)
    if conditions.tags:
        runs = runs.filter(_tagged(conditions.tags))
    if conditions.without_tags:
        runs = runs.exclude(_tagged(conditions.without_tags))
    if conditions.only_archived:
        runs = runs.filter(thread__archived=True)
    runs = runs.annotate(bytes=bytes_of_run(OuterRef("pk")))
    return runs if conditions.larger_than is None else runs.filter(bytes__gt=conditions.larger_than)


def _tagged(names: Collection[str]) -> Exists:
    return Exists(RunTagging.objects.filter(run=OuterRef("pk"), tag__name__in=list(names)))


_COLUMNS: Final = (
    "pk", "thread_id", "thread__owner_id", "pinned", "thread__pinned", "thread__archived", "thread__head", "summary_id",
    "finished_at", "bytes",
)  # fmt: skip


def _rows(runs: QuerySet[Run]) -> list[Row]:
    return [Row(*values) for values in runs.values_list(*_COLUMNS)]


def judge(rows: Sequence[Row], *, conditions: Conditions, owner_id: UUID | None) -> list[Candidate]:
    """Which of these runs are spared, and why. A number of queries that does not grow with them."""
    summaries = {row.summary for row in rows if row.summary}
    given = {row.id for row in rows}
    # The other runs of the same summaries, which may come later: a summary goes with the last word of its runs.
    met = matching(conditions=conditions, owner_id=owner_id).filter(summary__in=summaries).exclude(pk__in=given)
    beside = _rows(met) if summaries else []
    judged = _judge_alone([*rows, *beside], dated=conditions.older_than_days is not None)
    going = {candidate.row.id for candidate in judged if not candidate.spared}
    kept = _summaries_that_stay(summaries, going=going)
    return [
        Candidate(candidate.row, candidate.delegated, "summarised")
        if candidate.spared is None and candidate.row.summary in kept
        else candidate
        for candidate in judged[: len(rows)]
    ]


def _summaries_that_stay(summaries: Collection[UUID], *, going: Collection[UUID]) -> set[UUID]:
    """Those of these summaries that stand for a run which stays."""
    if not summaries:
        return set()
    staying = Run.objects.filter(summary__in=summaries, pruned_at__isnull=True, deleted_at__isnull=True)
    members = staying.order_by().values_list("pk", "summary_id")
    return {summary for pk, summary in members if summary and pk not in going}


def _judge_alone(rows: Sequence[Row], *, dated: bool) -> list[Candidate]:
    delegated, pinned = delegated_by([row.id for row in rows])
    everybody = {row.id for row in rows} | {one for some in delegated.values() for one in some}
    threads = {row.thread_id for row in rows}
    unfinished = Run.objects.filter(thread__in=threads, finished_at__isnull=True).exclude(OUT_OF_THE_QUEUE)
    busy = set(unfinished.order_by().values_list("thread_id", flat=True))
    going_on = ToolOperation.objects.filter(run_id__in=everybody, ended_at__isnull=True)
    working = set(going_on.order_by().values_list("run_id", flat=True))
    shared = _shared(threads)

    def reason_of(row: Row, ids: Collection[UUID]) -> Reason | None:
        if row.pinned or row.thread_pinned or pinned.intersection(ids):
            return "pinned"
        if shared.intersection(ids):
            return "shared"
        if row.thread_id in busy or row.finished_at is None:
            return "active"
        if working.intersection(ids):
            return "in_progress"
        return "shown" if row.head == row.id and not (dated or row.archived) else None

    return [
        Candidate(row, tuple(delegated[row.id]), reason_of(row, {row.id, *delegated[row.id]})) for row in rows
    ]  # fmt: skip


def delegated_by(run_ids: Collection[UUID]) -> tuple[defaultdict[UUID, list[UUID]], set[UUID]]:
    """What each of these runs delegated, and those delegated to, and so on; and which of them are pinned."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    pinned: set[UUID] = set()
    level = {run_id: run_id for run_id in run_ids}  # a run and the one that all began with
    while level:
        runs = Run.objects.filter(cause_run__in=level, trigger=Run.Trigger.DELEGATION, pruned_at__isnull=True)
        rows = [(pk, level[cause], is_pinned) for pk, cause, is_pinned in _causes(runs)]
        for pk, root, is_pinned in rows:
            found[root].append(pk)
            pinned |= {pk} if is_pinned else set()
        level = {pk: root for pk, root, _ in rows}
    return found, pinned


def _causes(runs: QuerySet[Run]) -> Iterator[tuple[UUID, UUID, bool]]:
    for pk, cause, pinned in runs.order_by().values_list("pk", "cause_run", "pinned"):
        if cause is not None:
            yield pk, cause, pinned


def _shared(thread_ids: Collection[UUID]) -> set[UUID]:
    """The runs of these threads that stand in a share which can still be looked at."""
    live = Share.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)
    held = live.filter(thread__in=thread_ids).order_by().values_list("runs", "run_id")
    return {UUID(str(one)) for runs, run_id in held for one in (*runs, *([run_id] if run_id else []))}


def sizes_of(run_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The bytes of the messages of each of these runs."""
    runs = Run.objects.filter(pk__in=list(run_ids)).annotate(bytes=bytes_of_run(OuterRef("pk")))
    return dict(runs.order_by().values_list("pk", "bytes"))
