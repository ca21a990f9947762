"""The endpoints of threads that touch their runs: the list with what runs, deletion, messages, events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import InvalidParameterError, parameters_of
from coday.kernel.database import in_database
from runs import journal, wire
from runs.api.base import RunCallerView, driven
from runs.api.schema import EventQuery, EventShape, MessagePageShape, MessageQuery, ThreadSummaryShape
from runs.api.schema_branches import ThreadChangesWithHead
from runs.branching.switch import switch_head
from runs.branching.tree import siblings_of
from runs.delivery import delivery
from runs.errors import RunNotFoundError
from runs.execution.driver import Driver
from runs.inputs import Asker
from runs.models import Run
from runs.organize.threads import change_threads
from runs.queries import (
    branch_messages,
    calls_of_runs,
    run_snapshot,
    steps_of_runs,
    unfinished_runs,
    with_positions,
)
from runs.search.find import ask, threads_with
from runs.summaries import thread_summaries
from threads.api import views as threads
from threads.api.pages import page_object
from threads.api.requests import ThreadQuery
from threads.api.schema import ThreadShape, page_of
from threads.content import ToolUsePart
from threads.models import Thread
from threads.operations import delete_thread
from threads.queries import get_thread, thread_snapshot
from threads.snapshot import MessageSnapshot, ThreadSnapshot
from threads.wire import JsonObject, message_object, thread_object

END_PATIENCE = 5.0  # seconds that runs get to end before their thread is deleted


class ThreadListView(threads.ThreadListView):
    """``threads/``"""

    @extend_schema(
        operation_id="threads_list", parameters=[ThreadQuery], responses=page_of("ThreadSummary", ThreadSummaryShape)
    )
    def get(self, request: Request) -> Response:
        """The caller's conversations, pinned ones first, then by their last change."""
        return super().get(request)

    def found(self, query: dict[str, Any]) -> QuerySet[Thread]:
        """The threads that are as asked for; words are looked for in titles and in what was said."""
        threads = super().found({**query, "q": ""})
        if not query["q"]:
            return threads
        question = ask(user_id=self.user_id, text=query["q"])
        return threads.filter(threads_with(user_id=self.user_id, question=question))

    def objects(self, threads: Sequence[Thread]) -> list[JsonObject]:
        """Threads with what the list socket tells of them."""
        ids = [thread.pk for thread in threads]
        summaries = thread_summaries(user_id=self.user_id, thread_ids=ids)
        return [
            {
                **thread_object(summary.thread),
                **wire.news_object(summary, watched=delivery.is_watched(summary.thread.id)),
            }
            for summary in (summaries[thread_id] for thread_id in ids if thread_id in summaries)
        ]


class ThreadView(threads.ThreadView, RunCallerView):
    """``threads/{id}/``"""

    changes = ThreadChangesWithHead

    @extend_schema(operation_id="threads_update", request=ThreadChangesWithHead, responses=ThreadShape)
    def patch(self, request: Request, thread_id: UUID) -> Response:
        """Rename, pin, archive, tag or file a conversation, choose its agent and model, show another of its branches."""
        return super().patch(request, thread_id=thread_id)

    def update(self, *, thread_id: UUID, changes: Mapping[str, Any]) -> ThreadSnapshot:
        """Write what was asked for; tags that do not exist are made."""
        fields = {name: value for name, value in changes.items() if name != "head"}
        with transaction.atomic():
            [thread] = change_threads(user_id=self.user_id, thread_ids=[thread_id], changes=fields)
            if "head" not in changes:
                return thread
            events = switch_head(user_id=self.user_id, thread_id=thread_id, run_id=changes["head"])
        delivery.publish(events, owner_id=self.user_id)
        return thread_snapshot(get_thread(user_id=self.user_id, thread_id=thread_id))

    @extend_schema(operation_id="threads_delete", responses={204: None})
    def delete(self, request: Request, thread_id: UUID) -> Response:
        """Delete a conversation with everything in it. What runs in it is cancelled first."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        driven(partial(end_runs, asker=self.asker, thread_ids=[thread_id]))
        delete_thread(user_id=self.user_id, thread_id=thread_id)
        return Response(status=204)


async def end_runs(driver: Driver, *, asker: Asker, thread_ids: Sequence[UUID]) -> None:
    """Cancel what has not ended, queued runs first so that none of them starts, and wait for the last words."""
    runs = [run for thread_id in thread_ids for run in await in_database(unfinished_runs, thread_id=thread_id)]
    for run in reversed(runs):
        await driver.cancel(asker=asker, run_id=run.id)
    with suppress(TimeoutError):
        async with asyncio.timeout(END_PATIENCE):
            for run in runs:
                await driver.ended(run.id)


class MessageListView(RunCallerView):
    """``threads/{id}/messages/``"""

    @extend_schema(operation_id="messages_list", parameters=[MessageQuery], responses=MessagePageShape)
    def get(self, request: Request, thread_id: UUID) -> Response:
        """What was said on the branch that is shown, newest first, with the runs that said it and their steps and
        tool calls. Pages only go back: `previous` is always null."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        query = parameters_of(request.query_params, MessageQuery)
        limit = query["limit"]
        found = self._read(thread, head_id=query.get("run", thread.head), before=query.get("cursor"), size=limit + 1)
        shown = found[:limit]
        more = {"cursor": str(shown[-1].id)} if len(found) > limit else None
        page = page_object(request, [message_object(message) for message in shown], next_page=more)
        run_ids = list(dict.fromkeys(message.run_id for message in reversed(shown)))
        steps = [wire.frame(step) for step in steps_of_runs(run_ids=run_ids)]
        tools = [wire.frame(call) for call in calls_of_runs(run_ids=run_ids)] if _have_calls(shown) else []
        siblings = siblings_of(thread_id=thread_id, run_ids=run_ids)
        return Response(
            {
                **page,
                "runs": _run_objects(run_ids),
                "siblings": _siblings_object(siblings),
                "steps": steps,
                "tools": tools,
            }
        )

    def _read(self, thread: Thread, *, head_id: UUID | None, before: UUID | None, size: int) -> list[MessageSnapshot]:
        if head_id is None:
            return []
        head = Run.objects.filter(pk=head_id, thread=thread, deleted_at__isnull=True).first()
        if head is None:
            raise InvalidParameterError("run: There is no such run in this conversation.", field="run")
        try:
            return branch_messages(head=head, before=before, size=size)
        except RunNotFoundError as error:
            raise InvalidParameterError("cursor: There is no such page.", field="cursor") from error


def _run_objects(run_ids: Sequence[UUID]) -> list[JsonObject]:
    """These runs, in this order."""
    rows = Run.objects.in_bulk(run_ids)
    return [
        wire.run_object(run)
        for run in with_positions(run_snapshot(rows[run_id]) for run_id in run_ids if run_id in rows)
    ]


def _siblings_object(siblings: Mapping[UUID, Sequence[UUID]]) -> JsonObject:
    """Runs with all attempts at their turn, by id."""
    return {str(run_id): [str(one) for one in family] for run_id, family in siblings.items()}


def _have_calls(messages: Sequence[MessageSnapshot]) -> bool:
    return any(isinstance(part, ToolUsePart) for message in messages for part in message.content)


class EventListView(RunCallerView):
    """``threads/{id}/events/``"""

    @extend_schema(
        operation_id="events_list",
        parameters=[EventQuery],
        responses=page_of("Event", EventShape),
        description="The thread's journal, ascending. With `Accept: text/event-stream` a stream that goes on: what came"
        " after `Last-Event-ID` (or `after`), then what happens, transient events included.",
    )
    def get(self, request: Request, thread_id: UUID) -> Response:
        """A page of the thread's journal, ascending."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        query = parameters_of(request.query_params, EventQuery)
        after, limit = query.get("after", 0), query["limit"]
        events = journal.read(thread_id=thread_id, after=after, limit=limit)
        more = {"after": events[-1].seq} if events and events[-1].seq < thread.last_seq else None
        # Numbers have no gaps, so the page before is known without a look at it.
        earlier = {"after": max(0, after - limit), "limit": min(after, limit)} if after else None
        frames = [wire.frame(event) for event in events]
        return Response(page_object(request, frames, next_page=more, previous_page=earlier))
