"""The endpoints that show what runs came to: two side by side, and one along its time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from runs.analysis.compare import Seconds, Side, compare
from runs.analysis.differences import Difference
from runs.analysis.timeline import Entry, timeline
from runs.api.base import RunCallerView
from runs.api.schema_analysis import CompareQuery, ComparisonShape, TimelineShape
from runs.queries import get_run
from runs.wire import frame, run_object, tool_object
from threads.snapshot import ThreadSnapshot
from threads.wire import time


class CompareView(RunCallerView):
    """``runs/compare/``"""

    @extend_schema(operation_id="runs_compare", parameters=[CompareQuery], responses=ComparisonShape)
    def get(self, request: Request) -> Response:
        """Two runs side by side, and how the words of the second differ from those of the first. In an anonymous conversation
        the words have tokens in the place of personal values; the tokens of two conversations are never equal."""
        asked = parameters_of(request.query_params, CompareQuery)
        found = compare(user_id=self.user_id, a=asked["a"], b=asked["b"])
        return Response(
            {
                "a": side_object(found.a),
                "b": side_object(found.b),
                "input": difference_object(found.input),
                "answer": difference_object(found.answer),
            }
        )


class TimelineView(RunCallerView):
    """``runs/{id}/timeline/``"""

    @extend_schema(operation_id="runs_timeline", responses=TimelineShape)
    def get(self, request: Request, run_id: UUID) -> Response:
        """What a run did with its time: queued, waiting, model calls, tools, commands, decisions, and the runs that it
        delegated to, in the order in which they began."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        parameters_of(request.query_params, ListQuery)
        shown = timeline(run=run)
        return Response(
            {
                "started_at": time(shown.started_at),
                **({"finished_at": time(shown.finished_at)} if shown.finished_at else {}),
                "entries": [entry_object(entry) for entry in shown.entries],
            }
        )


def side_object(side: Side) -> dict[str, Any]:
    """One of two runs, as JSON."""
    return {
        "run": run_object(side.run),
        "thread": _thread_object(side.thread),
        "input": side.input,
        "answer": side.answer,
        "images": side.images,
        "steps": [frame(step) for step in side.steps],
        "tools": [tool_object(tool) for tool in side.tools],
        "seconds": _seconds_object(side.seconds),
        **({"cut": True} if side.cut else {}),
    }


def difference_object(found: Difference) -> dict[str, Any]:
    """A difference of two texts, as JSON."""
    return {
        "similarity": round(found.similarity, 3),
        "ops": [{"op": op, "text": text} for op, text in found.ops],
        **({"coarse": True} if found.coarse else {}),
    }


def entry_object(entry: Entry) -> dict[str, Any]:
    """An entry of a timeline, as JSON."""
    return {
        "kind": entry.kind,
        "label": entry.label,
        "status": entry.status,
        "started_at": time(entry.started_at),
        **({"finished_at": time(entry.finished_at)} if entry.finished_at else {}),
        "details": {
            name: time(value) if isinstance(value, datetime) else value for name, value in entry.details.items()
        },
        **({"entries": [entry_object(inner) for inner in entry.entries]} if entry.kind == "delegation" else {}),
    }


def _thread_object(thread: ThreadSnapshot) -> dict[str, Any]:
    shown = {"id": str(thread.id), "title": thread.title, "excerpt": thread.excerpt, "anonymous": thread.anonymous}
    return {name: value for name, value in shown.items() if value != ""}


def _seconds_object(seconds: Seconds) -> dict[str, float]:
    shown = {
        "queued": seconds.queued,
        "waiting": seconds.waiting,
        "first_answer": seconds.first_answer,
        "working": seconds.working,
    }
    return {name: round(max(0.0, value), 3) for name, value in shown.items() if value is not None}
