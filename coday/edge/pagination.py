"""Lists as ``{results, next, previous}``: in pages by cursor, or whole where they are short."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination, Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import DEFAULT_LIMIT, MAX_LIMIT, InvalidParameterError, ListQuery, parameters_of


class CursorPages(CursorPagination):
    """Pages, newest first, in which no row is skipped or repeated while others are added.

    They are ordered by id: UUIDv7 keys sort by their time of creation, and need no other index. The view has checked the
    parameters (``CursorQuery``).
    """

    ordering = "-id"
    page_size = DEFAULT_LIMIT
    max_page_size = MAX_LIMIT
    page_size_query_param = "limit"

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Refuse a cursor that was made up: DRF would hand its position to the database as it is.

        Raises:
            InvalidParameterError
        """
        refusal = InvalidParameterError("cursor: There is no such page.", field="cursor")
        try:
            cursor: Cursor | None = super().decode_cursor(request)
        except NotFound as error:
            raise refusal from error
        if cursor is not None and cursor.position is not None and not self.is_position(cursor.position):
            raise refusal
        return cursor

    def is_position(self, position: Any) -> bool:
        """Whether this can be a value of the field that the pages are ordered by."""
        try:
            UUID(str(position))
        except ValueError:
            return False
        return True


class WholeList(BasePagination):
    """All rows at once, in the shape of a page: for lists that an admin keeps short."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """All rows; a parameter is refused, for there is none."""
        parameters_of(request.query_params, ListQuery)
        return list(queryset)

    def get_paginated_response(self, data: Any) -> Response:
        """A page with nothing before or after it."""
        return Response({"results": data, "next": None, "previous": None})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The shape of a page."""
        link = {"type": "string", "nullable": True, "format": "uri"}
        properties = {"results": schema, "next": link, "previous": link}
        return {"type": "object", "required": ["results"], "properties": properties}
