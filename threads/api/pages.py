"""Pages of lists, ``{results, next, previous}``, where a list is not simply in the order of ids."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from coday.edge.parameters import InvalidParameterError
from threads.queries import ListPosition

JsonObject = dict[str, Any]

_Cursor = tuple[bool, Annotated[datetime, msgspec.Meta(tz=True)], UUID]


def page_object(
    request: Request,
    results: Sequence[JsonObject],
    *,
    next_page: JsonObject | None,
    previous_page: JsonObject | None = None,
) -> JsonObject:
    """A page. ``next_page`` and ``previous_page`` are the query parameters by which the neighbours differ from it."""
    return {
        "results": list(results),
        "next": _address(request, next_page),
        "previous": _address(request, previous_page),
    }


def _address(request: Request, parameters: JsonObject | None) -> str | None:
    if parameters is None:
        return None
    address = request.build_absolute_uri()
    for name, value in parameters.items():
        address = replace_query_param(address, name, value)
    return address


def cursor_of(position: ListPosition) -> str:
    """A place in the list of threads as an opaque text."""
    encoded = msgspec.json.encode((position.pinned, position.updated_at, position.id))
    return base64.urlsafe_b64encode(encoded).decode()


def position_of(cursor: str) -> ListPosition | None:
    """The place that a cursor stands for; ``None`` for an empty one, the list's beginning.

    Raises:
        InvalidParameterError: we made no such cursor.
    """
    if not cursor:
        return None
    try:
        pinned, updated_at, thread_id = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=_Cursor)
        return ListPosition(pinned=pinned, updated_at=updated_at.astimezone(UTC), id=thread_id)
    except (binascii.Error, ValueError, OverflowError) as error:
        raise InvalidParameterError("cursor: There is no such page.", field="cursor") from error
