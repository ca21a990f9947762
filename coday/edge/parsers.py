"""JSON bodies with limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from coday.kernel.errors import TooLargeError


class LimitedJSONParser(JSONParser):
    """DRF's parser reads a body of any size and depth: this one refuses what is over the limit, and strictly parses."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Read and decode the body.

        Raises:
            TooLargeError: over ``CODAY_MAX_FRAME_BYTES``, the limit that sockets have too.
            ParseError: not UTF-8, not JSON, or nested too deeply.
        """
        limit = settings.CODAY_MAX_FRAME_BYTES
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLargeError("The request's body is too large.", details={"limit": limit})
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ParseError("The request's body is not valid JSON.") from error
