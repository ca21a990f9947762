"""Cursor pages: ``{results, next, previous}``, newest first, with no row skipped or repeated while others are added."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class CursorPages(CursorPagination):
    """Pages by id. Ids are UUIDv7, so their order is the order of creation and needs no other index."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Refuse a cursor whose position was made up: DRF would hand it to the database as it is."""
        cursor: Cursor | None = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not self.is_position(cursor.position):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def is_position(self, position: Any) -> bool:
        """Whether this can be a value of the field that the pages are ordered by."""
        try:
            UUID(str(position))
        except ValueError:
            return False
        return True
