"""Event streams (``text/event-stream``) beside the JSON endpoints, as plain async views behind the same authentication.

``id:`` is the ``seq`` of a durable event, ``event:`` its type, ``data:`` its frame. A client that goes away changes nothing
for the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import ParseError

from coday.accounts.authentication import Caller, caller_of_http, caller_of_request
from coday.accounts.consumers import RECHECK_SECONDS
from coday.accounts.limits import count_run
from coday.edge.parameters import parameters_of
from coday.edge.parsers import LimitedJSONParser
from coday.edge.problems import problem_response
from coday.kernel.database import in_database
from coday.kernel.errors import CodayError, InvalidInputError
from runs import wire
from runs.api.runs import run_request
from runs.api.schema import EventQuery
from runs.delivery import Frame, delivery
from runs.execution.driver import get_driver
from runs.inputs import Asker
from runs.queries import first_seq
from runs.reuse import asking
from threads.queries import get_thread

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

P = ParamSpec("P")
Frames: TypeAlias = AsyncGenerator[Frame, None]
StreamView: TypeAlias = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


class UnsupportedMediaTypeError(InvalidInputError):
    """A body that is not announced as JSON."""

    code = "unsupported_media_type"
    message = "Send the body as application/json."
    status = 415


def by_accept(answer: Callable[..., HttpResponseBase], *, method: str, stream: StreamView) -> StreamView:
    """A view that leaves those who prefer an event stream, by this method, to ``stream`` and everyone else to ``answer``:
    REST framework is synchronous and knows no such type."""

    @csrf_exempt  # both check it, for sessions only
    @wraps(answer)
    async def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        preferred = request.get_preferred_type(["application/json", MEDIA_TYPE])
        if request.method == method and preferred == MEDIA_TYPE:
            return await stream(request, **kwargs)
        return await sync_to_async(answer)(request, **kwargs)

    return view


def streamed(source: Callable[Concatenate[HttpRequest, Caller, P], Awaitable[Frames]]) -> StreamView:
    """A view that sends the frames of ``source``; what goes wrong before the first of them is a problem document."""

    async def view(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            caller = await caller_of_request(request)
            frames = await source(request, caller, *args, **kwargs)
        except CodayError as error:
            return problem_response(error)
        return StreamingHttpResponse(_encoded(frames, request, caller), content_type=MEDIA_TYPE, headers=HEADERS)

    return view


@streamed
async def stream_new_run(request: HttpRequest, caller: Caller, *, thread_id: UUID) -> Frames:
    """``POST threads/{id}/runs/``: start a run and follow it to its end; a repeated ``key`` follows the first one."""
    asked = run_request(_json_body(request))
    asker = Asker(user_id=caller.user.pk, username=caller.user.username)
    count_run(user_id=caller.user.pk, runs=1 + len(asked.also))
    driver = await get_driver()
    run = await driver.capture(asking.ask, asker=asker, thread_id=thread_id, request=asked)
    first = await in_database(first_seq, run_id=run.id)
    return _frames_of_run(thread_id=thread_id, run_id=run.id, after=first - 1)


@streamed
async def stream_thread(request: HttpRequest, caller: Caller, *, thread_id: UUID) -> Frames:
    """``GET threads/{id}/events/``: everything that happens in a thread, until the client goes or the thread does."""
    await in_database(get_thread, user_id=caller.user.pk, thread_id=thread_id)
    given = request.GET.dict()
    if last := request.headers.get("Last-Event-ID"):
        given["after"] = last  # the newer of the two: a client that comes back still has its first address
    return delivery.watch(thread_id=thread_id, after=parameters_of(given, EventQuery).get("after"))


async def _frames_of_run(*, thread_id: UUID, run_id: UUID, after: int) -> Frames:
    async with aclosing(delivery.watch(thread_id=thread_id, after=after)) as frames:
        async for frame in frames:
            if frame.run_id == run_id or frame.text == wire.HEARTBEAT:
                yield frame
            if frame.run_id == run_id and frame.ends_run:
                return


def _json_body(request: HttpRequest) -> Any:
    if request.content_type != LimitedJSONParser.media_type:
        raise UnsupportedMediaTypeError
    try:
        return LimitedJSONParser().parse(request)
    except ParseError as error:
        raise InvalidInputError(str(error.detail), code="malformed_json") from error


class _Typed(msgspec.Struct):
    type: str


async def _encoded(frames: Frames, request: HttpRequest, caller: Caller) -> AsyncGenerator[bytes, None]:
    """The stream's bytes. It ends soon after the caller's credential has ended, whether or not there is something to send."""
    clock = asyncio.get_running_loop().time
    checked = clock()
    waiting = asyncio.ensure_future(anext(frames, None))
    try:
        while True:
            await asyncio.wait([waiting], timeout=max(0.0, checked + RECHECK_SECONDS - clock()))
            if clock() >= checked + RECHECK_SECONDS:
                if not await _is_still_good(request, caller):
                    return
                checked = clock()
            if waiting.done():
                frame = waiting.result()
                if frame is None:
                    return
                yield _encode(frame)
                waiting = asyncio.ensure_future(anext(frames, None))
    finally:
        waiting.cancel()
        await asyncio.wait([waiting])
        await frames.aclose()


async def _is_still_good(request: HttpRequest, caller: Caller) -> bool:
    try:
        still = await in_database(caller_of_http, request)
    except CodayError:
        return False
    return still is not None and still.user.pk == caller.user.pk


def _encode(frame: Frame) -> bytes:
    """JSON has no line breaks of its own, so that a frame is one line."""
    if frame.text == wire.HEARTBEAT:
        return b": heartbeat\n\n"
    place = f"id: {frame.seq}\n" if frame.seq else ""
    kind = msgspec.json.decode(frame.text, type=_Typed).type
    return f"{place}event: {kind}\ndata: {frame.text}\n\n".encode()
