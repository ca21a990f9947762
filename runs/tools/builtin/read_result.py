"""``read_result``: the rest of a long tool result, of which the model was given the beginning."""

from __future__ import annotations

from uuid import UUID

from coday.kernel.database import in_database
from coday.kernel.errors import NotFoundError
from runs.calls import LONGEST_RESULT
from runs.inference.base import ToolDefinition
from runs.models import ToolCall
from runs.tools.base import Invocation, Settled, Tool, ToolTraits

PAGE = LONGEST_RESULT - 500  # characters, with room for what is said of them
MOST_NAMESAKES = 50  # calls with one id that are looked at


class ResultNotFoundError(NotFoundError):
    """No tool call of this thread has this id."""

    code = "result_not_found"
    message = "There is no result of a tool call with this id in this conversation."


class ReadResult(Tool):
    """Reads on in the whole result of an earlier call of the same thread."""

    traits = ToolTraits(title="Read on in a result", timeout=10.0, untrusted=True, policy="allow")
    definition = ToolDefinition(
        name="read_result",
        description=(
            "Reads the rest of a tool result of this conversation that was shortened. The id of the call and the offset "
            f"to go on from are named where it was cut. Gives {PAGE:,} characters at a time."
        ),
        parameters={
            "type": "object",
            "properties": {
                "call_id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Id of the tool call."},
                "offset": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": 10_000_000,
                    "description": "Characters to skip; 0 for the beginning.",
                },
            },
            "required": ["call_id"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """A part of the result.

        Raises:
            ResultNotFoundError: there is none in this thread.
        """
        context = invocation.context
        nearby = (context.run.id, *(turn.run.id for turn in reversed(context.history)))
        content = await in_database(
            find_result, thread_id=context.thread_id, call_id=invocation.arguments["call_id"], nearby=nearby
        )
        return part_of(content, offset=invocation.arguments.get("offset", 0))


def find_result(*, thread_id: UUID, call_id: str, nearby: tuple[UUID, ...]) -> str:
    """The whole result of a call of the thread. Ids are the models': of several calls it is that of the nearest run, in the
    order of ``nearby``, else the newest.

    Raises:
        ResultNotFoundError: there is none.
    """
    there = ToolCall.objects.filter(run__thread_id=thread_id, run__deleted_at__isnull=True)
    calls = there.filter(call_id=call_id).exclude(content="")
    found = list(calls.order_by("-id").values_list("pk", "run_id")[:MOST_NAMESAKES])
    if not found:
        raise ResultNotFoundError
    place = {run_id: index for index, run_id in enumerate(nearby)}
    nearest, _ = min(found, key=lambda call: place.get(call[1], len(place)))
    return ToolCall.objects.values_list("content", flat=True).get(pk=nearest)


def part_of(content: str, *, offset: int) -> Settled:
    """The part of a result that begins at ``offset`` (code points), with where it ends."""
    if offset >= len(content):
        return Settled(f"The result has {len(content):,} characters: there is nothing at {offset:,}.", is_error=True)
    part = content[offset : offset + PAGE]
    end = offset + len(part)
    rest = f"Go on with offset {end}." if end < len(content) else "This is its end."
    return Settled(f"[Characters {offset} to {end} of {len(content)}. {rest}]\n{part}")
