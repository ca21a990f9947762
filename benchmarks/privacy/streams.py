"""``python -m benchmarks.privacy.streams``: do answers that stream elsewhere stumble while a long text is made anonymous?

One process of Coday on SQLite. In 30 threads in clear, answers of 200 tokens stream one after the other, spread out so that
they do not begin together. Meanwhile, in turns, nothing else happens, or a message of 30 KB goes into a new anonymous thread.
What a person would feel of it is the gap between two deltas of an answer.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec
import uvloop

from benchmarks.__main__ import machine
from benchmarks.answers import AnswerShape
from benchmarks.client import all_ended, no_garbage_collection, own_cpu_seconds
from benchmarks.coday import CodayTarget, running_coday
from benchmarks.exchange import Exchange
from benchmarks.frames import CREATED, WireFrame, create_frame
from benchmarks.privacy.corpus import LANGUAGES, sentences
from benchmarks.sockets import Socket
from benchmarks.targets import running_provider, sockets_on

STREAMS = 30
ANSWER = AnswerShape(tokens=200)
REPLY = AnswerShape(tokens=1)  # to the long message: its first delta says that the text is through
CHARACTERS = 30_000
REPEATS = 3
SETTLE_SECONDS = 2.0
QUIET_SECONDS = 6.0
TARGET_MS = 80


@dataclass
class TimedExchange(Exchange):
    """One run that remembers when each of its deltas came, in seconds of ``time.perf_counter``."""

    delta_times: list[float] = field(default_factory=list)

    def receive_delta(self, frame: WireFrame, size: int, now: float) -> None:
        """Take in a delta, and note the time unless it was ignored."""
        known = self.delta_frames
        super().receive_delta(frame, size, now)
        if self.delta_frames > known:
            self.delta_times.append(now)


@dataclass(frozen=True)
class Window:
    """From when to when something else happened, in seconds of ``time.perf_counter``."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(frozen=True)
class Gaps:
    """Milliseconds between neighbouring deltas of the same run, all runs together."""

    count: int
    p50: float
    p95: float
    longest: float

    @classmethod
    def within(cls, windows: Sequence[Window], runs: Sequence[TimedExchange]) -> Gaps:
        """Of all gaps that a window touches: one that began before it counts with its whole length."""
        gaps = sorted(gap * 1e3 for window in windows for run in runs for gap in _touching(window, run.delta_times))
        return cls(len(gaps), p50=statistics.median(gaps), p95=gaps[int(len(gaps) * 0.95)], longest=gaps[-1])


@dataclass
class Figures:
    """When what happened, the runs of the 30 threads, the part of a core that the client took, and the masks of each text."""

    loading: Window
    quiet: list[Window]
    analysing: list[Window]
    runs: list[TimedExchange]
    client_cores: float
    masks: list[int]

    @property
    def table(self) -> str:
        """As Markdown."""
        rows = {
            "nothing else happens": self.quiet,
            "the analyzer is loaded, for a short message": [self.loading],
            f"{CHARACTERS // 1000} KB are analysed": self.analysing,
        }
        head = "| meanwhile | gaps | p50 | p95 | longest | seconds | target |\n| --- |" + " ---: |" * 6
        return "\n".join([head, *(self._row(name, windows) for name, windows in rows.items())])

    def _row(self, name: str, windows: Sequence[Window]) -> str:
        gaps = Gaps.within(windows, self.runs)
        seconds = ", ".join(f"{window.seconds:.1f}" for window in windows)
        target = f"p95 < {TARGET_MS} ms" if windows is self.analysing else "–"
        return (
            f"| {name} | {gaps.count:,} | {gaps.p50:.0f} ms | {gaps.p95:.0f} ms | {gaps.longest:.0f} ms"
            f" | {seconds} | {target} |"
        )


def _touching(window: Window, times: Sequence[float]) -> Iterator[float]:
    for before, after in itertools.pairwise(times):
        if before < window.end and after > window.start:
            yield after - before


def long_text(seed: int) -> str:
    """All English and German sentences of the corpus, then some of them again, in an order of its own.

    Another order for each message: findings in a text that was analysed already are remembered.
    """
    known = [sentence.text for language in LANGUAGES for sentence in sentences(language)]
    order = random.Random(seed)  # noqa: S311  # nobody is to be surprised
    text = ""
    while len(text) < CHARACTERS:
        text += " ".join(order.sample(known, len(known))) + "\n\n"
    return text[:CHARACTERS]


def message_frame(text: str) -> bytes:
    """An encoded ``run.create`` with a text before the words that ask for the reply."""
    said = {"type": "user", "text": f"{text}\n\n{REPLY.prompt}"}
    return msgspec.json.encode({"type": "run.create", "ref": CREATED, "key": str(uuid4()), "input": said})


def new_anonymous_thread(coday: CodayTarget) -> str:
    """The id of a new, empty one."""
    return str(coday.rest.post("threads/", json={"anonymous": True}).raise_for_status().json()["id"])


def count_masks(coday: CodayTarget, thread_id: str) -> int:
    """How many values were replaced in a thread."""
    return len(coday.rest.get(f"threads/{thread_id}/masks/").raise_for_status().json()["results"])


async def say(socket: Socket, text: str) -> Window:
    """Send a message; the window ends with the first delta of its answer.

    Raises:
        BrokenAnswerError: it was refused, or its answer is not the provider's.
    """
    socket.exchange = exchange = Exchange(REPLY)
    frame = message_frame(text)
    exchange.sent_at = time.perf_counter()
    socket.send(frame)
    await all_ended([exchange])
    return Window(exchange.sent_at, exchange.first_delta_at)


async def nothing() -> Window:
    """A window in which nothing else happens."""
    start = time.perf_counter()
    await asyncio.sleep(QUIET_SECONDS)
    return Window(start, time.perf_counter())


async def keep_streaming(socket: Socket, runs: list[TimedExchange], stop: asyncio.Event, *, delay: float) -> None:
    """One answer after the other in a thread, each noted in ``runs``, until the one that streams when it is to stop."""
    await asyncio.sleep(delay)
    while not stop.is_set():
        socket.exchange = exchange = TimedExchange(ANSWER)
        runs.append(exchange)
        exchange.sent_at = time.perf_counter()
        socket.send(create_frame(ANSWER))
        await all_ended([exchange])


@asynccontextmanager
async def streaming(sockets: Sequence[Socket]) -> AsyncIterator[list[TimedExchange]]:
    """The runs on all sockets, while they stream; when the block ends, those that have begun are awaited.

    Raises:
        ExceptionGroup: of ``BrokenAnswerError``; a run went wrong.
    """
    runs: list[TimedExchange] = []
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for index, socket in enumerate(sockets):
            delay = index * ANSWER.duration / len(sockets)
            tasks.create_task(keep_streaming(socket, runs, stop, delay=delay))
        await asyncio.sleep(ANSWER.duration + SETTLE_SECONDS)
        yield runs
        stop.set()


async def measure(coday: CodayTarget) -> Figures:
    """Load the analyzer, then nothing and a long text in turns, so that what else the machine does meets both."""
    threads = [new_anonymous_thread(coday) for _ in range(1 + REPEATS)]
    anonymous = [await coday.open_socket(thread_id) for thread_id in threads]
    texts = [long_text(seed) for seed in range(REPEATS)]
    quiet, analysing = [], []
    async with sockets_on(coday, STREAMS) as sockets:
        with no_garbage_collection():
            since, cpu = time.perf_counter(), own_cpu_seconds()
            async with streaming(sockets) as runs:
                loading = await say(anonymous[0], "Please ask Jane Roe in Norwich about it.")
                for socket, text in zip(anonymous[1:], texts, strict=True):
                    await asyncio.sleep(SETTLE_SECONDS)
                    quiet.append(await nothing())
                    analysing.append(await say(socket, text))
            client_cores = (own_cpu_seconds() - cpu) / (time.perf_counter() - since)
    for socket in anonymous:
        socket.close()
    masks = [count_masks(coday, thread_id) for thread_id in threads[1:]]
    return Figures(loading, quiet, analysing, runs, client_cores, masks)


def main() -> None:
    """Measure and print."""
    print(f"{machine()}\n", flush=True)
    with running_provider() as provider, running_coday(provider) as coday:
        figures = uvloop.run(measure(coday))
    print(figures.table)
    masks = ", ".join(map(str, figures.masks))
    print(f"\nMasks of the long texts: {masks}. The load client took {figures.client_cores:.2f} of a core.")


if __name__ == "__main__":
    main()
