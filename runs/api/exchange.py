"""The endpoints of exports, which are streamed, and of imports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import parameters_of
from coday.edge.serializers import body_of
from coday.kernel.database import in_database
from coday.kernel.errors import InvalidInputError
from runs.api.base import RunCallerView
from runs.api.schema_exchange import (
    ExportBody,
    ExportQuery,
    ImportQuery,
    ImportReportShape,
    ImportUpload,
    ThreadExportQuery,
)
from runs.exchange.errors import ImportTooLargeError
from runs.exchange.export import Chosen, by_thread, chosen_thread, everything_of, export_json
from runs.exchange.importing import Entry, Report, import_file
from runs.exchange.incoming import Importer
from runs.exchange.markdown import export_markdown
from runs.queries import get_run, get_runs
from threads.api.views import MULTIPART_MARGIN, AnyAccept
from threads.queries import get_thread, get_threads

AT_ONCE: Final = 64 * 1024  # bytes that are sent at once, at least
KINDS: Final = {
    "json": (export_json, "application/json", "json"),
    "markdown": (export_markdown, "text/markdown; charset=utf-8", "md"),
}
FILE = extend_schema(
    responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/markdown"): OpenApiTypes.STR}
)


class AnyFile(AnyAccept, DefaultContentNegotiation):
    """A file has the type that was asked for by ``format``, which is a parameter of ours, and none of REST framework's."""


class ExportingView(RunCallerView):
    """Answers with a file."""

    content_negotiation_class = AnyFile

    def file(self, chosen: Iterable[Chosen], *, asked: dict[str, Any], name: str) -> StreamingHttpResponse:
        """The file, written while it is sent."""
        write, media_type, ending = KINDS[asked["format"]]
        chunks = write(user_id=self.user_id, chosen=chosen, reveal=asked["masks"] == "reveal")
        filename = f"{slugify(name)[:60] or 'conversation'}-{timezone.now():%Y-%m-%d}.{ending}"
        headers = {
            "Content-Disposition": f'attachment; filename="{filename}"',
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(_streamed(chunks), content_type=media_type, headers=headers)


async def _streamed(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks of a file. Each look into the database is by itself, so that others have their turn between two of them."""
    while piece := await in_database(_next, chunks):
        yield piece


def _next(chunks: Iterator[bytes]) -> bytes:
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= AT_ONCE:
            break
    return bytes(piece)


class RunExportView(ExportingView):
    """``runs/{id}/export/``"""

    @FILE
    @extend_schema(operation_id="runs_export", parameters=[ExportQuery])
    def get(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        """One run as a file, with what it delegated."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        asked = parameters_of(request.query_params, ExportQuery)
        return self.file(by_thread([run]), asked=asked, name=run.title or f"run-{run.number}")


class ThreadExportView(ExportingView):
    """``threads/{id}/export/``"""

    @FILE
    @extend_schema(operation_id="threads_export", parameters=[ThreadExportQuery])
    def get(self, request: Request, thread_id: UUID) -> StreamingHttpResponse:
        """One conversation as a file: all of it, or the branch that is shown."""
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        asked = parameters_of(request.query_params, ThreadExportQuery)
        chosen = chosen_thread(thread=thread, shown=asked["branch"] == "shown")
        return self.file([chosen], asked=asked, name=thread.title)


class ExportView(ExportingView):
    """``exports/``"""

    @FILE
    @extend_schema(operation_id="exports_create", request=ExportBody)
    def post(self, request: Request) -> StreamingHttpResponse:
        """Runs, conversations, or everything that is one's own, as one file."""
        asked = body_of(request, ExportBody)
        if runs := asked.get("runs"):
            return self.file(by_thread(get_runs(user_id=self.user_id, run_ids=runs)), asked=asked, name="runs")
        if ids := asked.get("threads"):
            threads = get_threads(user_id=self.user_id, thread_ids=ids)
            chosen = [chosen_thread(thread=thread, shown=False) for thread in threads]
            return self.file(chosen, asked=asked, name="conversations")
        return self.file(everything_of(user_id=self.user_id), asked=asked, name="coday")


class ImportView(RunCallerView):
    """``imports/``"""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="imports_create",
        parameters=[ImportQuery],
        request={"multipart/form-data": ImportUpload},
        responses=ImportReportShape,
    )
    def post(self, request: Request) -> Response:
        """Bring in conversations: an export of Coday, ChatGPT, Claude or Open WebUI, as the field `file` of a form. Each
        comes in once; what cannot be read is told, and the rest comes in."""
        asked = parameters_of(request.query_params, ImportQuery)
        _refuse_by_length(request)
        try:
            file = body_of(request, ImportUpload)["file"]
        except ParseError as error:
            raise InvalidInputError("The body is no complete form.", code="malformed_form") from error
        close_old_connections()  # reading may take a while
        report = import_file(
            file.file,
            size=file.size,
            importer=Importer(self.user_id, self.asker.username),
            source=asked["source"],
            dry_run=asked["dry_run"],
            copy_changed=asked["changed"] == "copy",
        )
        return Response(_report_object(report))


def _refuse_by_length(request: Request) -> None:
    """Look at the announced length, before the form is taken apart."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    limit = settings.CODAY_MAX_IMPORT_BYTES
    if announced.isdecimal() and int(announced) > limit + MULTIPART_MARGIN:
        raise ImportTooLargeError(details={"field": "file", "limit": limit, "unit": "bytes"})


def _report_object(report: Report) -> dict[str, Any]:
    return {
        "source": report.source,
        "dry_run": report.dry_run,
        "threads": [_entry_object(entry) for entry in report.threads],
        "counts": report.counts,
    }


def _entry_object(entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "source_id": entry.source_id, "title": entry.title, "runs": entry.runs, "messages": entry.messages,
        "images": entry.images, "state": entry.state, "problems": list(entry.problems),
    }  # fmt: skip
    if entry.thread_id:
        shown["thread_id"] = str(entry.thread_id)
    return {**shown, **{name: True for name in ("refused", "brought") if getattr(entry, name)}}
