"""The tracer of OpenTelemetry, which ``tracing`` loads where traces are on: its import is slow.

Where spans go, how many of them, and under which name is OpenTelemetry's own configuration (its ``OTEL_*`` variables).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from coday.kernel.errors import CodayError
from runs.observing import tracing

_KINDS: Final[Mapping[tracing.SpanKind, trace.SpanKind]] = {
    "internal": trace.SpanKind.INTERNAL,
    "client": trace.SpanKind.CLIENT,
}


CLOSE_SECONDS: Final = 2.0  # in which the last spans are sent or lost


class OpenTelemetryTracer:
    """Sends spans in batches from a thread of its own; a collector that is away costs spans and nothing else."""

    def __init__(self) -> None:
        self._provider = TracerProvider(resource=_resource())
        self._provider.add_span_processor(_BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("coday")

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: tracing.SpanKind,
        place: tracing.Place,
        attributes: Mapping[str, tracing.Attribute | None],
    ) -> Iterator[OpenTelemetrySpan]:
        """A span around a block."""
        above = Context() if place == "root" else None
        begun = self._tracer.start_span(name, context=above, kind=_KINDS[kind], attributes=_known(attributes))
        with OpenTelemetrySpan(begun) as span:
            if place == "leaf":
                yield span
                return
            with trace.use_span(begun, record_exception=False, set_status_on_exception=False):
                yield span

    def close(self) -> None:
        """Send what has not been sent, and end."""
        self._provider.shutdown()


class _BatchSpanProcessor(BatchSpanProcessor):
    """OpenTelemetry's own, for a process that ends: it waits half a minute for a collector that is away."""

    def shutdown(self) -> None:
        """Send what has not been sent, if it can be done soon."""
        self._batch_processor.shutdown(timeout_millis=int(CLOSE_SECONDS * 1000))


class OpenTelemetrySpan:
    """A span. Of an error it keeps the code or the class, never the words: they may quote what was said."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        match error:
            case _ if not self._span.is_recording():
                return
            case None:
                pass
            case asyncio.CancelledError() | GeneratorExit():
                self._span.set_attribute("coday.cancelled", True)
            case CodayError():
                self.fail(error.code)
            case _:
                self.fail(type(error).__qualname__)
        self.end()

    def set(self, attributes: Mapping[str, tracing.Attribute | None], /) -> None:
        """Note facts."""
        self._span.set_attributes(_known(attributes))

    def fail(self, code: str, /) -> None:
        """Note that it failed, and with which code."""
        self._span.set_attribute("error.type", code)
        self._span.set_status(trace.StatusCode.ERROR)

    def end(self) -> None:
        """Say that it is over."""
        self._span.end()


def _known(attributes: Mapping[str, tracing.Attribute | None]) -> dict[str, tracing.Attribute]:
    return {name: value for name, value in attributes.items() if value is not None}


def _resource() -> Resource:
    """What the environment says of this process, and our name where it does not."""
    resource = Resource.create()
    named = not str(resource.attributes[SERVICE_NAME]).startswith("unknown_service")
    return resource if named else resource.merge(Resource({SERVICE_NAME: "coday"}))
