"""``list_runs``, ``search_runs`` and ``read_run``: what the person's runs were, by what they are, by words, and whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from coday.kernel.database import in_database
from coday.kernel.errors import InvalidInputError
from runs.analysis.transcripts import Transcript, transcripts_of
from runs.calls import LONGEST_RESULT
from runs.errors import RunNotFoundError
from runs.inference.base import ToolDefinition
from runs.models import Run
from runs.queries import visible_runs
from runs.search.find import RunFilters, filtered_runs, found_runs, hits_of, search_runs
from runs.search.indexing import index_pending
from runs.search.masked import Question
from runs.search.words import terms_of
from runs.tools.base import Invocation, Settled, Tool, ToolTraits
from runs.tools.history.found import RUN_ID, line_of, lines_of, run_id_of

MOST_LISTED: Final = 50
MOST_FOUND: Final = 20
PAGE: Final = LONGEST_RESULT - 500  # characters, with room for what is said of them
READS = ToolTraits(timeout=20.0, untrusted=True)

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 100}
_FILTERS: Final[dict[str, Any]] = {
    "this_conversation": {"type": "boolean", "description": "Only runs of this conversation."},
    "status": {"type": "string", "enum": list(Run.Status.values)},
    "agent": {**_TEXT, "description": "Slug of the agent that answered."},
    "model": {**_TEXT, "description": "Slug of the model."},
    "tag": {**_TEXT, "description": "Name of a tag that it carries."},
    "tool": {**_TEXT, "description": "Name of a tool that it called."},
    "pinned": {"type": "boolean"},
    "importance": {"type": "integer", "minimum": 0, "maximum": 100, "description": "At least."},
    "since": {"type": "string", "maxLength": 40, "description": "Created then or later: 2026-01-31, or with a time."},
    "until": {"type": "string", "maxLength": 40, "description": "Created earlier."},
}
_GIVEN_AS_THEY_ARE: Final = ("status", "agent", "model", "tag", "tool", "pinned", "importance")


def _schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _limit(most: int) -> dict[str, Any]:
    return {
        "type": "integer",
        "minimum": 1,
        "maximum": most,
        "description": f"How many at most; {most // 2} if left out.",
    }


class ListRuns(Tool):
    """Lists the person's runs by what they are, newest first."""

    traits = ToolTraits(title="List runs", timeout=READS.timeout, untrusted=True)
    definition = ToolDefinition(
        name="list_runs",
        description="Lists runs of the person's conversations, newest first. A run is one question or task with all that was"
        " done for it. Gives titles, states, dates, tags, ids and links; read_run gives what was said.",
        parameters=_schema(
            limit=_limit(MOST_LISTED),
            before={**RUN_ID, "description": "Goes on behind this run of an earlier list."},
            **_FILTERS,
        ),
    )

    async def call(self, invocation: Invocation) -> Settled:
        """The runs that are as asked for, without the one that asks.

        Raises:
            InvalidInputError: an id or a time cannot be read.
        """
        given, run = invocation.arguments, invocation.context.run
        filters = _filters(given, here=run.thread_id)
        before = run_id_of(given["before"]) if "before" in given else None
        limit = int(given.get("limit", MOST_LISTED // 2))
        found = await in_database(
            _listed, user_id=run.user_id, filters=filters, besides=run.id, before=before, limit=limit + 1
        )
        if not found:
            return Settled("There is no such run.")
        more = f"\n\nThere are more: go on with before={found[limit - 1].pk}." if len(found) > limit else ""
        return Settled(lines_of(found[:limit], here=run.thread_id) + more)


class SearchRuns(Tool):
    """Looks for words in what was said in the person's runs."""

    traits = ToolTraits(title="Search runs", timeout=READS.timeout, untrusted=True)
    definition = ToolDefinition(
        name="search_runs",
        description="Searches runs of the person's conversations for words. All the words have to be there, in any order and"
        " form. Gives the best runs with the passage that has the words; read_run gives what was said.",
        parameters=_schema(
            "query",
            query={"type": "string", "minLength": 2, "maxLength": 200, "description": "A few words. Fewer find more."},
            limit=_limit(MOST_FOUND),
            **_FILTERS,
        ),
    )

    async def call(self, invocation: Invocation) -> Settled:
        """The runs that fit best, without the one that asks.

        Raises:
            InvalidInputError: a time cannot be read.
        """
        given, run = invocation.arguments, invocation.context.run
        filters = _filters(given, here=run.thread_id)
        limit = int(given.get("limit", MOST_FOUND // 2))
        lines = await in_database(
            _found, user_id=run.user_id, text=given["query"], filters=filters, besides=run.id, limit=limit,
            here=run.thread_id,
        )  # fmt: skip
        return Settled("\n".join(lines) or "No run has all of these words. Try fewer or other ones.")


class ReadRun(Tool):
    """Reads what was said and done in a run, a part at a time."""

    traits = ToolTraits(title="Read a run", timeout=READS.timeout, untrusted=True)
    definition = ToolDefinition(
        name="read_run",
        description="Reads a run of the person's conversations: what was asked and answered, which tools were called and"
        f" what they gave. Gives {PAGE:,} characters at a time.",
        parameters=_schema(
            "run",
            run=RUN_ID,
            offset={
                "type": "integer",
                "minimum": 0,
                "maximum": 10_000_000,
                "description": "Characters to skip; 0 for the beginning.",
            },
        ),
    )

    async def call(self, invocation: Invocation) -> Settled:
        """A part of the run.

        Raises:
            RunNotFoundError: it does not exist for this person.
            InvalidInputError: that is no id.
        """
        given, run = invocation.arguments, invocation.context.run
        read = await in_database(_read, user_id=run.user_id, run_id=run_id_of(given["run"]), here=run.thread_id)
        return _part(read, offset=int(given.get("offset", 0)))


def _part(read: Transcript, *, offset: int) -> Settled:
    head = f"Run #{read.number} “{' '.join(read.title.split())}” of {read.at:%Y-%m-%d %H:%M}, link {read.link}"
    if not read.text:
        return Settled(f"{head}\nNothing was said in it, or its words are not kept any more.")
    if offset >= len(read.text):
        return Settled(f"The run has {len(read.text):,} characters: there is nothing at {offset:,}.", is_error=True)
    part = read.text[offset : offset + PAGE]
    end = offset + len(part)
    rest = f"Go on with offset {end}." if end < len(read.text) else "This is its end."
    return Settled(f"{head}\n[Characters {offset} to {end} of {len(read.text)}. {rest}]\n{part}")


# --- What is asked ----------------------------------------------------------------------------------------------------


def _filters(given: Mapping[str, Any], *, here: UUID) -> RunFilters:
    return RunFilters(
        thread=here if given.get("this_conversation") else None,
        since=_moment(given, "since"),
        until=_moment(given, "until"),
        **{name: given[name] for name in _GIVEN_AS_THEY_ARE if name in given},
    )


def _moment(given: Mapping[str, Any], name: str) -> datetime | None:
    """A time in ISO 8601; where it says no zone, in UTC."""
    if name not in given:
        return None
    try:
        moment = datetime.fromisoformat(given[name])
    except ValueError as error:
        raise InvalidInputError(f"{name}: write it as 2026-01-31 or 2026-01-31T18:00:00Z.", field=name) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- Reads ------------------------------------------------------------------------------------------------------------


def _listed(*, user_id: UUID, filters: RunFilters, besides: UUID, before: UUID | None, limit: int) -> list[Run]:
    runs = filtered_runs(user_id=user_id, filters=filters).exclude(pk=besides)
    if before is not None:
        runs = runs.filter(pk__lt=before)
    return found_runs(run_ids=list(runs.order_by("-pk").values_list("pk", flat=True)[:limit]))


def _found(*, user_id: UUID, text: str, filters: RunFilters, besides: UUID, limit: int, here: UUID) -> list[str]:
    """Lines with the runs. What a mask stands for is not looked at: a model must not learn that by asking for names."""
    index_pending(user_id=user_id)
    question = Question(terms_of(text))
    ids = [pk for pk in search_runs(user_id=user_id, question=question, filters=filters) if pk != besides]
    runs = found_runs(run_ids=ids[:limit])
    hits = hits_of(runs=runs, question=question)
    return [
        line_of(run, here=here, passage=hit.snippet.text if hit.snippet else "")
        for run, hit in zip(runs, hits, strict=True)
    ]


def _read(*, user_id: UUID, run_id: UUID, here: UUID) -> Transcript:
    run = visible_runs(user_id=user_id).select_related("thread").filter(pk=run_id).first()
    if run is None:
        raise RunNotFoundError
    return transcripts_of(runs=[run], here=here, tools=True)[0]
