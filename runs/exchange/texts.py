"""The texts of a document that people, models and tools wrote: what may hold personal data, and masks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from runs.exchange.documents import (
    CallDocument,
    CommandDocument,
    ErrorDocument,
    EventDocument,
    FeedbackDocument,
    GroupDocument,
    ImageDocument,
    ImagePlaceDocument,
    RunDocument,
    SummaryDocument,
    TextDocument,
    ThinkingDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
)
from threads.covering import Place, cover
from threads.privacy.tokens import unmask

T = TypeVar("T")

WRITTEN: Final[Mapping[type[msgspec.Struct], tuple[str, ...]]] = {
    ThreadDocument: ("title",),
    GroupDocument: ("name",),
    SummaryDocument: ("text",),
    RunDocument: ("title",),
    ErrorDocument: ("message",),
    FeedbackDocument: ("comment",),
    TextDocument: ("text",),
    ThinkingDocument: ("text",),
    ImagePlaceDocument: ("alt",),
    ToolUseDocument: ("arguments", "arguments_text"),
    ToolResultDocument: ("content",),
    CallDocument: ("title", "arguments", "question", "schema", "answer", "content", "details"),
    CommandDocument: ("arguments", "result", "error_message"),
    EventDocument: ("told",),
    ImageDocument: ("name",),
}
"""The fields that somebody wrote. Names of tags are not among them: they are seen elsewhere, so no mask can stand there."""
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def rewritten(document: T, text: Callable[[str], str]) -> T:
    """The document with each of its written texts as ``text`` gives it back, in JSON values, too, keys included."""
    if isinstance(document, list):
        return [rewritten(inner, text) for inner in document]  # type: ignore[return-value]
    if not isinstance(document, msgspec.Struct):
        return document
    written = WRITTEN.get(type(document), ())
    changed = {
        name: _in_json(value, text) if name in written else rewritten(value, text)
        for name in document.__struct_fields__
        if isinstance(value := getattr(document, name), (str, dict, list, msgspec.Struct))
    }
    return msgspec.structs.replace(document, **changed)


def _in_json(value: Any, text: Callable[[str], str]) -> Any:
    match value:
        case str():
            return value if not value or _ID.fullmatch(value) else text(value)
        case dict():
            return {_in_json(key, text): _in_json(inner, text) for key, inner in value.items()}
        case list():
            return [_in_json(inner, text) for inner in value]
    return value


def revealed(document: T, values: Mapping[str, str]) -> T:
    """The document with values, by the names of their tokens, in the place of tokens."""
    return rewritten(document, lambda text: unmask(text, values))


def covered(document: ThreadDocument, *, place: Place) -> ThreadDocument:
    """The document as it may be stored in an anonymous thread: with masks in the place of personal data. Tokens of masks that
    the thread has stay what they are.

    Raises:
        NotAnalysedError: see ``threads.covering``.
    """
    found: dict[str, str] = {}
    rewritten(document, lambda text: found.setdefault(text, text))
    masked = dict(zip(found, cover(place, list(found), keep_tokens=True), strict=True))
    return rewritten(document, masked.__getitem__)
