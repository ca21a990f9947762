"""What leaves for a model holds no personal data in an anonymous thread: the last look at a request.

The thread's own messages are stored without any. What is added to them for the call is looked at here: prompts of agents,
sites and people, facts, instructions of skills, and what tools say of themselves.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.db import transaction

from coday.kernel.database import until_done
from runs import lifecycle
from runs.context import RunContext
from runs.inference.base import InferenceRequest, ToolDefinition
from threads.covering import Place, cover, covering


class RequestCoverService:
    """Covers what a request holds beside the thread's messages."""

    async def cover(self, context: RunContext, request: InferenceRequest) -> InferenceRequest:
        """The request as it may leave.

        Raises:
            AnonymizationUnavailableError, AnonymizationInputTooLongError: it could not be looked at, so it may not.
        """
        if not context.run.anonymous:
            return request
        return await covering(partial(until_done, partial(_cover, context, request)))


@transaction.atomic
def _cover(context: RunContext, request: InferenceRequest) -> InferenceRequest:
    run = context.run
    lifecycle.hold_running(run_id=run.id, thread_id=run.thread_id)
    texts = (request.system, *(tool.description for tool in request.tools))
    system, *descriptions = cover(Place(run.thread_id, run.user_id, run.anonymous), texts)
    tools = tuple(_described(tool, text) for tool, text in zip(request.tools, descriptions, strict=True))
    return replace(request, system=system, tools=tools)


def _described(tool: ToolDefinition, description: str) -> ToolDefinition:
    return replace(tool, description=description)
