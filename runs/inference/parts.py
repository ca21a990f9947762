"""The parts of a request that every wire format wants encoded alike."""

from __future__ import annotations

import base64
from typing import Any

from runs.inference.base import ImageData
from threads.content import ToolUsePart


def wire_arguments(call: ToolUsePart) -> dict[str, Any]:
    """A past call's arguments as the object that providers insist on, malformed ones included."""
    return {"malformed_arguments": call.arguments_text} if call.arguments is None else call.arguments


def base64_of(image: ImageData) -> str:
    """An image's bytes as text."""
    return base64.b64encode(image.data).decode("ascii")
