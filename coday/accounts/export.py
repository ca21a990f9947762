"""The audit log as a file, for those who keep or search it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from coday.accounts.models import AuditRecord
from coday.edge.spreadsheets import csv_line

COLUMNS = (
    "created_at", "action", "actor", "actor_id", "address", "object_type", "object_id", "object_label", "fields", "details",
)  # fmt: skip


def as_json_lines(rows: QuerySet[AuditRecord]) -> Iterator[bytes]:
    """An object per record, oldest first."""
    return (msgspec.json.encode(values) + b"\n" for values in _values(rows))


def as_csv(rows: QuerySet[AuditRecord]) -> Iterator[bytes]:
    """A heading and a line per record, oldest first."""
    yield csv_line(COLUMNS)
    for values in _values(rows):
        yield csv_line(_cell(values[name]) for name in COLUMNS)


def download(lines: Iterator[bytes], *, name: str, media_type: str) -> StreamingHttpResponse:
    """A file to save."""
    return StreamingHttpResponse(
        lines, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _values(rows: QuerySet[AuditRecord]) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("id").values("id", *COLUMNS).iterator(chunk_size=1_000)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return ", ".join(map(str, value))
        case dict():
            return msgspec.json.encode(value).decode() if value else ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
