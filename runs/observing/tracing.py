"""Spans of runs, model calls and tool calls, by OpenTelemetry's conventions for generative AI; never what was said.

Off, and then nothing of OpenTelemetry is imported, unless the settings ask for it (``docs/monitoring.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from agents.snapshot import ModelSnapshot
from runs.events import RunSnapshot

Attribute: TypeAlias = str | bool | int | float | tuple[str, ...]
SpanKind = Literal["internal", "client"]
Place = Literal["root", "branch", "leaf"]


class Span(Protocol):
    """What is being traced. It ends with its ``with`` block, and tells how, unless it was ended before."""

    def set(self, attributes: Mapping[str, Attribute | None], /) -> None:
        """Note facts; ``None`` where there is nothing to say."""
        ...

    def fail(self, code: str, /) -> None:
        """Note that it failed, and with which code."""
        ...

    def end(self) -> None:
        """Say that it is over, while something that belongs to it still goes on."""
        ...


class Tracer(Protocol):
    """Begins spans. A ``root`` has no parent, whatever is being traced where it begins. It and a ``branch`` are the parents
    of what begins inside; a ``leaf`` is not, and so fit for an async generator, which may be left in another context than
    it was entered in."""

    def span(
        self, name: str, *, kind: SpanKind, place: Place, attributes: Mapping[str, Attribute | None]
    ) -> AbstractContextManager[Span]:
        """A span around a block."""
        ...

    def close(self) -> None:
        """Send what has not been sent, and end."""
        ...


def run_span(run: RunSnapshot, *, model: ModelSnapshot | None) -> AbstractContextManager[Span]:
    """Around everything that a run does, in the coroutine that executes it. Its task may be a child of another run's."""
    attributes: dict[str, Attribute | None] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": run.agent,
        "gen_ai.conversation.id": str(run.thread_id),
        "coday.run.id": str(run.id),
        "coday.run.trigger": run.trigger,
        **(_model_attributes(model) if model else {}),
    }
    return _tracer().span(f"invoke_agent {run.agent}", kind="internal", place="root", attributes=attributes)


def model_call_span(
    model: ModelSnapshot, *, max_tokens: int | None, temperature: float | None
) -> AbstractContextManager[Span]:
    """Around one request to a provider, which an async generator streams."""
    attributes: dict[str, Attribute | None] = {
        "gen_ai.operation.name": "chat",
        **_model_attributes(model),
        "gen_ai.request.max_tokens": max_tokens,
        "gen_ai.request.temperature": temperature,
        "gen_ai.request.stream": True,
        **_server_attributes(model.provider.base_url),
    }
    return _tracer().span(f"chat {model.name}", kind="client", place="leaf", attributes=attributes)


def tool_call_span(tool: str) -> AbstractContextManager[Span]:
    """Around the execution of one tool call."""
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.type": "function"}
    return _tracer().span(f"execute_tool {tool}", kind="internal", place="branch", attributes=attributes)


def _model_attributes(model: ModelSnapshot) -> dict[str, Attribute | None]:
    return {
        "gen_ai.provider.name": model.provider.kind,
        "gen_ai.request.model": model.name,
        "coday.provider": model.provider.slug,
    }


def _server_attributes(base_url: str) -> dict[str, Attribute | None]:
    try:
        address = urlsplit(base_url)
        return {"server.address": address.hostname, "server.port": address.port}
    except ValueError:
        return {}  # no address: the call will fail with a better word for it


# --- Off ------------------------------------------------------------------------------------------------------------


class _NoSpan:
    """A span of which nobody hears."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing is kept."""

    def set(self, attributes: Mapping[str, Attribute | None], /) -> None:
        """Nothing is kept."""

    def fail(self, code: str, /) -> None:
        """Nothing is kept."""

    def end(self) -> None:
        """Nothing is kept."""


class _NoTracer:
    """The tracer of an installation that traces nothing."""

    def __init__(self) -> None:
        self._span = _NoSpan()

    def span(self, name: str, **_: Any) -> AbstractContextManager[Span]:
        """Always the same: nothing is known of it."""
        return self._span

    def close(self) -> None:
        """Nothing was kept."""


def close() -> None:
    """Send the last spans, for whoever cannot wait until the process ends."""
    _tracer().close()
    _tracer.cache_clear()


@cache
def _tracer() -> Tracer:
    if not settings.TRACES:
        return _NoTracer()
    tracer: Tracer = import_module("runs.observing.telemetry").OpenTelemetryTracer()
    return tracer
