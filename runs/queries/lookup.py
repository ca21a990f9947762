"""Single runs, and those that were delegated by them."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db.models import CharField, Q, QuerySet, UUIDField

from coday.kernel.prepared import Param, PreparedQuery
from runs.errors import RunNotFoundError, RunPrunedError
from runs.models import ACTIVE, Run, RunEventRecord
from threads.queries import visible_threads
from usage.queries import totals_of_run


def visible_runs(*, user_id: UUID) -> QuerySet[Run]:
    """The runs of the threads this person may see, without what was removed."""
    return Run.objects.filter(thread__in=visible_threads(user_id=user_id), deleted_at__isnull=True)


def get_run(*, user_id: UUID, run_id: UUID) -> Run:
    """One visible run.

    Raises:
        RunNotFoundError: it does not exist, or not for this person.
    """
    run = visible_runs(user_id=user_id).filter(pk=run_id).first()
    if run is None:
        raise RunNotFoundError
    return run


def get_runs(*, user_id: UUID, run_ids: Collection[UUID]) -> list[Run]:
    """These visible runs, in the order of their ids.

    Raises:
        RunNotFoundError: one of them does not exist, or not for this person.
    """
    found = list(visible_runs(user_id=user_id).filter(pk__in=run_ids).order_by("pk"))
    if len(found) < len(set(run_ids)):
        raise RunNotFoundError
    return found


_RUN = PreparedQuery(lambda: Run.objects.filter(pk=Param("run_id", UUIDField())).order_by())
_ENDED = PreparedQuery(
    lambda: Run.objects.filter(pk=Param("run_id", UUIDField()), finished_at__isnull=False).order_by().values_list("pk")
)
_ACTIVE_RUN = PreparedQuery(lambda: Run.objects.filter(pk=Param("run_id", UUIDField()), status__in=ACTIVE).order_by())
_RUN_OF_KEY = PreparedQuery(
    lambda: (
        Run.objects.filter(thread_id=Param("thread_id", UUIDField()), key=Param("key", CharField()))
        .exclude(key="")  # as its unique index has it
        .order_by()
    )
)


def run_of_key(*, thread_id: UUID, key: str) -> Run | None:
    """The thread's run that was created under this idempotency key."""
    return _RUN_OF_KEY.first(thread_id=thread_id, key=key)


def find_run(*, run_id: UUID) -> Run | None:
    """One run, for those who work for the run itself: no caller's right is looked at."""
    return _RUN.first(run_id=run_id)


def ensure_whole(run: Run) -> None:
    """Refuse to make anything from a run whose words are gone.

    Raises:
        RunPrunedError: a retention policy removed them.
    """
    if run.pruned_at:
        raise RunPrunedError(details={"run_id": str(run.pk)})


def delegated_runs(*, run_id: UUID) -> list[Run]:
    """The runs that a run has handed tasks to, in the order in which it did."""
    return list(Run.objects.filter(cause_run=run_id, trigger=Run.Trigger.DELEGATION).order_by("number"))


def still_running(*, run_id: UUID) -> list[UUID]:
    """The run and all that was delegated by it, level by level, as far as processes execute them."""
    level, found = [run_id], []
    while level:
        runs = Run.objects.filter(Q(cause_run__in=level, trigger=Run.Trigger.DELEGATION) | Q(pk__in=level))
        rows = dict(runs.values_list("pk", "status"))
        found += [pk for pk, status in rows.items() if status == Run.Status.RUNNING and pk not in found]
        level = [pk for pk in rows if pk not in level]
    return found


def cost_of_run(*, run_id: UUID) -> Decimal:
    """What a run and those that it delegated to have cost so far, as far as prices are known."""
    delegated = delegated_runs(run_id=run_id)
    own = totals_of_run(run_id=run_id).cost or Decimal()
    return sum((cost_of_run(run_id=child.pk) for child in delegated), own)


def has_ended(*, run_id: UUID) -> bool:
    """Whether a run has ended."""
    return bool(_ENDED.rows(run_id=run_id))


def active_run(*, run_id: UUID) -> Run | None:
    """A run, if it is running or waiting."""
    return _ACTIVE_RUN.first(run_id=run_id)


def first_seq(*, run_id: UUID) -> int:
    """The number of the run's first event in its thread's journal."""
    return RunEventRecord.objects.filter(run_id=run_id).order_by("seq").values_list("seq", flat=True)[0]
