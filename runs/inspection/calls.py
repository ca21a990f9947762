"""What a past model call was shown: put together again from the thread's messages and what was kept of the call."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from runs.context import Turn
from runs.inference.base import ModelMessage
from runs.models import Run
from runs.queries import find_run, get_run, run_snapshot, runs_between, stretches
from runs.services.context_window import without_images
from runs.services.fitting import summary_messages
from runs.services.message_cleanup import MessageCleanupService
from runs.services.result_shortener import READING_TOOL, ResultShortener
from runs.summarizing.calls import KeptCall, get_call, texts_of
from threads.queries import messages_of_run, messages_of_runs

SHOWN_WHOLE = ("whole", "shortened")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMessage:
    """A message as the model saw it: of which run it is (none for what stands for several), and in which form."""

    message: ModelMessage
    form: str
    run_id: UUID | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """What one model call saw. ``sections`` and ``tools`` are JSON; ``left_out`` are the numbers of runs that it did not see.
    ``complete``: nothing of it has been removed since."""

    thread_id: UUID
    position: int
    model: str
    tokens: int
    created_at: datetime
    sections: tuple[Mapping[str, str], ...]
    tools: tuple[Mapping[str, Any], ...]
    messages: tuple[SeenMessage, ...]
    left_out: tuple[int, ...]
    complete: bool


def seen(*, user_id: UUID, run_id: UUID, position: int) -> SeenCall:
    """What a model call saw.

    Raises:
        RunNotFoundError: the run does not exist for this person.
        ModelCallNotFoundError: nothing is kept of this call.
    """
    run = get_run(user_id=user_id, run_id=run_id)
    call = get_call(user_id=user_id, run_id=run_id, position=position)
    return _Puzzle(run, call).solved()


class _Puzzle:
    """A call's pieces."""

    def __init__(self, run: Run, call: KeptCall) -> None:
        self._run = run
        self._call = call
        self._manifest = call.manifest
        self._texts = texts_of(thread_id=run.thread_id, digests=list(_digests(call.manifest)))
        self._cleanup = MessageCleanupService()
        self._complete = len(self._texts) == len(set(_digests(call.manifest)))
        self._tools = msgspec.json.decode(self._texts.get(self._manifest["tools"], "[]"))
        names = {tool["name"] for tool in self._tools}
        self._shortener = ResultShortener(readable=READING_TOOL in names)

    def solved(self) -> SeenCall:
        """The whole."""
        messages = (*self._earlier(), *self._current())
        return SeenCall(
            thread_id=self._run.thread_id,
            position=self._call.position,
            model=self._call.model,
            tokens=self._manifest["tokens"],
            created_at=self._call.created_at,
            sections=tuple({**one, "text": self._text(one["text"])} for one in self._manifest["sections"]),
            tools=tuple(self._tools),
            messages=messages,
            left_out=self._left_out(),
            complete=self._complete,
        )

    def _text(self, digest: str) -> str:
        return self._texts.get(digest, "")

    def _earlier(self) -> Iterator[SeenMessage]:
        memory = self._manifest["memory"]
        if memory:
            yield from _summary(self._text(memory["text"]))
        told: set[str] = set()
        turns = self._turns()
        for first, last, form, summary in self._manifest["earlier"]:
            if form in SHOWN_WHOLE:
                for turn in (turn for number, turn in turns.items() if first <= number <= last):
                    yield from self._turn(turn, form)
            elif form == "summarised" and summary not in told:
                told.add(summary)
                yield from _summary(self._text(self._manifest["summaries"][summary]))

    def _turn(self, turn: Turn, form: str) -> Iterator[SeenMessage]:
        shown = self._cleanup.view(turn)
        self._complete = self._complete and bool(shown)
        for message in self._shortener.shorten(shown) if form == "shortened" else shown:
            yield SeenMessage(message=self._seen(message), form=form, run_id=turn.run.id, number=turn.run.number)

    def _turns(self) -> dict[int, Turn]:
        """The earlier runs that were shown whole or shortened, by number."""
        spans = [(first, last) for first, last, form, _ in self._manifest["earlier"] if form in SHOWN_WHOLE]
        parent = find_run(run_id=self._run.parent_id) if self._run.parent_id else None
        if not spans or parent is None:
            self._complete = self._complete and not spans
            return {}
        runs = runs_between(stretches=stretches(run=parent), spans=spans)
        messages = messages_of_runs(run_ids=[run.pk for run in runs])
        return {run.number: Turn(run_snapshot(run), tuple(messages[run.pk])) for run in runs}

    def _current(self) -> Iterator[SeenMessage]:
        """The call's own run, as far as it had come."""
        said = tuple(messages_of_run(run_id=self._run.pk))[: self._manifest["current"]]
        self._complete = self._complete and len(said) == self._manifest["current"]
        shown, cut = self._cleanup.paired(said), self._manifest["cut"]
        short = self._shortener.shorten(shown[:cut])
        for place, message in enumerate((*short, *shown[cut:])):
            form = "shortened" if message is not shown[place] else "whole"
            yield SeenMessage(message=self._seen(message), form=form, run_id=self._run.pk, number=self._run.number)

    def _seen(self, message: ModelMessage) -> ModelMessage:
        return message if self._manifest["vision"] else without_images(message)

    def _left_out(self) -> tuple[int, ...]:
        """Numbers of runs, as far as they were known when the call was made."""
        spans = [
            (first, last) for first, last, form, _ in self._manifest["earlier"] if form in ("left_out", "excluded")
        ]
        parent = find_run(run_id=self._run.parent_id) if self._run.parent_id else None
        runs = runs_between(stretches=stretches(run=parent), spans=spans) if parent and spans else []
        return tuple(run.number for run in runs)


def _summary(text: str) -> Iterator[SeenMessage]:
    for message in summary_messages(text):
        yield SeenMessage(message=message, form="summary")


def _digests(manifest: Mapping[str, Any]) -> Iterator[str]:
    found: Collection[str] = (
        *(section["text"] for section in manifest["sections"]),
        *manifest["summaries"].values(),
        manifest["tools"],
        (manifest["memory"] or {}).get("text", ""),
    )
    yield from (digest for digest in found if digest)
