"""A thread of 5,000 messages: its newest page over REST, and the first delta of a follow-up in it."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import msgspec

from benchmarks.coday import CodayTarget
from benchmarks.measure.conversation import converse

REPEATS = 15


@dataclass(frozen=True)
class HistoryFigures:
    """Medians in milliseconds, the size of a page in messages and bytes."""

    newest_page_ms: float
    page_messages: int
    page_bytes: int
    follow_up_ms: float


async def history_figures(target: CodayTarget, thread_id: str) -> HistoryFigures:
    """Read the newest page and ask one more question, both repeatedly."""
    times, body = [], b""
    for _ in range(REPEATS):
        start = time.perf_counter()
        body = target.newest_messages(thread_id)
        times.append((time.perf_counter() - start) * 1000)
    socket = await target.open_socket(thread_id)
    follow_ups = await converse(socket, REPEATS)
    socket.close()
    return HistoryFigures(
        newest_page_ms=statistics.median(times),
        page_messages=len(msgspec.json.decode(body)["results"]),
        page_bytes=len(body),
        follow_up_ms=statistics.median(follow_ups),
    )
