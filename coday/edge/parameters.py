"""The query parameters of every list: declared by a serializer, checked for their form, and refused where none declares them.

What reaches the database is never a name that a client made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from coday.kernel.errors import InvalidInputError

DEFAULT_LIMIT = 50
MAX_LIMIT = 200  # rows of a page


class InvalidParameterError(InvalidInputError):
    """A query parameter, or a header, that is unknown or has the wrong form."""

    code = "invalid_parameter"
    message = "A parameter is not valid."


class ListQuery(serializers.Serializer[Any]):
    """The parameters of a list: the fields of a subclass are all there are. By itself: none."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse unknown names; then validate."""
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError({name: ["There is no such parameter."] for name in unknown})
        validated: dict[str, Any] = super().to_internal_value(data)
        return validated


class PageQuery(ListQuery):
    """The parameter of every list that comes in pages."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="Of one page.")


class CursorQuery(PageQuery):
    """The parameters of a list whose pages go on by cursor."""

    cursor = serializers.CharField(max_length=300, allow_blank=True, default="", help_text="Of another page's `next`.")


def parameters_of(given: Mapping[str, str], query: type[ListQuery]) -> dict[str, Any]:
    """The parameters in an address's query, checked.

    Raises:
        InvalidParameterError: one is unknown or has the wrong form; ``details["field"]`` names it.
    """
    checked = query(data={name: given[name] for name in given})
    if not checked.is_valid():
        name, messages = next(iter(checked.errors.items()))
        raise InvalidParameterError(f"{name}: {messages[0]}", field=str(name))
    values: dict[str, Any] = checked.validated_data
    return values
