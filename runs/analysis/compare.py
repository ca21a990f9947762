"""Two runs side by side: what they were asked, what they said, what they did for it, and what that cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from runs.analysis.differences import Difference, difference
from runs.analysis.timeline import Span, seconds_in, spans_of_runs
from runs.events import RunSnapshot, RunStepEvent, RunToolEvent
from runs.models import Run
from runs.queries import calls_of_runs, get_run, run_snapshot, steps_of_runs
from threads.content import ImagePart, text_of
from threads.queries import messages_of_runs, thread_snapshots, visible_threads
from threads.snapshot import MessageSnapshot, ThreadSnapshot
from usage.queries import ModelCall
from usage.queries import calls_of_runs as model_calls_of_runs

LONGEST = 200_000  # characters of an input or an answer that are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Where a run's time went. ``first_answer`` is from its start to the model's first word; ``working`` is without waiting.
    What is not known yet, or was not noted, is ``None``."""

    queued: float
    waiting: float
    first_answer: float | None
    working: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two runs. ``input`` and ``answer`` are its words, with tokens in the place of personal values; ``cut``: they go
    on."""

    run: RunSnapshot
    thread: ThreadSnapshot
    input: str
    answer: str
    images: int
    steps: tuple[RunStepEvent, ...]
    tools: tuple[RunToolEvent, ...]
    seconds: Seconds
    cut: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, and how the words of the second differ from those of the first."""

    a: Side
    b: Side
    input: Difference
    answer: Difference


def compare(*, user_id: UUID, a: UUID, b: UUID) -> Comparison:
    """Compare two visible runs, of one thread or of two.

    Raises:
        RunNotFoundError: one does not exist, or not for this person.
    """
    runs = [get_run(user_id=user_id, run_id=run_id) for run_id in (a, b)]
    one, other = _sides(user_id=user_id, runs=runs)
    # In two threads the same token stands for different values: that they look alike says nothing.
    same = one.thread.id == other.thread.id or not (one.thread.anonymous or other.thread.anonymous)
    return Comparison(
        a=one,
        b=other,
        input=difference(one.input, other.input, same_tokens=same),
        answer=difference(one.answer, other.answer, same_tokens=same),
    )


def _sides(*, user_id: UUID, runs: list[Run]) -> list[Side]:
    ids = {run.pk for run in runs}
    threads = list(visible_threads(user_id=user_id).filter(pk__in={run.thread_id for run in runs}))
    shown = {thread.id: thread for thread in thread_snapshots(threads)}
    said = messages_of_runs(run_ids=ids)
    steps, tools, asked = steps_of_runs(run_ids=ids), calls_of_runs(run_ids=ids), model_calls_of_runs(run_ids=ids)
    spans = spans_of_runs(runs=runs)
    return [
        _side(
            run,
            thread=shown[run.thread_id],
            said=said[run.pk],
            steps=tuple(step for step in steps if step.run_id == run.pk),
            tools=tuple(tool for tool in tools if tool.run_id == run.pk),
            seconds=_seconds(run, spans[run.pk], [call for call in asked if call.run_id == run.pk]),
        )
        for run in runs
    ]


def _side(
    run: Run,
    *,
    thread: ThreadSnapshot,
    said: list[MessageSnapshot],
    steps: tuple[RunStepEvent, ...],
    tools: tuple[RunToolEvent, ...],
    seconds: Seconds,
) -> Side:
    asked = [message for message in said if message.role in ("user", "system")]
    given, answer = _words(asked), _words(message for message in said if message.role == "assistant")
    return Side(
        run=run_snapshot(run),
        thread=thread,
        input=given[:LONGEST],
        answer=answer[:LONGEST],
        images=sum(isinstance(part, ImagePart) for message in asked for part in message.content),
        steps=steps,
        tools=tools,
        seconds=seconds,
        cut=max(len(given), len(answer)) > LONGEST,
    )


def _words(messages: Iterable[MessageSnapshot]) -> str:
    return "\n\n".join(filter(None, (text_of(message.content).strip() for message in messages)))


def _seconds(run: Run, spans: list[Span], calls: list[ModelCall]) -> Seconds:
    now = timezone.now()
    waiting = seconds_in(spans, "waiting", now=now)
    spoke = [call.first_token_at for call in calls if call.purpose == "answer" and call.first_token_at]
    begun = run.started_at
    return Seconds(
        queued=seconds_in(spans, "queued", now=now),
        waiting=waiting,
        first_answer=(min(spoke) - begun).total_seconds() if spoke and begun else None,
        working=(run.finished_at - begun).total_seconds() - waiting if run.finished_at and begun else None,
    )
