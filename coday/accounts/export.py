"""The audit log as a file, for those who keep or search it elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from coday.accounts.models import AuditRecord

COLUMNS = (
    "created_at", "action", "actor", "actor_id", "address", "object_type", "object_id", "object_label", "fields", "details",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that begins so


def as_json_lines(rows: QuerySet[AuditRecord]) -> Iterator[bytes]:
    """An object per record, oldest first."""
    return (msgspec.json.encode(values) + b"\n" for values in _values(rows))


def as_csv(rows: QuerySet[AuditRecord]) -> Iterator[bytes]:
    """A heading and a line per record, oldest first."""
    yield _line(COLUMNS)
    for values in _values(rows):
        yield _line(_cell(values[name]) for name in COLUMNS)


def download(lines: Iterator[bytes], *, name: str, media_type: str) -> StreamingHttpResponse:
    """A file to save."""
    return StreamingHttpResponse(
        lines, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _values(rows: QuerySet[AuditRecord]) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("id").values("id", *COLUMNS).iterator(chunk_size=1_000)


def _line(cells: Any) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().encode()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            text = ", ".join(map(str, value))
        case dict():
            text = msgspec.json.encode(value).decode() if value else ""
        case _:
            text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
