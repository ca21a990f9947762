"""From an open answer to deltas: the loop that every streamed wire format goes through."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Protocol

from runs.errors import ProviderDisconnectedError, RunError
from runs.inference.base import ALIVE, InferenceDelta, TextDelta, ThinkingDelta
from runs.inference.exchange import Answer


class AnswerReader(Protocol):
    """Knows one wire format and one answer's state."""

    is_done: bool
    """Whether the stream said that nothing follows."""

    @property
    def has_finished(self) -> bool:
        """Whether the model has said why it stopped: its answer is whole, whatever becomes of the connection."""
        ...

    def read(self, events: Iterable[bytes]) -> Iterable[InferenceDelta]:
        """The deltas of the events of one network read, up to the one that fails."""
        ...

    def finish(self) -> Iterable[InferenceDelta]:
        """What is due when the stream has ended, the finish last; an error if it ended too early."""
        ...


async def read_answer(
    open_answer: Callable[[], Awaitable[Answer]], reader: AnswerReader
) -> AsyncGenerator[InferenceDelta, None]:
    """Open an answer and yield its deltas; closing the generator closes the connection."""
    async with await open_answer() as answer:
        try:
            async for events in answer:
                spoke = False
                for delta in reader.read(events):
                    spoke = True
                    yield delta
                if reader.is_done:
                    break
                if not spoke:
                    yield ALIVE
        except ProviderDisconnectedError:
            if not reader.has_finished:
                raise
        for delta in reader.finish():
            yield delta
        await answer.drain()


def joined(deltas: Iterable[InferenceDelta]) -> Iterator[InferenceDelta]:
    """The deltas with neighbouring text (and neighbouring thinking of one block) as one delta.

    Where ``deltas`` fails, what came before the failure is given out first.
    """
    last: InferenceDelta | None = None
    try:
        for delta in deltas:
            if isinstance(delta, TextDelta) and isinstance(last, TextDelta):
                last = TextDelta(last.text + delta.text)
            elif isinstance(delta, ThinkingDelta) and isinstance(last, ThinkingDelta) and _go_together(last, delta):
                last = ThinkingDelta(last.text + delta.text, delta.signature)
            else:
                if last is not None:
                    yield last
                last = delta
    except RunError:
        if last is not None:
            yield last
        raise
    if last is not None:
        yield last


def _go_together(last: ThinkingDelta, delta: ThinkingDelta) -> bool:
    """Whether ``delta`` goes on with the thinking block of ``last``: a signature ends one."""
    return not (last.signature or last.redacted or delta.redacted)
