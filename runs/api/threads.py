"""The endpoints of threads that touch their runs: the list with what runs, deletion, messages, events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import InvalidParameterError, parameters_of
from coday.kernel.database import in_database
from runs import journal, wire
from runs.api.base import RunCallerView, driven
from runs.api.schema import EventQuery, EventShape, MessagePageShape, MessageQuery, ThreadSummaryShape
from runs.delivery import delivery
from runs.driver import Driver
from runs.errors import RunNotFoundError
from runs.inputs import Asker
from runs.queries import branch_messages, get_run, steps_of_runs, thread_summaries, unfinished_runs
from threads.api import views as threads
from threads.api.pages import page_object
from threads.api.requests import ThreadQuery
from threads.api.schema import page_of
from threads.models import Thread
from threads.operations import delete_thread
from threads.queries import get_thread
from threads.snapshot import MessageSnapshot
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

    def objects(self, threads: Sequence[Thread]) -> list[JsonObject]:
        """Threads with what the list socket tells of them."""
        ids = [thread.pk for thread in threads]
        summaries = thread_summaries(user_id=self.user_id, thread_ids=ids)
        return [
            {
                **thread_object(summary.thread),
                "running": summary.running,
                "waiting": summary.waiting,
                "unread": summary.unread and not delivery.is_watched(summary.thread.id),
            }
            for summary in (summaries[thread_id] for thread_id in ids if thread_id in summaries)
        ]


class ThreadView(threads.ThreadView, RunCallerView):
    """``threads/{id}/``"""

    @extend_schema(operation_id="threads_delete", responses={204: None})
    def delete(self, request: Request, thread_id: UUID) -> Response:
        """Delete a conversation with everything in it. What runs in it is cancelled first."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        driven(partial(_end_runs, asker=self.asker, thread_id=thread_id))
        delete_thread(user_id=self.user_id, thread_id=thread_id)
        return Response(status=204)


async def _end_runs(driver: Driver, *, asker: Asker, thread_id: UUID) -> None:
    """Cancel what has not ended, queued runs first so that none of them starts, and wait for the last words."""
    runs = await in_database(unfinished_runs, thread_id=thread_id)
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
        """What was said on the branch that is shown, newest first, and the steps of the runs that said it. Pages only go
        back: `previous` is always null."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        query = parameters_of(request.query_params, MessageQuery)
        limit = query["limit"]
        found = self._read(thread, before=query.get("cursor"), size=limit + 1)
        shown = found[:limit]
        more = {"cursor": str(shown[-1].id)} if len(found) > limit else None
        page = page_object(request, [message_object(message) for message in shown], next_page=more)
        steps = steps_of_runs(run_ids={message.run_id for message in shown})
        return Response({**page, "steps": [wire.frame(step) for step in steps]})

    def _read(self, thread: Thread, *, before: UUID | None, size: int) -> list[MessageSnapshot]:
        if thread.head is None:
            return []
        head = get_run(user_id=self.user_id, run_id=thread.head)
        try:
            return branch_messages(head=head, before=before, size=size)
        except RunNotFoundError as error:
            raise InvalidParameterError("cursor: There is no such page.", field="cursor") from error


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
