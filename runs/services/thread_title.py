"""A thread's title: one short, metered model call after its first answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import transaction

from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs import journal, lifecycle
from runs.context import RunContext, load_context
from runs.events import DurableEvent, RunSnapshot, RunThreadEvent
from runs.inference.base import InferenceRequest, ModelMessage
from runs.services.collect_usage import CollectUsageAsyncService
from runs.services.side_call import SideCallService
from threads import operations as threads
from threads.content import TextPart, text_of
from threads.queries import is_untitled, messages_of_run

logger = logging.getLogger(__name__)

INSTRUCTIONS = (
    "You write titles. Read the beginning of a conversation and answer with a title for it: at most six words, in the"
    " language of the conversation, no quotation marks, no full stop, nothing else."
)
EXCERPT = 1_500  # characters of each side that the model reads
LONGEST_TITLE = 80  # characters
MOST_WORDS = 10  # more is an answer and not a title
PATIENCE = 30.0  # seconds
OUTPUT_TOKENS = 400  # room for a reasoning model to think


class ThreadTitleService:
    """Names threads that nobody has named."""

    def __init__(self, *, side_calls: SideCallService, usage: CollectUsageAsyncService) -> None:
        self._side_calls = side_calls
        self._usage = usage

    async def set_title(self, run: RunSnapshot) -> list[DurableEvent]:
        """Give the run's thread a title, unless it has one. Where no model helps, the person's first words are it."""
        beginning = await in_database(_read_untitled, run)
        if beginning is None:
            return []
        title = await self._ask(run, excerpt=beginning.excerpt) or _first_words(beginning.said)
        await self._usage.settled(run.id)
        return await in_database(_write, run, title)

    async def _ask(self, run: RunSnapshot, *, excerpt: str) -> str:
        try:
            context = await in_database(load_context, run=run)
            request = _request(context, excerpt)
            answer = await self._side_calls.complete(context, request, purpose="title", patience=PATIENCE)
        except CodayError as error:
            logger.warning("No model wrote a title for thread %s: %s", run.thread_id, error)
            return ""
        return _clean(answer)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a title is made from."""

    said: str
    answer: str

    @property
    def excerpt(self) -> str:
        return f"Person: {self.said[:EXCERPT]}\n\nAssistant: {self.answer[:EXCERPT]}\n\nTitle:"


def _request(context: RunContext, excerpt: str) -> InferenceRequest:
    model = context.agent.model
    return InferenceRequest(
        model=model,
        system=INSTRUCTIONS,
        messages=(ModelMessage("user", (TextPart(text=excerpt),)),),
        max_output_tokens=min(model.output_limit or OUTPUT_TOKENS, OUTPUT_TOKENS),
    )


def _clean(answer: str) -> str:
    """The title in a model's answer, or nothing where it is none."""
    lines = [line.strip(" \t#*\"'`“”„«».") for line in answer.strip().splitlines()]
    title = next((line for line in lines if line), "").removeprefix("Title:").strip(" \"'")
    return title if 0 < len(title) <= LONGEST_TITLE and len(title.split()) <= MOST_WORDS else ""


def _first_words(said: str) -> str:
    words = " ".join(said.split())
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _read_untitled(run: RunSnapshot) -> _Beginning | None:
    """The run's words, unless its thread has a title."""
    if not is_untitled(thread_id=run.thread_id):
        return None
    messages = messages_of_run(run_id=run.id)
    said = next((text_of(message.content) for message in messages if message.role == "user"), "")
    answer = "\n".join(text_of(message.content) for message in messages if message.role == "assistant")
    return _Beginning(said=said, answer=answer)


@transaction.atomic
def _write(run: RunSnapshot, title: str) -> list[DurableEvent]:
    """The title, and the bill that has grown by it."""
    events = lifecycle.charge(run_id=run.id)
    if title and threads.set_generated_title(thread_id=run.thread_id, title=title):
        events += journal.append([RunThreadEvent(thread_id=run.thread_id, changed={"title": title})])
    return events
