"""What a page shows of a thread's head's branch: folded from the journal, and read page by page. Both have to be the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from runs import journal, wire
from runs.models import Run
from runs.queries import branch, branch_messages, calls_of_runs, run_snapshot, steps_of_runs
from threads.models import Thread
from threads.wire import message_object

Frame = dict[str, Any]
Screen = dict[str, Any]


def replayed(thread_id: UUID) -> Screen:
    """The journal from the beginning, by the rules of the wire."""
    runs: dict[str, Frame] = {}
    said: dict[str, Frame] = {}
    steps, calls = [], {}
    head = None
    for frame in map(wire.frame, journal.read(thread_id=thread_id, after=0, limit=1_000_000)):
        match frame["type"]:
            case "run":
                runs[frame["run"]["id"]] = frame["run"]
            case "message":
                said[frame["message"]["id"]] = frame["message"]
            case "step":
                steps.append(frame)
            case "tool":
                calls[frame["run_id"], frame["tool_call_id"]] = frame
            case "thread":
                head = frame["changed"].get("head", head)
    on_branch: list[str] = []
    run = runs.get(head or "")
    while run:
        on_branch.insert(0, run["id"])
        run = runs.get(run.get("parent", ""))
    return {
        "branch": on_branch,
        "runs": {run_id: _comparable(runs[run_id]) for run_id in on_branch},
        "said": {run_id: sorted(_of(said.values(), run_id), key=lambda one: one["id"]) for run_id in on_branch},
        "steps": {run_id: _of(steps, run_id) for run_id in on_branch},
        "calls": {run_id: _of(calls.values(), run_id) for run_id in on_branch},
    }


def paged(thread_id: UUID) -> Screen:
    """The pages of the branch that is shown, with their runs, steps and calls."""
    shown = Thread.objects.get(pk=thread_id).head
    head = Run.objects.get(pk=shown) if shown else None
    line = [run for runs in branch(run=head) for run in runs][::-1] if head else []
    ids = [str(run.pk) for run in line]
    said = [message_object(message) for message in branch_messages(head=head, size=1_000_000)] if head else []
    steps = list(map(wire.frame, steps_of_runs(run_ids=[run.pk for run in line])))
    calls = list(map(wire.frame, calls_of_runs(run_ids=[run.pk for run in line])))
    return {
        "branch": ids,
        "runs": {str(run.pk): _comparable(wire.run_object(run_snapshot(run))) for run in line},
        "said": {run_id: _of(said, run_id)[::-1] for run_id in ids},
        "steps": {run_id: _of(steps, run_id) for run_id in ids},
        "calls": {run_id: _of(calls, run_id) for run_id in ids},
    }


def words(screen: Screen) -> list[tuple[str, str]]:
    """Who said what, from the first message to the last; what is no text is left out."""
    messages = (message for said in screen["said"].values() for message in said)
    return [(one["role"], "".join(part.get("text", "") for part in one["content"])) for one in messages]


def _of(frames: Any, run_id: str) -> list[Frame]:
    return [msgspec.to_builtins(frame) for frame in frames if frame["run_id"] == run_id]


def _comparable(run: Frame) -> Frame:
    """Without its place in a queue, for which nothing is sent, and with its cost as a number."""
    usage = {**run["usage"], **({"cost": Decimal(run["usage"]["cost"])} if "cost" in run["usage"] else {})}
    return {**{name: value for name, value in run.items() if name != "position"}, "usage": usage}
