"""A server's tools as tools of a run: called by the server's name for them, answered as text, or waiting for the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mcp_types as types

from runs.inference.base import ToolDefinition
from runs.tools.base import Answer, Invocation, Pending, Settled, Tool, ToolOutcome, ToolTraits
from runs.tools.mcp.connections import Connections
from runs.tools.mcp.elicitation import (
    MAX_QUESTIONS,
    MAX_STATE_CHARS,
    Given,
    Question,
    as_content,
    elicit_result,
    question_of,
)
from runs.tools.mcp.errors import McpAnswerError
from runs.tools.mcp.results import call_result
from skills.snapshot import McpServerSnapshot

MAX_ROUNDS = 5  # in which a server wants to be asked again without a question


@dataclass(frozen=True, slots=True)
class Listed:
    """A tool as its server lists it, checked. ``name`` is the server's own, ``definition`` has ours."""

    name: str
    definition: ToolDefinition
    title: str
    changes: bool


class McpTool(Tool):
    """One tool of one server. Which session it is called in depends on who calls it."""

    def __init__(self, *, server: McpServerSnapshot, listed: Listed, connections: Connections) -> None:
        self._server = server
        self._listed = listed
        self._connections = connections
        self.traits = ToolTraits(
            kind="mcp",
            title=listed.title,
            timeout=server.timeout + connections.connect_seconds + 1.0,  # the server's own ends first, and says more
            changes=listed.changes,
            untrusted=True,
            policy="ask" if server.ask_first else "allow",
        )

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        return self._listed.definition

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Call it.

        Raises:
            McpError: there is no connection, or no answer.
        """
        return await self._call(invocation)

    async def resume(self, invocation: Invocation, answer: Answer) -> ToolOutcome:
        """Go on with the person's answer.

        Raises:
            McpError: there is no connection, or no answer.
        """
        state, content = answer.state, as_content(answer.content)
        given = tuple(Given(key, earlier) for key, earlier in state.get("given", ()))
        if "requests" not in state:
            return await self._call(invocation, given=(*given, Given(state["asking"], content)))
        responses = {**state["responses"], state["asking"]: _as_json(elicit_result(content))}
        waiting = {key: Question(**asked) for key, asked in state["requests"].items() if key != state["asking"]}
        if waiting:
            return _pending_request(waiting, responses, state["request_state"])
        return await self._call(invocation, responses=responses, request_state=state["request_state"])

    async def _call(
        self,
        invocation: Invocation,
        *,
        given: tuple[Given, ...] = (),
        responses: Mapping[str, Any] | None = None,
        request_state: str | None = None,
    ) -> ToolOutcome:
        for _ in range(MAX_ROUNDS):
            try:
                outcome, used = await self._connections.call(
                    (self._server, invocation.context.run.user_id),
                    tool=self._listed.name,
                    arguments=invocation.arguments,
                    given=given,
                    input_responses=_as_responses(responses),
                    request_state=request_state,
                )
            except McpAnswerError as error:
                return self._failed(error)
            if isinstance(outcome, types.CallToolResult):
                return call_result(outcome)
            if isinstance(outcome, Question):
                return _pending_question(outcome, used)
            if outcome.input_requests:
                return _asked(outcome.input_requests, outcome.request_state)
            responses, request_state = None, outcome.request_state
        return Settled("The tool did not come to an end.", is_error=True)

    def _failed(self, error: McpAnswerError) -> Settled:
        said = f" It says: {error.remote}" if error.remote else ""
        return Settled(f"The server did not carry out {self._listed.name}.{said}", is_error=True)


def _pending_question(question: Question, used: Sequence[Given]) -> ToolOutcome:
    """Of the older protocol: the call was ended, and will be made again with the answers."""
    if len(used) >= MAX_QUESTIONS:
        return Settled("The tool asked too many questions.", is_error=True)
    state = {"asking": question.key, "given": [[entry.key, entry.content] for entry in used]}
    return Pending(question=question.message, schema=question.schema, state=state)


def _asked(requests: types.InputRequests, request_state: str | None) -> ToolOutcome:
    """Of the newer protocol: one question after the other, then all answers in one call."""
    waiting: dict[str, Question] = {}
    responses: dict[str, Any] = {}
    for key, request in requests.items():
        if isinstance(request, types.ListRootsRequest):
            responses[key] = _as_json(types.ListRootsResult(roots=[]))
        elif not isinstance(request, types.ElicitRequest):
            return Settled("The tool wants to use the model itself, which is not possible here.", is_error=True)
        elif (question := question_of(request.params)) is None:
            responses[key] = _as_json(elicit_result(None))
        else:
            waiting[key] = question
    if not waiting or len(waiting) > MAX_QUESTIONS or len(request_state or "") > MAX_STATE_CHARS:
        return Settled("The tool asks what cannot be answered here.", is_error=True)
    return _pending_request(waiting, responses, request_state)


def _pending_request(
    waiting: Mapping[str, Question], responses: Mapping[str, Any], request_state: str | None
) -> Pending:
    asking, question = next(iter(waiting.items()))
    state = {
        "asking": asking,
        "requests": {key: waits.as_json() for key, waits in waiting.items()},
        "responses": dict(responses),
        "request_state": request_state,
    }
    return Pending(question=question.message, schema=question.schema, state=state)


def _as_json(result: types.ElicitResult | types.ListRootsResult) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


def _as_responses(responses: Mapping[str, Any] | None) -> types.InputResponses | None:
    if responses is None:
        return None
    return {
        key: types.ListRootsResult.model_validate(value)
        if "roots" in value
        else types.ElicitResult.model_validate(value)
        for key, value in responses.items()
    }
