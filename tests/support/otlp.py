"""A collector of OpenTelemetry spans: a real OTLP/HTTP server on loopback that keeps what it is sent.

    with OtlpCollector.in_thread() as collector:
        … OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint …
        … tracing.close() …
        collector.named("chat mock-1")

``bodies`` holds what was sent, byte for byte.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as it arrived. ``kind`` and ``failed`` are OTLP's; ids are bytes."""

    name: str
    kind: int
    id: bytes
    parent: bytes
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]


class OtlpCollector:
    """The server."""

    def __init__(self) -> None:
        self.spans: list[ReceivedSpan] = []
        self.bodies: list[bytes] = []
        self.endpoint = ""

    @classmethod
    @contextmanager
    def in_thread(cls) -> Iterator[Self]:
        """Listen on a free port until the block ends."""
        collector = cls()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector._take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            collector.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True)
            thread.start()
            try:
                yield collector
            finally:
                server.shutdown()
                thread.join()

    def named(self, name: str) -> list[ReceivedSpan]:
        """The spans of this name that have arrived."""
        return [span for span in self.spans if span.name == name]

    def _take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.bodies.append(body)
        self.spans += [
            ReceivedSpan(
                name=span.name,
                kind=span.kind,
                id=span.span_id,
                parent=span.parent_span_id,
                failed=span.status.code == 2,
                attributes=_values(span.attributes),
                resource=_values(resource.resource.attributes),
            )
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def _values(attributes: Any) -> dict[str, Any]:
    return {attribute.key: _value(attribute.value) for attribute in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return tuple(_value(item) for item in value.array_value.values) if kind == "array_value" else getattr(value, kind)
