"""What can go wrong with an MCP server. The messages are ours; what a server says is a tool's result, never an error."""

from __future__ import annotations

from coday.kernel.errors import CodayError


class McpError(CodayError):
    """The base. The server is named by whoever tells it."""

    code = "mcp_failed"
    message = "The MCP server did not do what was asked."
    status = 502


class McpUnavailableError(McpError):
    """There is no connection to the server: it is down, refuses us, or is no MCP server."""

    code = "mcp_unavailable"
    message = "The MCP server could not be reached."
    retryable = True


class McpBusyError(McpError):
    """All connections that this process may have are in use."""

    code = "mcp_busy"
    message = "Too many connections to MCP servers are open at the moment. Try again in a minute."
    status = 503
    retryable = True


class McpLostError(McpError):
    """The connection ended while the server worked: nobody knows whether it did what was asked."""

    code = "mcp_call_lost"
    message = "The connection to the MCP server was lost during the call: it may or may not have been carried out."


class McpTimeoutError(McpError):
    """The server took longer for a request than it may."""

    code = "mcp_timeout"
    message = "The MCP server took too long; the call was cancelled, but may have been carried out."
    status = 504


class McpAnswerError(McpError):
    """The server answered with something that the protocol does not know, or with an error.

    ``remote`` is what it said, in its own words and cut: material for the model, nothing to trust.
    """

    code = "mcp_bad_answer"
    message = "The MCP server gave an answer that the protocol does not allow."

    def __init__(self, remote: str = "") -> None:
        super().__init__()
        self.remote = remote


class McpCommandsError(ValueError):
    """``CODAY_MCP_COMMANDS`` is not what it should be."""


class NotDeliveredError(Exception):
    """The request certainly did not reach the server: it may be sent again."""
