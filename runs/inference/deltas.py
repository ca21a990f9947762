"""What the adapters share on the way from wire events to deltas: joining neighbours, and a request's awkward parts."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from runs.inference.base import ImageData, InferenceDelta, TextDelta, ThinkingDelta
from threads.content import ToolUsePart


def joined(deltas: Iterable[InferenceDelta]) -> list[InferenceDelta]:
    """The deltas of one network read, with neighbouring text (and neighbouring thinking) as one delta."""
    result: list[InferenceDelta] = []
    for delta in deltas:
        last = result[-1] if result else None
        if isinstance(delta, TextDelta) and isinstance(last, TextDelta):
            result[-1] = TextDelta(last.text + delta.text)
        elif isinstance(delta, ThinkingDelta) and isinstance(last, ThinkingDelta) and _is_open(last, delta):
            result[-1] = ThinkingDelta(last.text + delta.text, delta.signature)
        else:
            result.append(delta)
    return result


def _is_open(last: ThinkingDelta, delta: ThinkingDelta) -> bool:
    """Whether ``delta`` goes on with the thinking block of ``last``."""
    return not last.signature and not last.redacted and not delta.redacted


def wire_arguments(call: ToolUsePart) -> dict[str, Any]:
    """A past call's arguments as the object that every provider insists on, malformed ones included."""
    return {"malformed_arguments": call.arguments_text} if call.arguments is None else call.arguments


def base64_of(image: ImageData) -> str:
    """An image's bytes as text."""
    return base64.b64encode(image.data).decode("ascii")
