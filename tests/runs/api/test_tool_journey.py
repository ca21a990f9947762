"""An agent acts, by REST alone: skill, source, citation, chart, approval over a restart, job, and the run that brings it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.journey import (
    CHART,
    DELIVERED,
    ORDER,
    ORDERED,
    PASSAGE,
    QUESTION,
    RESULT,
    SKILL,
    SOURCE,
    Journey,
    get,
    post,
    prepared,
)
from tests.support.mock_provider import MockProvider

Frame = dict[str, Any]


@pytest.fixture
def journey(tmp_path: Path) -> Iterator[Journey]:
    with MockProvider.in_thread() as provider, prepared(provider, tmp_path) as ready:
        ready.begin()
        yield ready


class Program:
    """A program that follows one conversation; it knows nothing but what REST says."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._http = journey.program
        self.thread_id = post(self._http, "threads/", {"agent": "energy"})["id"]
        self.seen: list[Frame] = []

    def ask(self, text: str) -> str:
        """Start a run; its id."""
        return str(post(self._http, f"threads/{self.thread_id}/runs/", {"input": {"type": "user", "text": text}})["id"])

    def answer(self, run_id: str, **given: Any) -> Any:
        """Answer one call that waits; the run."""
        body = {"input": {"type": "tool_result", "results": [given]}}
        return post(self._http, f"runs/{run_id}/input/", body)

    def read(self, path: str, **query: Any) -> Any:
        """What is at this address."""
        return get(self._http, path, **query)

    def follow(self, until: Callable[[Frame], bool]) -> Frame:
        """Read the stream of events from where it was left, up to the first one that is looked for."""
        path, last = f"threads/{self.thread_id}/events/", self.seen[-1]["seq"] if self.seen else 0
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
        with self._http.stream("GET", path, headers=headers) as stream:
            for line in stream.iter_lines():
                frame = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if "seq" not in frame:  # transient
                    continue
                self.seen.append(frame)
                if until(frame):
                    return frame
        raise AssertionError("The stream has ended.")

    def follow_run(self, status: str, *, kind: str = "user") -> Frame:
        """The run, when it has this status."""

        def is_it(frame: Frame) -> bool:
            return frame["type"] == "run" and (frame["run"]["status"], frame["run"]["kind"]) == (status, kind)

        return dict(self.follow(is_it)["run"])

    def calls(self, run_id: str) -> dict[str, Frame]:
        """A run's calls by their tools."""
        return {call["name"]: call for call in self.read(f"runs/{run_id}/calls/")["results"]}

    def said(self, run_id: str) -> str:
        """All that the assistant said in a run."""
        messages = self.read(f"threads/{self.thread_id}/messages/")["results"]
        answers = [one for one in messages if one["run_id"] == run_id and one["role"] == "assistant"]
        return "\n".join(part["text"] for one in answers for part in one["content"] if part["type"] == "text")


def test_an_agent_acts_and_a_program_follows(journey: Journey) -> None:
    program = Program(journey)
    run_id = program.ask(QUESTION)
    program.follow_run("waiting")
    calls = program.calls(run_id)
    it_has_activated_its_skill(journey, program, calls)
    it_has_read_its_source_and_cites_it(journey, program, calls, program.said(run_id))
    assert (calls["show_chart"]["kind"], calls["show_chart"]["arguments"]) == ("display", CHART)
    it_waits_for_an_approval(journey, calls)

    journey.server.restart()

    assert program.read(f"runs/{run_id}/")["status"] == "waiting"
    assert program.calls(run_id) == calls
    program.answer(run_id, tool_call_id="call_http_job", approved=True)
    program.follow_run("completed")
    assert ORDERED in program.said(run_id)
    it_has_started_a_job(journey, program, run_id)

    job = journey.jobs.taken(0)
    assert job.end("succeeded", RESULT).json() == {}
    brought = program.follow_run("completed", kind="system")
    it_brings_the_result(journey, program, run_id, brought)
    assert job.end("failed", "Once more").status_code == 404
    what_was_watched_is_what_is_stored(program)


def it_has_activated_its_skill(journey: Journey, program: Program, calls: dict[str, Frame]) -> None:
    [active] = program.read(f"threads/{program.thread_id}/skills/")["results"]
    assert (active["slug"], active["by"], active["tool_call_id"]) == (SKILL["slug"], "model", "call_activate_skill")
    assert calls["activate_skill"]["status"] == "succeeded"
    before, after = journey.asked[:2]
    assert "search_sources" not in names_of(before)
    assert {"search_sources", "read_source"} <= names_of(after)
    assert SKILL["instructions"] in json.dumps(after["messages"])


def it_has_read_its_source_and_cites_it(journey: Journey, program: Program, calls: dict[str, Frame], said: str) -> None:
    for name in ("search_sources", "read_source"):
        [source] = calls[name]["details"]["sources"]
        assert (source["id"], source["title"]) == (journey.source_id, SOURCE["title"])
    [found] = calls["search_sources"]["details"]["sources"]
    assert PASSAGE in found["passage"]
    around = program.read(f"skills/{found['skill']}/sources/{found['id']}/", offset=found["offset"])
    assert PASSAGE in around["text"]
    assert journey.citation in said


def it_waits_for_an_approval(journey: Journey, calls: dict[str, Frame]) -> None:
    call = calls["http_job"]
    assert (call["status"], call["asks"], call["arguments"]) == ("waiting", "approval", ORDER)
    assert journey.jobs.jobs == []


def it_has_started_a_job(journey: Journey, program: Program, run_id: str) -> None:
    assert journey.jobs.taken(0).given == ORDER["input"]
    [operation] = program.read("operations/", status="in_progress")["results"]
    call = program.calls(run_id)["http_job"]
    assert (call["status"], call["operation"]) == ("in_progress", operation["id"])
    assert (operation["run_id"], operation["tool_call_id"]) == (run_id, "call_http_job")


def it_brings_the_result(journey: Journey, program: Program, run_id: str, brought: Frame) -> None:
    assert (brought["trigger"], brought["agent"]) == ("tool", "energy")
    assert brought["cause"] == {"run_id": run_id, "tool_call_id": "call_http_job"}
    assert DELIVERED in program.said(brought["id"])
    call = program.read(f"runs/{run_id}/calls/call_http_job/")
    assert (call["status"], call["content"]) == ("succeeded", RESULT)
    [operation] = program.read("operations/")["results"]
    assert (operation["status"], operation["ended_by_run"]) == ("succeeded", brought["id"])
    told = journey.asked[-1]["messages"][-1]
    assert told["role"] == "user"
    assert "<coday-event>" in str(told["content"])
    assert RESULT in str(told["content"])
    assert len(journey.jobs.jobs) == 1


def what_was_watched_is_what_is_stored(program: Program) -> None:
    """The events of two streams and a restart are the journal, whole and in order."""
    stored = program.read(f"threads/{program.thread_id}/events/", after=0, limit=200)["results"]
    shown = [frame for frame in stored if frame["seq"] <= program.seen[-1]["seq"]]
    assert shown == program.seen
    assert [frame["seq"] for frame in shown] == list(range(1, len(shown) + 1))


def names_of(request: dict[str, Any]) -> set[str]:
    """The tools that the model was offered."""
    return {tool["function"]["name"] for tool in request["tools"]}
