"""One connection to a server, for one person. The SDK wants it entered and left in the same task: that task is its owner.

It ends by itself when nobody used it for a while, and when the server ends it. Requests come from any task.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import anyio
import mcp_types as types
from mcp import Client, MCPError
from mcp.client import ClientRequestContext, Transport
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import TypeAdapter, ValidationError

from coday.kernel.errors import CodayError
from runs.tools.mcp.elicitation import Given, OpenCall, Question, question_of
from runs.tools.mcp.errors import (
    McpAnswerError,
    McpLostError,
    McpTimeoutError,
    McpUnavailableError,
    NotDeliveredError,
)
from runs.tools.mcp.guarded_http import DENIED, OUR_CODES, UNANSWERED, UNSENT
from runs.tools.mcp.text import clean
from skills.snapshot import McpServerSnapshot

logger = logging.getLogger(__name__)

T = TypeVar("T")
CallOutcome = types.CallToolResult | types.InputRequiredResult | Question

CLOSE_SECONDS = 3.0  # for a server to hear that we go
REMOTE_CHARS = 2_000  # of an error in the server's own words

_CLIENT = types.Implementation(name="coday", title="Coday", version="1")
_CALL_RESULT: TypeAdapter[types.CallToolResult | types.InputRequiredResult] = TypeAdapter(
    types.CallToolResult | types.InputRequiredResult
)
_current: ContextVar[OpenCall | None] = ContextVar("_current", default=None)
"""The call that a request of the server's came with: over HTTP the SDK carries it along."""


class Connection:
    """An initialised session. ``on_tools_changed`` is called when the server says that its list is another."""

    def __init__(
        self,
        *,
        server: McpServerSnapshot,
        transport: Callable[[Callable[[], None]], Transport],
        connect_seconds: float,
        idle_seconds: float,
        on_tools_changed: Callable[[], None],
    ) -> None:
        self.server = server
        self.closed = False
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._on_tools_changed = on_tools_changed
        self._transport = transport
        self._calls: set[OpenCall] = set()
        self._requests = 0
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._used_at = anyio.current_time()
        self._scope = anyio.CancelScope()
        self._turn: asyncio.Semaphore | nullcontext[None] = nullcontext()
        self._owner = asyncio.create_task(self._own(), name=f"mcp {server.slug}")
        self._owner.add_done_callback(self._over)

    async def opened(self) -> None:
        """Wait until it stands.

        Raises:
            McpUnavailableError: it does not come to stand. Its message says why, for an operator.
        """
        waited: set[asyncio.Future[Any]] = {self._owner, self._ready}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not self._ready.done():
            error = None if self._owner.cancelled() else self._owner.exception()
            raise McpUnavailableError(_why(error, seconds=self._connect_seconds)) from error

    def close(self) -> None:
        """Ask it to end; it takes no more requests."""
        self._end()
        if not self._ready.done():
            self._scope.cancel()

    async def ended(self) -> None:
        """Wait until nothing of it is left."""
        await asyncio.wait({self._owner})

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left."""
        return self._owner.done()

    @property
    def idle_since(self) -> float | None:
        """Since when nobody uses it; ``None`` while somebody does. In the event loop's seconds."""
        return None if self._requests else self._used_at

    @property
    def is_modern(self) -> bool:
        """Whether each request stands for itself (2026-07-28 and later)."""
        return self._ready.result().protocol_version in MODERN_PROTOCOL_VERSIONS

    @property
    def capabilities(self) -> types.ServerCapabilities:
        """What the server says that it can do."""
        return self._ready.result().server_capabilities

    async def ask(self, request: Callable[[Client], Awaitable[T]]) -> T:
        """Send a request that changes nothing, and wait for its answer.

        Raises:
            NotDeliveredError: it was not sent.
            McpError: why there is no answer.
        """
        if self.closed:
            raise NotDeliveredError
        self._requests += 1
        try:
            return await request(self._ready.result())
        except MCPError as error:
            raise _told(error) from error
        except (ValidationError, RuntimeError, ValueError) as error:
            raise McpAnswerError from error
        finally:
            self._requests -= 1
            self._used_at = anyio.current_time()

    async def call(
        self,
        *,
        tool: str,
        arguments: Mapping[str, Any],
        given: tuple[Given, ...] = (),
        input_responses: types.InputResponses | None = None,
        request_state: str | None = None,
    ) -> tuple[CallOutcome, tuple[Given, ...]]:
        """Call a tool; also the kept answers that the call asked for. A question that is new ends the call.

        Raises:
            see ``ask``.
        """
        parameters = types.CallToolRequestParams(
            name=tool, arguments=dict(arguments), input_responses=input_responses, request_state=request_state
        )
        async with self._turn:
            open_call = OpenCall(given)
            outcome = await self._carry_out(open_call, types.CallToolRequest(params=parameters))
        return outcome, open_call.used

    async def _carry_out(self, open_call: OpenCall, request: types.CallToolRequest) -> CallOutcome:
        token = _current.set(open_call)
        sending = asyncio.create_task(self.ask(lambda client: self._send(client, request)))
        _current.reset(token)
        self._calls.add(open_call)
        try:
            waited: set[asyncio.Future[Any]] = {sending, open_call.asked}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            return sending.result() if sending.done() else open_call.asked.result()
        finally:
            if not sending.done():
                sending.cancel()  # tells the server, too
                await asyncio.wait({sending})
            open_call.ended.set()
            self._calls.discard(open_call)

    async def _send(
        self, client: Client, request: types.CallToolRequest
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Not by the session's own ``call_tool``: it would check results against a schema of the server's."""
        for again in (True, False):
            try:
                return await client.session.send_request(
                    request, _CALL_RESULT, request_read_timeout_seconds=self.server.timeout
                )
            except MCPError as error:
                if error.code != types.HEADER_MISMATCH or not again:
                    raise
            await client.list_tools()  # it says which arguments the protocol wants in headers
        raise AssertionError("unreachable")

    async def _own(self) -> None:
        with self._scope as scope:
            scope.deadline = anyio.current_time() + self._connect_seconds
            async with self._client() as client:
                scope.deadline = float("inf")
                self._stand(client)
                async with anyio.create_task_group() as listening:
                    listening.start_soon(self._listen, client)
                    await self._until_unused()
                    listening.cancel_scope.cancel()
                scope.deadline = anyio.current_time() + CLOSE_SECONDS
        if scope.cancelled_caught and not self._ready.done():
            raise TimeoutError

    def _stand(self, client: Client) -> None:
        self._used_at = anyio.current_time()
        self._ready.set_result(client)
        if self.server.transport == "stdio" and not self.is_modern:
            self._turn = asyncio.Semaphore(1)  # or nobody could tell which of the calls a question belongs to

    async def _listen(self, client: Client) -> None:
        """Hear of changes of the list: the newer protocol has to be asked to tell them."""
        tools = client.server_capabilities.tools
        if not self.is_modern or tools is None or not tools.list_changed:
            return
        with suppress(MCPError, SubscriptionLost, ListenNotSupportedError, TimeoutError):
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    self._on_tools_changed()

    def _client(self) -> Client:
        return Client(
            self._transport(self._end),
            client_info=_CLIENT,
            read_timeout_seconds=self.server.timeout,
            elicitation_callback=self._elicit,
            message_handler=self._hear,
            cache=None,
        )

    async def _until_unused(self) -> None:
        while not self.closed:
            unused = 0.0 if self._requests else anyio.current_time() - self._used_at
            if unused >= self._idle_seconds:
                self.closed = True
                return
            with anyio.move_on_after(self._idle_seconds - unused):
                await self._stop.wait()

    def _end(self) -> None:
        self.closed = True
        self._stop.set()

    async def _elicit(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        """Answer a question of the older protocol, which does not say to which call it belongs."""
        question, call = question_of(params), _current.get()
        if call not in self._calls:
            call = next(iter(self._calls)) if len(self._calls) == 1 else None
        if question is None or call is None:
            return types.ElicitResult(action="decline")
        return await call.answer(question)

    async def _hear(self, message: IncomingMessage) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._on_tools_changed()

    def _over(self, owner: asyncio.Task[None]) -> None:
        self.closed = True
        error = None if owner.cancelled() else owner.exception()
        if error is not None and self._ready.done():
            logger.info("The connection to the MCP server %s broke (%s).", self.server.slug, type(error).__name__)


def _told(error: MCPError) -> Exception:
    """An error of the protocol as ours."""
    if error.code == UNSENT or (error.code == types.INVALID_REQUEST and error.message == "Session terminated"):
        return NotDeliveredError(error.message)
    if error.code == DENIED:
        return McpUnavailableError(error.message)
    if error.code == UNANSWERED:
        return McpLostError(f"{McpLostError.message} ({error.message})")
    if error.code == types.CONNECTION_CLOSED:
        return McpLostError()
    if error.code == types.REQUEST_TIMEOUT:
        return McpTimeoutError()
    return McpAnswerError(clean(error.message, limit=REMOTE_CHARS))


def _why(error: BaseException | None, *, seconds: float) -> str:
    """Why a connection does not stand, for an operator. What the server says of it is not repeated."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, MCPError) and error.code in OUR_CODES:
        return error.message
    if isinstance(error, CodayError):
        return error.message
    if isinstance(error, MCPError) and error.code == types.CONNECTION_CLOSED:
        return "It ended the connection at once."
    if isinstance(error, TimeoutError) or (isinstance(error, MCPError) and error.code == types.REQUEST_TIMEOUT):
        return f"It did not answer within {seconds:g} seconds."
    if isinstance(error, OSError):
        return "Its command cannot be started."
    return "It answers, but not as an MCP server does."
