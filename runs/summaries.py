"""Threads as lists show them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from runs.models import UNFINISHED, Run, RunEventRecord, ToolCall
from threads.models import Thread
from threads.queries import thread_snapshots, visible_threads
from threads.snapshot import ThreadSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSummary:
    """A thread as a list shows it: how many of its runs are under way, wait for the person, or wait for their turn; whether
    there is news, and whether it is that the newest run of the shown branch failed."""

    thread: ThreadSnapshot
    running: int
    waiting: int
    queued: int
    failed: bool
    unread: bool


def thread_summaries(*, user_id: UUID, thread_ids: Iterable[UUID]) -> dict[UUID, ThreadSummary]:
    """Summaries of those of these threads that the person may see."""
    threads = list(visible_threads(user_id=user_id).filter(pk__in=list(thread_ids)))
    busy = _busy([thread.pk for thread in threads])
    failed = _failed([thread for thread in threads if thread.last_seq > thread.seen_seq])
    return {
        thread.pk: ThreadSummary(
            thread=shown,
            running=busy[thread.pk]["running"],
            waiting=busy[thread.pk]["waiting"],
            queued=busy[thread.pk]["queued"],
            failed=thread.pk in failed,
            unread=thread.last_seq > thread.seen_seq,
        )
        for thread, shown in zip(threads, thread_snapshots(threads), strict=True)
    }


def _busy(thread_ids: Collection[UUID]) -> defaultdict[UUID, Counter[str]]:
    """How many runs of these threads have which status. A run that waits for one that it delegated to is under way."""
    unfinished = Run.objects.filter(thread__in=thread_ids, status__in=UNFINISHED, deleted_at__isnull=True)
    runs = unfinished.order_by().values_list("thread_id", "pk", "status")
    waiting = [pk for _, pk, status in runs if status == Run.Status.WAITING]
    asked = ToolCall.objects.filter(run__in=waiting, status=ToolCall.Status.WAITING)
    asking = set(asked.exclude(asks=ToolCall.Asks.RUN).values_list("run_id", flat=True)) if waiting else set()
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for thread_id, pk, status in runs:
        found[thread_id]["running" if status == Run.Status.WAITING and pk not in asking else status] += 1
    return found


def _failed(unread: Collection[Thread]) -> set[UUID]:
    """Those of these threads, which have news, whose head failed or was interrupted since they were read."""
    heads = {thread.head: thread for thread in unread if thread.head}
    failed = Run.objects.filter(pk__in=heads, status__in=(Run.Status.FAILED, Run.Status.INTERRUPTED))
    runs = failed.filter(deleted_at__isnull=True).values_list("pk", flat=True)
    told = RunEventRecord.objects.filter(run_id__in=runs, type="run").order_by("seq")
    ends = {
        run_id: seq for run_id, seq, payload in told.values_list("run_id", "seq", "payload") if not payload["changed"]
    }
    return {heads[run_id].pk for run_id, seq in ends.items() if run_id and seq > heads[run_id].seen_seq}
