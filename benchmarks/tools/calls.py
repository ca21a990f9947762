"""Ten calls of a tool that takes a second each, in one turn of a real run: they have to run side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from django.contrib.auth import get_user_model

from agents.models import Agent, LanguageModel
from benchmarks.answers import CallShape
from benchmarks.tools.figures import Figure
from coday.kernel.database import in_database
from runs import capture
from runs.delivery import delivery
from runs.execution.driver import LocalDriver
from runs.inference.base import ToolDefinition
from runs.inputs import Asker, RunRequest, RunUserInput
from runs.models import Run
from runs.tools.base import Invocation, Settled, Tool, ToolTraits
from runs.wiring import Wiring
from threads.operations import create_thread
from threads.snapshot import ThreadSnapshot

CALLS = CallShape(count=10, pause_ms=1_000)
REPEATS = 3


class Pause(Tool):
    """A tool that takes its time."""

    traits = ToolTraits(title="Pause", policy="allow")
    definition = ToolDefinition(
        name="pause",
        description="Wait.",
        parameters={
            "type": "object",
            "properties": {"milliseconds": {"type": "integer"}},
            "required": ["milliseconds"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """Wait as long as asked for."""
        await asyncio.sleep(invocation.arguments["milliseconds"] / 1e3)
        return Settled("Waited.")


class PausingWiring(Wiring):
    """The product's wiring with that tool alone."""

    @property
    def tools(self) -> Mapping[str, Tool]:
        """By name."""
        return {Pause.definition.name: Pause()}


async def measure() -> list[Figure]:
    """From the capture of the input to the end of the run: two model calls and the tools between them."""
    asker, thread = await in_database(_make_rows)
    driver = LocalDriver(wiring=PausingWiring(), delivery=delivery)
    await driver.start()
    try:
        seconds = [await _one_run(driver, asker, thread) for _ in range(REPEATS)]
    finally:
        await driver.stop()
    return [Figure.of("a run with ten tool calls of 1 s in one turn", seconds, target=1_500)]


async def _one_run(driver: LocalDriver, asker: Asker, thread: ThreadSnapshot) -> float:
    request = RunRequest(input=RunUserInput(text=CALLS.prompt))
    started = time.perf_counter()
    run = await driver.capture(capture.create, asker=asker, thread_id=thread.id, request=request)
    await driver.ended(run.id)
    seconds = time.perf_counter() - started
    await driver.idle()
    row = await in_database(Run.objects.get, pk=run.id)
    if (row.status, row.tool_calls, row.model_calls) != ("completed", CALLS.count, 2):
        raise RuntimeError(f"The run is {row.status} after {row.tool_calls} tool calls: {row.error_message}")
    return seconds


def _make_rows() -> tuple[Asker, ThreadSnapshot]:
    admin = get_user_model().objects.get(username="admin")
    LanguageModel.objects.update(tools=True)
    Agent.objects.create(slug="pausing", name="Pausing", tools={"pause": "allow"})
    thread = create_thread(owner_id=admin.pk, title="Pauses", agent="pausing")
    return Asker(user_id=admin.pk, username=admin.username), thread
