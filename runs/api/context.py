"""The endpoints of what models are shown: summaries, what fills a window, what past calls saw."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.parameters import ListQuery, parameters_of
from coday.edge.serializers import body_of
from runs import capture
from runs.api.base import RunCallerView, driven
from runs.api.schema import RunShape
from runs.api.schema_context import (
    ContextQuery,
    ModelCallShape,
    NewSummary,
    SeenCallShape,
    Summarizing,
    SummaryShape,
    SummaryText,
    WindowShape,
)
from runs.delivery import delivery
from runs.errors import RunStateError
from runs.inputs import RunRequest, RunUserInput, SummarizeCommand
from runs.inspection import Gauge, SeenCall, gauge_now, hypothetical_context, seen
from runs.queries import get_run
from runs.services.token_estimate import estimate_text
from runs.summarizing import calls, summaries
from runs.summarizing.calls import KeptCall
from runs.summarizing.summaries import Summary
from runs.wire import run_object
from threads.api.pages import page_object
from threads.api.schema import page_of
from threads.covering import covering_now
from threads.queries import get_thread
from threads.wire import JsonObject, part_object, time


class _Summarizer(RunCallerView):
    """An endpoint that has runs summarised."""

    def summarize(self, *, thread_id: UUID, run_ids: list[UUID], asked: dict[str, str]) -> Response:
        """A run whose one command does it."""
        summaries.summarizable(user_id=self.user_id, thread_id=thread_id, run_ids=run_ids)
        count_run(user_id=self.user_id)
        command = SummarizeCommand(runs=tuple(dict.fromkeys(run_ids)), instructions=asked["instructions"])
        request = RunRequest(input=RunUserInput(commands=(command,)), model=asked["model"], key=asked["key"])
        run = driven(
            lambda driver: driver.capture(capture.create, asker=self.asker, thread_id=thread_id, request=request)
        )
        return Response(run_object(run), status=202)


class SummaryListView(_Summarizer):
    """``threads/{id}/summaries/``"""

    @extend_schema(operation_id="thread_summaries_list", responses=page_of("Summary", SummaryShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """What stands for runs of a conversation in the model's view, oldest first."""
        found = summaries.of_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, ListQuery)
        return Response(page_object(request, [_summary_object(summary) for summary in found], next_page=None))

    @extend_schema(operation_id="thread_summaries_create", request=NewSummary, responses={202: RunShape})
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Have a model write a summary that stands for these runs: a run of its own, which waits for its turn."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        body = body_of(request, NewSummary)
        return self.summarize(thread_id=thread_id, run_ids=body.pop("runs"), asked=body)


class SummarizeView(_Summarizer):
    """``runs/{id}/summarize/``"""

    @extend_schema(operation_id="runs_summarize", request=Summarizing, responses={202: RunShape})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Have a model write a summary that stands for this run."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        return self.summarize(thread_id=run.thread_id, run_ids=[run_id], asked=body_of(request, Summarizing))


class SummaryView(RunCallerView):
    """``run-summaries/{id}/``"""

    @extend_schema(operation_id="run_summaries_get", responses=SummaryShape)
    def get(self, request: Request, summary_id: UUID) -> Response:
        """One summary."""
        return Response(_summary_object(summaries.get_summary(user_id=self.user_id, summary_id=summary_id)))

    @extend_schema(operation_id="run_summaries_update", request=SummaryText, responses=SummaryShape)
    def patch(self, request: Request, summary_id: UUID) -> Response:
        """Put your own words in its place. You have read it: it is not stale any more."""
        summaries.get_summary(user_id=self.user_id, summary_id=summary_id)
        text = body_of(request, SummaryText)["text"]
        edit = partial(summaries.edit, user_id=self.user_id, summary_id=summary_id, text=text)
        return Response(_summary_object(covering_now(edit)))

    @extend_schema(operation_id="run_summaries_delete", responses={204: None})
    def delete(self, request: Request, summary_id: UUID) -> Response:
        """Take it back: its runs are whole again."""
        events = summaries.take_back(user_id=self.user_id, summary_id=summary_id)
        delivery.publish(events, owner_id=self.user_id)
        return Response(status=204)


class RenewSummaryView(_Summarizer):
    """``run-summaries/{id}/renew/``"""

    @extend_schema(operation_id="run_summaries_renew", request=Summarizing, responses={202: RunShape})
    def post(self, request: Request, summary_id: UUID) -> Response:
        """Have it written anew from what its runs say now."""
        summary = summaries.get_summary(user_id=self.user_id, summary_id=summary_id)
        asked = body_of(request, Summarizing)
        if summary.upto:
            raise RunStateError("This summary was made to fit a window, and is made anew when it has to be.")
        return self.summarize(thread_id=summary.thread_id, run_ids=list(summary.runs), asked=asked)


class ContextView(RunCallerView):
    """``threads/{id}/context/``"""

    @extend_schema(operation_id="threads_context", parameters=[ContextQuery], responses=WindowShape)
    def get(self, request: Request, thread_id: UUID) -> Response:
        """What would fill the model's window if you said something now, run by run. MCP servers are asked for their tools."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        query = parameters_of(request.query_params, ContextQuery)
        context = hypothetical_context(
            asker=self.asker,
            thread_id=thread_id,
            agent=query["agent"],
            model=query["model"],
            says=query["text"],
            past=True,
        )
        return Response(_gauge_object(driven(lambda _: gauge_now(context))))


class ModelCallListView(RunCallerView):
    """``runs/{id}/model-calls/``"""

    @extend_schema(operation_id="run_model_calls_list", responses=page_of("ModelCall", ModelCallShape))
    def get(self, request: Request, run_id: UUID) -> Response:
        """A run's model calls, as far as it is kept what they saw."""
        kept = calls.of_run(user_id=self.user_id, run_id=run_id)
        parameters_of(request.query_params, ListQuery)
        shown = [
            {
                "position": one.position,
                "model": one.model,
                "tokens": one.manifest["tokens"],
                "created_at": time(one.created_at),
            }
            for one in kept
        ]
        return Response(page_object(request, shown, next_page=None))


class ModelCallView(RunCallerView):
    """``runs/{id}/model-calls/{position}/``"""

    @extend_schema(operation_id="run_model_calls_get", responses=SeenCallShape)
    def get(self, request: Request, run_id: UUID, position: int) -> Response:
        """What a model call saw."""
        return Response(_seen_object(seen(user_id=self.user_id, run_id=run_id, position=position)))


def _summary_object(summary: Summary) -> JsonObject:
    shown: JsonObject = {
        "id": str(summary.id),
        "thread_id": str(summary.thread_id),
        "runs": [str(run_id) for run_id in summary.runs],
        "upto": str(summary.upto) if summary.upto else None,
        "text": summary.text,
        "written_by": summary.written_by,
        "automatic": summary.upto is not None,
        "model": summary.model or None,
        "made_by_run": str(summary.made_by_run) if summary.made_by_run else None,
        "stale": summary.stale,
        "tokens": estimate_text(summary.text),
        "created_at": time(summary.created_at),
        "updated_at": time(summary.updated_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _gauge_object(gauge: Gauge) -> JsonObject:
    entries = [
        {
            "run_id": str(entry.run_id),
            "number": entry.number,
            "title": entry.title,
            "tokens": entry.tokens,
            "shown": entry.shown,
            **({"summary": str(entry.summary)} if entry.summary else {}),
            "pinned": entry.pinned,
            "importance": entry.importance,
        }
        for entry in gauge.entries
    ]
    return {
        "agent": gauge.agent,
        "model": gauge.model,
        "window": gauge.window,
        "answer": gauge.answer,
        "system": gauge.system,
        "tools": gauge.tools,
        "history": gauge.history,
        "message": gauge.message,
        "free": gauge.free,
        "entries": entries,
        "notices": list(gauge.notices),
        "truncated": gauge.truncated,
        **({"memory": str(gauge.memory)} if gauge.memory else {}),
    }


def _call_object(call: KeptCall) -> JsonObject:
    return {
        "position": call.position,
        "model": call.model,
        "tokens": call.manifest["tokens"],
        "created_at": time(call.created_at),
    }


def _seen_object(call: SeenCall) -> JsonObject:
    messages = [
        {
            "role": one.message.role,
            **({"run_id": str(one.run_id), "number": one.number} if one.run_id else {}),
            "form": one.form,
            "content": [part_object(part, thread_id=call.thread_id) for part in one.message.content],
        }
        for one in call.messages
    ]
    return {
        "position": call.position,
        "model": call.model,
        "tokens": call.tokens,
        "created_at": time(call.created_at),
        "sections": [{**section, "tokens": estimate_text(section["text"])} for section in call.sections],
        "tools": list(call.tools),
        "messages": messages,
        "left_out": list(call.left_out),
        "complete": call.complete,
    }
