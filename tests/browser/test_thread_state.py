"""The page's state: replaying the journal gives the screen that watching gave, whatever is lost, repeated or late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

Frame = dict[str, Any]

REDUCE = """async (sequences) => {
  const { emptyThread, reduce } = await import("/static/js/state/thread-state.js");
  const { screen } = await import("/static/js/state/thread-view.js");
  return sequences.map((frames) => {
    const state = frames.reduce(reduce, emptyThread);
    return { screen: screen(state), gap: state.gap, lastSeq: state.lastSeq, live: Object.keys(state.live).length };
  });
}"""

TERMINAL = ["completed", "failed", "cancelled", "interrupted"]
THREAD = str(UUID(int=1))


@dataclass
class Story:
    """What happened in a thread, told both ways: every frame that a watcher got, and the durable ones alone."""

    frames: list[Frame] = field(default_factory=list)
    runs: list[Frame] = field(default_factory=list)
    messages: list[Frame] = field(default_factory=list)
    steps: list[Frame] = field(default_factory=list)
    seq: int = 0
    ids: int = 1

    @property
    def journal(self) -> list[Frame]:
        return [frame for frame in self.frames if "seq" in frame]

    @property
    def page(self) -> Frame:
        """The same as REST tells it at the end."""
        thread = {"id": THREAD, "head": self.runs[-1]["id"]}
        told = {"runs": self.runs, "messages": self.messages, "steps": self.steps}
        return {"type": "page", "thread": thread, **told, "lastSeq": self.seq}

    def new_id(self) -> str:
        self.ids += 1
        return str(UUID(int=self.ids))

    def durable(self, type_: str, run_id: str, **payload: Any) -> None:
        self.seq += 1
        envelope = {"id": self.new_id(), "seq": self.seq, "thread_id": THREAD, "run_id": run_id}
        self.frames.append({"type": type_, **envelope, **payload})

    def add_run(self, *, question: str, parts: list[tuple[str, list[str]]], status: str, steps: int = 0) -> None:
        parent = {"parent": self.runs[-1]["id"]} if self.runs else {}
        run = {
            "id": self.new_id(),
            "number": len(self.runs) + 1,
            "lane": "lane",
            "kind": "user",
            "agent": "a",
            **parent,
        }
        self.durable("run", run["id"], run={**run, "status": "queued"})
        self.durable("thread", run["id"], changed={"head": run["id"]})
        asked = {"id": self.new_id(), "run_id": run["id"], "role": "user", "status": "complete"}
        self.say({**asked, "content": [{"type": "text", "text": question}]})
        self.durable("run", run["id"], run={**run, "status": "running"})
        for number in range(steps):
            self.durable("step", run["id"], kind="retry", status="waiting", summary=f"Attempt {number}", details={})
            self.steps.append(self.frames[-1])
        self.answer(run["id"], parts, "complete" if status == "completed" else "partial")
        self.durable("run", run["id"], run={**run, "status": status})
        self.runs.append({**run, "status": status})

    def say(self, message: Frame) -> None:
        self.durable("message", message["run_id"], message=message)
        self.messages.append(message)

    def answer(self, run_id: str, parts: list[tuple[str, list[str]]], status: str) -> None:
        message = {"id": self.new_id(), "run_id": run_id, "role": "assistant"}
        if not parts:
            return
        self.frames.append({"type": "message_start", "message": {**message, "status": "streaming", "content": []}})
        for index, (kind, pieces) in enumerate(parts):
            offset = 0
            for text in pieces:
                delta = {"message_id": message["id"], "part": index, "kind": kind, "offset": offset, "text": text}
                self.frames.append({"type": "delta", **delta})
                offset += len(text)  # Python counts code points: an oracle for the page, which counts UTF-16 units
        content = [{"type": kind, "text": "".join(pieces)} for kind, pieces in parts]
        self.say({**message, "status": status, "content": content})


pieces = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5)
parts = st.lists(st.tuples(st.sampled_from(["text", "thinking"]), pieces), max_size=3)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    story = Story()
    for _ in range(draw(st.integers(1, 4))):
        question, status, steps = st.text(max_size=8), st.sampled_from(TERMINAL), st.integers(0, 3)
        story.add_run(question=draw(question), parts=draw(parts), status=draw(status), steps=draw(steps))
    return story


browser_test = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@browser_test
@given(story=stories())
def test_watching_replaying_and_loading_show_the_same(modules: Page, story: Story) -> None:
    watched, replayed, loaded = modules.evaluate(REDUCE, [story.frames, story.journal, [story.page]])
    assert watched == replayed
    assert loaded == replayed
    assert len(replayed["screen"]) == len(story.runs)
    assert replayed["live"] == 0


@browser_test
@given(story=stories(), data=st.data())
def test_the_stream_is_on_the_screen_before_its_message_is_stored(
    modules: Page, story: Story, data: st.DataObject
) -> None:
    ends = [index for index, frame in enumerate(story.frames) if is_answer(frame)]
    if not ends:
        return
    end = data.draw(st.sampled_from(ends))
    before, after = modules.evaluate(REDUCE, [story.frames[:end], story.frames[: end + 1]])
    streamed, stored = (view["screen"][-1]["messages"][-1]["content"] for view in (before, after))
    assert streamed == stored


@browser_test
@given(story=stories(), data=st.data())
def test_repeated_and_lost_frames_change_nothing_in_the_end(modules: Page, story: Story, data: st.DataObject) -> None:
    disturbed: list[Frame] = []
    for frame in story.frames:
        fate = data.draw(st.sampled_from(["once", "twice", "lost"]))
        if "seq" in frame or fate != "lost":
            disturbed.append(frame)
        if fate == "twice":
            disturbed.append(frame)
    seen, replayed = modules.evaluate(REDUCE, [disturbed, story.journal])
    assert seen["screen"] == replayed["screen"]
    assert seen["lastSeq"] == story.seq


@browser_test
@given(story=stories(), data=st.data())
def test_pages_that_come_late_take_nothing_back(modules: Page, story: Story, data: st.DataObject) -> None:
    begun = {**story.page, "lastSeq": 0, "messages": [], "runs": [{**run, "status": "running"} for run in story.runs]}
    cut = data.draw(st.integers(0, len(story.frames)))
    late = [*story.frames[:cut], {**story.page, "lastSeq": 0}, *story.frames[cut:], begun]
    seen, replayed = modules.evaluate(REDUCE, [late, story.journal])
    assert seen["screen"] == replayed["screen"]


def test_a_missing_delta_asks_for_a_resync_and_a_session_settles_it(modules: Page) -> None:
    story = Story()
    story.add_run(question="?", parts=[("text", ["😀a", "b", "c"])], status="completed")
    start = next(index for index, frame in enumerate(story.frames) if frame["type"] == "message_start")
    until_first = story.frames[: start + 2]
    whole, missing, settled = modules.evaluate(
        REDUCE,
        [
            story.frames[: start + 4],
            [*until_first, story.frames[start + 3]],
            [*until_first, story.frames[start + 3], {"type": "session", "streaming": True, "last_seq": 0, "runs": []}],
        ],
    )
    assert not whole["gap"]
    assert whole["screen"][-1]["messages"][-1]["content"] == [{"type": "text", "text": "😀abc"}]
    assert missing["gap"]
    assert missing["screen"][-1]["messages"][-1]["content"] == [{"type": "text", "text": "😀a"}]
    assert not settled["gap"]


@browser_test
@given(story=stories(), data=st.data())
def test_text_of_what_is_not_being_streamed_changes_nothing(modules: Page, story: Story, data: st.DataObject) -> None:
    """Neither before its message has begun, as far as the page knows, nor after it has ended."""
    deltas = [frame for frame in story.frames if frame["type"] == "delta"]
    frames = story.frames[: data.draw(st.integers(0, len(story.frames)))]
    unbegun = [frame for frame in frames if frame["type"] != "message_start"]
    journal = [frame for frame in frames if "seq" in frame]
    sequences = [unbegun, journal, [*story.frames, *deltas], [story.page, *deltas], story.journal]
    early, before, late, loaded, after = modules.evaluate(REDUCE, sequences)
    assert early == before
    assert late == loaded == after


def test_a_message_that_begins_again_has_the_text_of_its_newest_beginning(modules: Page) -> None:
    story = Story()
    story.add_run(question="?", parts=[("text", ["One ", "two ", "three."])], status="completed")
    start = next(index for index, frame in enumerate(story.frames) if frame["type"] == "message_start")
    begun, first, second, third = story.frames[start : start + 4]
    again = {**begun, "message": {**begun["message"], "content": [{"type": "text", "text": "One two "}]}}
    before = story.frames[: start + 1]
    whole, shorter, ended = modules.evaluate(
        REDUCE, [[*before, first, again, second, third], [*before, first, second, third, again], [*story.frames, again]]
    )
    texts = [seen["screen"][-1]["messages"][-1]["content"][0]["text"] for seen in (whole, shorter, ended)]
    assert texts == ["One two three.", "One two ", "One two three."]
    assert [seen["live"] for seen in (whole, shorter, ended)] == [1, 1, 0]
    assert not any(seen["gap"] for seen in (whole, shorter, ended))


@pytest.mark.parametrize(
    "frame", [{"type": "heartbeat"}, {"type": "of tomorrow", "run": {}}, {"type": "constructor"}, {}]
)
def test_unknown_frames_are_ignored(modules: Page, frame: Frame) -> None:
    story = Story()
    story.add_run(question="?", parts=[("text", ["a"])], status="completed")
    assert modules.evaluate(REDUCE, [[*story.frames, frame]]) == modules.evaluate(REDUCE, [story.frames])


def test_a_branch_is_the_heads_ancestors_and_what_waits_behind(modules: Page) -> None:
    def run(number: int, parent: int | None, lane: str, status: str = "completed") -> Frame:
        above = {"parent": str(UUID(int=parent))} if parent else {}
        return {"id": str(UUID(int=number)), "number": number, "lane": lane, "status": status, "agent": "a", **above}

    runs = [run(1, None, "x"), run(2, 1, "x", "failed"), run(3, 1, "y"), run(4, 3, "y", "queued"), run(5, 2, "x")]
    page = {"type": "page", "thread": {"id": THREAD, "head": str(UUID(int=3))}, "runs": runs}
    [shown] = modules.evaluate(REDUCE, [[page]])
    assert [shown_run["number"] for shown_run in shown["screen"]] == [1, 3, 4]


def is_answer(frame: Frame) -> bool:
    return bool(frame["type"] == "message" and frame["message"]["role"] == "assistant")
