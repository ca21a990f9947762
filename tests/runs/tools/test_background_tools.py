"""Reminders and jobs, with a real server of jobs: started once, ended once, and the result comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import web
from django.utils import timezone
from pytest_django import Settings

from coday.kernel.database import in_database
from runs import background
from runs.errors import CallbackNotFoundError
from runs.events import RunSnapshot
from runs.execution.clock import TICK, do_chores
from runs.models import JobEndpoint, Run, ToolCall, ToolOperation
from runs.queries import run_snapshot
from runs.tools.background import BACKGROUND_TOOLS
from tests.kernel.test_guarded import serving
from tests.runs.conftest import Converse, NewDriver
from tests.runs.conversation import Conversation, words
from tests.runs.test_tool_loop import results
from tests.support.mock_provider import Call, Gate, openai_reply

SECRET = "planted-header-4f9a1c77e0b2d3"
POLICIES = dict.fromkeys(("remind_me", "http_job", "list_job_endpoints"), "allow")
SCHEMA = {"type": "object", "properties": {"branch": {"type": "string"}}, "additionalProperties": False}


@dataclass
class Jobs:
    """A server of jobs: answers one after the other, the last one for ever, and keeps what it was asked."""

    port: int = 0
    answers: list[tuple[int, Any]] = field(default_factory=lambda: [(202, {})])
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)  # then whoever was not answered goes

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, and answer."""
        body = await request.read()
        self.paths.append(request.path)
        self.headers.append(dict(request.headers))
        if body:
            self.bodies.append(msgspec.json.decode(body))
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await self.over.wait()
        if isinstance(answer, bytes):
            return web.Response(status=status, body=answer)
        location = {"Location": answer["location"]} if status == 302 else {}
        return web.json_response(answer, status=status, headers=location)

    @property
    def token(self) -> str:
        """Of the first job's callback."""
        return str(self.bodies[0]["callback_url"]).rstrip("/").rpartition("/")[2]


@pytest.fixture
async def jobs(transactional_db: None, settings: Settings) -> AsyncIterator[Jobs]:
    server = Jobs()
    async with serving(server.handle) as at:
        server.port = at.port
        settings.CODAY_FETCH_ALLOW = [f"127.0.0.1:{at.port}"]
        await in_database(
            JobEndpoint.objects.create,
            slug="nightly", name="Nightly build", description="Builds all.", url=at.at("/jobs"),
            poll_url=at.at("/jobs/{job_id}"), headers=f"X-Key: {SECRET}", input_schema=SCHEMA, deadline=60,
        )  # fmt: skip
        yield server
        server.over.set()


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    return await converse(model={"tools": True}, agent={"tools": POLICIES}, tools=BACKGROUND_TOOLS)


def call(name: str, **arguments: Any) -> Call:
    """A call by the model."""
    return Call(name, (msgspec.json.encode(arguments).decode(),))


async def start(talk: Conversation, *calls: Call) -> RunSnapshot:
    """Ask for something that goes on; the run as it ended."""
    talk.provider.reply(openai_reply(*calls), openai_reply("It is on its way."))
    return await talk.ask("Do it")


async def result_of(talk: Conversation, run: RunSnapshot) -> Any:
    [result] = results(await talk.messages(run))
    return result


async def tick(talk: Conversation) -> None:
    """What each process does every few seconds."""
    await do_chores(TICK * 1_001, tell=talk.driver._executor.tell)
    await talk.idle()


async def operation() -> ToolOperation:
    return await in_database(ToolOperation.objects.get)


async def let_pass(*times: str) -> None:
    """As if what was to come at these times were due."""
    past = timezone.now() - timedelta(seconds=1)
    await in_database(ToolOperation.objects.update, **dict.fromkeys(times, past))


async def system_runs() -> list[RunSnapshot]:
    return await in_database(lambda: [run_snapshot(run) for run in Run.objects.filter(kind="system")])


# --- Reminders ----------------------------------------------------------------------------------------------------


async def test_a_reminder_comes_by_itself(talk: Conversation) -> None:
    run = await start(talk, call("remind_me", text="Water the plants", in_minutes=5))
    assert run.status == "completed"
    waiting = await operation()
    assert timedelta(minutes=4) < (waiting.due_at or timezone.now()) - timezone.now() < timedelta(minutes=5)
    assert str(waiting.pk) in (await result_of(talk, run)).content
    [frame] = [frame for frame in await talk.journal(run) if frame.get("status") == "in_progress"]
    assert (frame["operation"], frame["kind"]) == (str(waiting.pk), "async")

    await let_pass("due_at")
    talk.provider.reply(openai_reply("Here it is."))
    async with talk.watch() as watcher:
        await tick(talk)
        [reminder] = await system_runs()
        await watcher.ended(reminder)

    assert (reminder.status, reminder.parent) == ("completed", run.id)
    assert reminder.cause
    assert (reminder.cause.run_id, reminder.cause.tool_call_id) == (run.id, "call_1")
    assert words(await talk.answer(reminder)) == "Here it is."
    told = talk.sent[-1][-1]
    assert told["role"] == "user"
    assert told["content"].startswith("<coday-event>\nA timer that remind_me set in run 1 is due.\n")
    assert "Water the plants" in told["content"]
    assert [message["role"] for message in talk.sent[-1]] == ["user", "assistant", "tool", "assistant", "user"]


async def test_a_reminder_waits_while_the_conversation_is_busy(talk: Conversation) -> None:
    await start(talk, call("remind_me", text="Now", in_minutes=1))
    gate = Gate()
    await let_pass("due_at")
    talk.provider.reply(openai_reply("Still ", gate, "here."), openai_reply("Now."))
    busy = await talk.say("And now?")
    await gate.reached
    await do_chores(TICK, tell=talk.driver._executor.tell)
    assert [run.status for run in await system_runs()] == ["queued"]
    gate.open()
    await talk.idle()

    [reminder] = await system_runs()
    assert (reminder.parent, reminder.number) == (busy.id, 3)
    assert reminder.started_at
    ended = await talk.run(busy)
    assert ended.finished_at
    assert reminder.started_at >= ended.finished_at


async def test_a_reminder_outlives_the_process(talk: Conversation, new_driver: NewDriver) -> None:
    await start(talk, call("remind_me", text="Later", in_minutes=1))
    await let_pass("due_at")
    await talk.restart(new_driver(tools=BACKGROUND_TOOLS, delivery=talk.delivery))
    await tick(talk)
    assert [run.status for run in await system_runs()] == ["completed"]


async def test_a_time_with_its_offset_is_taken(talk: Conversation) -> None:
    at = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    await start(talk, call("remind_me", text="Call home", at=at.isoformat()))
    assert (await operation()).due_at == at


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "x"},
        {"text": "x", "in_minutes": 5, "at": "2031-05-04T09:30:00Z"},
        {"text": "x", "in_minutes": 0},
        {"text": "x", "in_minutes": -5},
        {"text": "x", "in_minutes": 1e300},
        {"text": "x", "in_minutes": 60 * 24 * 400},
        {"text": "x", "at": "2001-05-04T09:30:00Z"},
        {"text": "x", "at": "9999-12-31T23:59:59-12:00"},
        {"text": "x", "at": "0001-01-01T00:00:00+14:00"},
        {"text": "x", "at": "2031-05-04T09:30:00"},
        {"text": "x", "at": "tomorrow"},
        {"text": "  ", "in_minutes": 5},
        {"text": "x" * 2_001, "in_minutes": 5},
        {"text": "x", "in_minutes": "5"},
        {"in_minutes": 5},
        {"text": "x", "in_minutes": 5, "extra": 1},
    ],
    ids=repr,
)
async def test_a_reminder_at_no_possible_time_is_refused(talk: Conversation, arguments: dict[str, Any]) -> None:
    run = await start(talk, call("remind_me", **arguments))
    assert run.status == "completed"
    assert (await result_of(talk, run)).is_error
    assert await in_database(ToolOperation.objects.count) == 0


async def test_too_many_at_once_are_refused(talk: Conversation, settings: Settings) -> None:
    settings.CODAY_MAX_OPERATIONS = 1
    reminders = [Call("remind_me", (f'{{"text": "{one}", "in_minutes": 5}}',), id=one) for one in ("c1", "c2", "c3")]
    run = await start(talk, *reminders)
    assert sorted(result.is_error for result in results(await talk.messages(run))) == [False, True, True]
    assert await in_database(ToolOperation.objects.count) == 1


# --- Jobs ---------------------------------------------------------------------------------------------------------


async def test_a_job_calls_back_and_brings_its_result(talk: Conversation, jobs: Jobs, settings: Settings) -> None:
    settings.CODAY_PUBLIC_URL = "https://chat.example.org/"
    run = await start(talk, call("http_job", endpoint="nightly", input={"branch": "main"}))
    assert run.status == "completed"
    [body] = jobs.bodies
    assert body["input"] == {"branch": "main"}
    assert body["callback_url"].startswith("https://chat.example.org/api/v1/tool-callbacks/")
    assert datetime.fromisoformat(body["deadline"]) > timezone.now()
    assert jobs.headers[0]["X-Key"] == SECRET

    brought = await talk.driver.capture(background.receive, token=jobs.token, status="succeeded", result="All green.")
    await talk.idle()
    assert (await talk.run(brought)).status == "completed"
    assert "All green." in talk.sent[-1][-1]["content"]
    assert (await in_database(ToolCall.objects.get)).content == "All green."


async def test_a_job_that_ends_at_once_is_settled_at_once(talk: Conversation, jobs: Jobs) -> None:
    jobs.answers = [(200, {"status": "done", "result": {"built": 3}})]
    run = await start(talk, call("http_job", endpoint="nightly"))

    result = await result_of(talk, run)
    assert (result.content, result.is_error) == ('{"built":3}', False)
    ended = await operation()
    assert (ended.status, ended.ended_by_run) == ("succeeded", None)
    assert await system_runs() == []
    assert (await in_database(ToolCall.objects.get)).status == "succeeded"


async def test_a_job_that_fails_at_once_is_told_as_a_failure(talk: Conversation, jobs: Jobs) -> None:
    jobs.answers = [(200, {"status": "failed", "result": "no disk"})]
    run = await start(talk, call("http_job", endpoint="nightly"))
    result = await result_of(talk, run)
    assert (result.content, result.is_error) == ("no disk", True)


@pytest.mark.parametrize(
    "answer", [b"<html>started</html>", b"\xff\xfe", b"[" * 50_000, b"[]", b'{"status": ["done"]}']
)
async def test_whatever_a_success_says_the_job_was_started(talk: Conversation, jobs: Jobs, answer: bytes) -> None:
    jobs.answers = [(200, answer)]
    run = await start(talk, call("http_job", endpoint="nightly"))
    assert not (await result_of(talk, run)).is_error
    assert (await operation()).status == "in_progress"


@pytest.mark.parametrize(
    "answer", [(422, b"no such branch"), (500, b""), (302, {"location": "http://elsewhere.test/"})]
)
async def test_a_job_that_was_not_taken_is_told(talk: Conversation, jobs: Jobs, answer: tuple[int, Any]) -> None:
    jobs.answers = [answer]
    run = await start(talk, call("http_job", endpoint="nightly"))

    assert (await result_of(talk, run)).is_error
    assert (await operation()).status == "failed"
    assert await system_runs() == []
    with pytest.raises(CallbackNotFoundError):
        await in_database(background.receive, token=jobs.token, status="succeeded", result="x")


async def test_a_server_that_is_not_there_was_asked_for_nothing(
    talk: Conversation, jobs: Jobs, settings: Settings
) -> None:
    settings.CODAY_FETCH_ALLOW = ["127.0.0.1:9"]
    await in_database(JobEndpoint.objects.update, url="http://127.0.0.1:9/jobs")
    run = await start(talk, call("http_job", endpoint="nightly"))
    assert (await result_of(talk, run)).is_error
    assert (await operation()).status == "failed"


async def test_a_server_that_does_not_answer_may_have_started_the_job(
    talk: Conversation, jobs: Jobs, settings: Settings
) -> None:
    """It is not told as a failure: the model would start it once more."""
    settings.CODAY_FETCH_SECONDS = 0.3
    jobs.answers = [(200, None)]
    run = await start(talk, call("http_job", endpoint="nightly"))

    result = await result_of(talk, run)
    assert "may have been started" in result.content
    assert not result.is_error
    assert (await operation()).status == "in_progress"
    await in_database(background.receive, token=jobs.token, status="succeeded", result="It was.")
    assert len(await system_runs()) == 1


async def test_a_private_address_is_not_asked(talk: Conversation, jobs: Jobs, settings: Settings) -> None:
    settings.CODAY_FETCH_ALLOW = []
    run = await start(talk, call("http_job", endpoint="nightly"))
    assert "not public" in (await result_of(talk, run)).content
    assert jobs.paths == []
    assert (await operation()).status == "failed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"endpoint": "nightly", "input": {"branch": 5}}, "branch"),
        ({"endpoint": "nightly", "input": {"secret": "x"}}, "secret"),
        ({"endpoint": "nightly", "input": []}, "input"),
        ({"endpoint": "weekly"}, "Those that there are: nightly."),
        ({"endpoint": "retired"}, "Those that there are: nightly."),
        ({"endpoint": "\0"}, ""),
        ({}, "endpoint"),
    ],
)
async def test_what_does_not_fit_is_not_sent(
    talk: Conversation, jobs: Jobs, arguments: dict[str, Any], said: str
) -> None:
    retired = {"slug": "retired", "name": "Retired", "url": "http://127.0.0.1:9/", "enabled": False}
    await in_database(JobEndpoint.objects.create, **retired)
    run = await start(talk, call("http_job", **arguments))
    result = await result_of(talk, run)
    assert result.is_error
    assert said in result.content
    assert (jobs.paths, await in_database(ToolOperation.objects.count)) == ([], 0)


async def test_the_endpoints_are_listed_without_their_addresses(talk: Conversation, jobs: Jobs) -> None:
    run = await start(talk, call("list_job_endpoints"))
    content = (await result_of(talk, run)).content
    assert msgspec.json.decode(content) == [
        {"endpoint": "nightly", "name": "Nightly build", "description": "Builds all.", "input_schema": SCHEMA}
    ]
    assert "127.0.0.1" not in content


async def test_the_headers_are_seen_by_the_endpoint_alone(talk: Conversation, jobs: Jobs) -> None:
    await start(talk, call("list_job_endpoints"), Call("http_job", ('{"endpoint": "nightly"}',), id="c2"))
    rows = await in_database(lambda: [*ToolOperation.objects.values(), *ToolCall.objects.values()])
    assert SECRET not in str(rows) + str(await talk.journal()) + str(talk.sent)
    assert jobs.token not in str(rows) + str(await talk.journal()) + str(talk.sent)


# --- Asking -------------------------------------------------------------------------------------------------------


async def test_a_job_that_nobody_calls_back_for_is_asked_for(talk: Conversation, jobs: Jobs) -> None:
    jobs.answers = [
        (202, {"job_id": 7}),
        (200, {"status": "running"}),
        (500, {}),
        (200, {"status": "succeeded", "result": "Built."}),
    ]
    await start(talk, call("http_job", endpoint="nightly"))
    await tick(talk)
    assert jobs.paths == ["/jobs"]  # not yet
    for _ in range(3):
        assert await system_runs() == []
        await let_pass("poll_at")
        await tick(talk)

    assert jobs.paths == ["/jobs", *["/jobs/7"] * 3]
    assert jobs.headers[-1]["X-Key"] == SECRET
    assert (await operation()).status == "succeeded"
    assert [run.status for run in await system_runs()] == ["completed"]
    await let_pass("poll_at")
    await tick(talk)
    assert len(jobs.paths) == 4


@pytest.mark.parametrize("job_id", ["../admin", "..", "", "a/b", "x" * 201, "a?b", "a b", None, ["7"], "%2e"])
async def test_an_id_that_would_lead_elsewhere_is_not_asked_for(talk: Conversation, jobs: Jobs, job_id: Any) -> None:
    jobs.answers = [(202, {"job_id": job_id})]
    await start(talk, call("http_job", endpoint="nightly"))
    assert (await operation()).poll_at is None


async def test_a_job_that_never_ends_times_out(talk: Conversation, jobs: Jobs) -> None:
    await start(talk, call("http_job", endpoint="nightly"))
    await let_pass("deadline_at")
    await tick(talk)
    assert [run.status for run in await system_runs()] == ["completed"]
    assert "did not end in time" in talk.sent[-1][-1]["content"]
    with pytest.raises(CallbackNotFoundError):
        await in_database(background.receive, token=jobs.token, status="succeeded", result="x")
