"""A person's thread with a mock provider behind it, driven the way the doors drive it, and watched the way they watch it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import msgspec

from agents.models import Agent, LanguageModel, Provider
from coday.accounts.models import User
from coday.kernel.database import in_database
from runs import capture, journal, wire
from runs.branching import repeat
from runs.delivery import Delivery
from runs.events import RunSnapshot
from runs.execution.driver import LocalDriver
from runs.inputs import Asker, parse_answer, parse_request
from runs.models import Run
from runs.queries import run_snapshot
from runs.tools.base import Tool
from runs.wiring import Wiring
from tests.support.mock_provider import MockProvider
from tests.support.replies import PATIENCE
from threads.content import text_of
from threads.models import Thread
from threads.operations import create_thread
from threads.queries import messages_of_runs
from threads.snapshot import MessageSnapshot

KEY = "sk-test-4f9a1c77e0b2d3"
"""The stored key of the mock provider: it may appear in the provider's requests and nowhere else."""

TERMINAL = frozenset({"completed", "failed", "cancelled", "interrupted"})
DURABLE = frozenset({"run", "message", "tool", "step", "masks", "thread", "error"})

Frame = dict[str, Any]


class ToolWiring(Wiring):
    """The product's wiring with other tools."""

    def __init__(self, tools: tuple[Tool, ...]) -> None:
        super().__init__()
        self._tools = {tool.definition.name: tool for tool in tools}

    @property
    def tools(self) -> Mapping[str, Tool]:
        """The test's own."""
        return self._tools


@dataclass(frozen=True)
class Cast:
    """Rows that a conversation needs: a person, their thread, an agent with a model at a provider."""

    asker: Asker
    thread_id: UUID


def make_cast(
    *,
    base_url: str,
    kind: str = "openai",
    username: str = "ann",
    title: str = "A title",
    model: dict[str, Any] | None = None,
    agent: dict[str, Any] | None = None,
) -> Cast:
    """Make the rows. A thread with a title asks no model for one."""
    user = User.objects.create_user(username)
    provider = Provider.objects.create(slug="mock", name="Mock", kind=kind, base_url=base_url, api_key=KEY)
    language_model = LanguageModel.objects.create(
        provider=provider,
        **{"slug": "mock-1", "name": "mock-1", "label": "Mock 1", "is_default": True, **(model or {})},
    )
    values = {"slug": "helper", "name": "Helper", "instructions": "Be kind.", "is_default": True, **(agent or {})}
    Agent.objects.create(language_model=language_model, **values)
    thread = create_thread(owner_id=user.pk, title=title)
    return Cast(Asker(user_id=user.pk, username=user.username), thread.id)


class Conversation:
    """One thread, its person, and the driver that carries out its runs."""

    def __init__(self, *, cast: Cast, provider: MockProvider, driver: LocalDriver, delivery: Delivery) -> None:
        self.asker = cast.asker
        self.thread_id = cast.thread_id
        self.provider = provider
        self.driver = driver
        self.delivery = delivery

    async def say(self, text: str = "Hello?", **body: Any) -> RunSnapshot:
        """Capture an input; the run starts as soon as its lane is free."""
        request = parse_request({"input": {"type": "user", "text": text}, **body})
        return await self.driver.capture(capture.create, asker=self.asker, thread_id=self.thread_id, request=request)

    async def ask(self, text: str = "Hello?", **body: Any) -> RunSnapshot:
        """Say something and wait until nothing is going on any more; the run as it ended."""
        run = await self.say(text, **body)
        await self.idle()
        return await self.run(run)

    async def cancel(self, run: RunSnapshot) -> RunSnapshot:
        """Stop a run."""
        return await self.driver.cancel(asker=self.asker, run_id=run.id)

    async def respond(self, run: RunSnapshot, *results: dict[str, Any]) -> RunSnapshot:
        """Answer calls of a run; it goes on when nothing is open any more."""
        given = parse_answer({"input": {"type": "tool_result", "results": list(results)}})
        return await self.driver.answer(asker=self.asker, run_id=run.id, given=given)

    async def retry(self, run: RunSnapshot) -> RunSnapshot:
        """Retry a run; the new one."""
        return await self.driver.capture(repeat.retry, asker=self.asker, run_id=run.id)

    async def rerun(self, run: RunSnapshot) -> RunSnapshot:
        """Run a run's input again; the new run."""
        return await self.driver.capture(repeat.rerun, asker=self.asker, run_id=run.id)

    async def restart(self, driver: LocalDriver) -> None:
        """Go on with another driver, as after a restart of the server."""
        await self.driver.stop()
        self.driver = driver
        await driver.start()

    async def idle(self) -> None:
        """Wait until no run, title or look for work is under way."""
        async with asyncio.timeout(PATIENCE):
            await self.driver.idle()

    async def run(self, run: RunSnapshot) -> RunSnapshot:
        """The run as it is now."""
        return await in_database(lambda: run_snapshot(Run.objects.get(pk=run.id)))

    async def thread(self) -> Thread:
        """The thread's row as it is now."""
        return await in_database(Thread.objects.get, pk=self.thread_id)

    async def messages(self, run: RunSnapshot) -> list[MessageSnapshot]:
        """The stored messages of a run."""
        return (await in_database(messages_of_runs, run_ids=[run.id]))[run.id]

    async def answer(self, run: RunSnapshot) -> MessageSnapshot:
        """The run's last assistant message."""
        return [message for message in await self.messages(run) if message.role == "assistant"][-1]

    async def journal(self, run: RunSnapshot | None = None) -> list[Frame]:
        """The thread's journal as frames, or one run's part of it."""
        events = await in_database(journal.read, thread_id=self.thread_id, after=0, limit=100_000)
        frames = [msgspec.json.decode(wire.encode(event)) for event in events]
        return [frame for frame in frames if run is None or frame.get("run_id") == str(run.id)]

    def watch(self, *, after: int | None = None) -> Watcher:
        """Watch the thread: ``async with conversation.watch() as watcher``."""
        return Watcher(self.delivery, self.thread_id, after=after)

    @property
    def sent(self) -> list[list[dict[str, Any]]]:
        """The messages of each request that the provider got, without the system prompt."""
        return [
            [message for message in request.json["messages"] if message["role"] != "system"]
            for request in self.provider.requests
        ]


@dataclass
class Screen:
    """What a client shows, folded from frames by the rules of the wire."""

    messages: dict[str, Frame] = field(default_factory=dict)
    runs: dict[str, Frame] = field(default_factory=dict)
    last_seq: int = 0

    def show(self, frame: Frame) -> None:
        """Take in one frame. A delta has to begin where the shown text ends."""
        if "seq" in frame:
            assert frame["seq"] > self.last_seq, "a number came twice or out of order"
            self.last_seq = frame["seq"]
        match frame["type"]:
            case "message_start" | "message":
                self.messages[frame["message"]["id"]] = frame["message"]
            case "delta":
                self._extend(frame)
            case "run":
                self.runs[frame["run"]["id"]] = frame["run"]

    def _extend(self, frame: Frame) -> None:
        content = self.messages[frame["message_id"]]["content"]
        if frame["part"] == len(content):
            content.append({"type": frame["kind"], "text": ""})
        part = content[frame["part"]]
        name = "arguments_text" if frame["kind"] == "tool_use" else "text"
        assert frame["offset"] == len(part.setdefault(name, "")), "a delta was missed or came twice"
        part[name] += frame["text"]


class Watcher:
    """Collects the frames that a door would send. Every wait ends with a failure after ``PATIENCE`` seconds."""

    def __init__(self, delivery: Delivery, thread_id: UUID, *, after: int | None) -> None:
        self.frames: list[Frame] = []
        self.raw: list[str] = []
        self.screen = Screen()
        self._delivery = delivery
        self._thread_id = thread_id
        self._after = after
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._collect())
        await self.frame(lambda frame: frame["type"] == "session")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and (error := self._task.exception()):
            raise error

    async def frame(self, fits: Callable[[Frame], bool]) -> Frame:
        """The first frame that fits, waited for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self._changed.clear()
                found = next(filter(fits, self.frames), None)
                if found is not None:
                    return found
                assert self._task is not None
                if self._task.done():
                    self._task.result()
                    raise AssertionError("the watch ended before such a frame came")
                await self._changed.wait()

    async def ended(self, run: RunSnapshot) -> Frame:
        """The run's terminal event."""
        return await self.frame(lambda frame: ends(frame, run))

    async def said(self, text: str) -> None:
        """Wait until a streaming message shows this text."""
        await self.frame(lambda frame: frame["type"] == "delta" and text in self.text)

    async def closed(self) -> None:
        """Wait until the watch ends by itself."""
        assert self._task is not None
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self._task])

    @property
    def text(self) -> str:
        """Everything that the shown messages say, in the order of their ids."""
        parts = (part for _, message in sorted(self.screen.messages.items()) for part in message["content"])
        return "".join(part.get("text", "") for part in parts)

    @property
    def durable(self) -> list[Frame]:
        """The durable frames."""
        return [frame for frame in self.frames if frame["type"] in DURABLE]

    def of(self, run: RunSnapshot, kind: str) -> list[Frame]:
        """The run's frames of one type."""
        return [frame for frame in self.frames if frame["type"] == kind and frame.get("run_id") == str(run.id)]

    async def _collect(self) -> None:
        try:
            async with aclosing(self._delivery.watch(thread_id=self._thread_id, after=self._after)) as frames:
                async for frame in frames:
                    self.raw.append(frame.text)
                    decoded = msgspec.json.decode(frame.text)
                    self.frames.append(decoded)
                    self.screen.show(msgspec.json.decode(frame.text))
                    self._changed.set()
        finally:
            self._changed.set()


def ends(frame: Frame, run: RunSnapshot) -> bool:
    """Whether this is the run's terminal event."""
    return (
        frame["type"] == "run"
        and frame["run"]["id"] == str(run.id)
        and frame["run"]["status"] in TERMINAL
        and "changed" not in frame
    )


def statuses(frames: list[Frame]) -> list[str]:
    """The statuses that a run's frames tell, in order."""
    return [frame["run"]["status"] for frame in frames if frame["type"] == "run" and "changed" not in frame]


def words(message: MessageSnapshot) -> str:
    """A message's text."""
    return text_of(message.content)
