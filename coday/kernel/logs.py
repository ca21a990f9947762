"""What a log line says: readable text or JSON, the ids of the run that it belongs to, and never a key.

``with bound(run_id=…, thread_id=…):`` names the ids for everything that is logged inside, on database threads and in
tasks that are started there too.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any, Final, TypeAlias

import msgspec

LONGEST_REASON: Final = 300  # characters of an exception's message

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("_bound", default=_NOTHING)

_ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


@contextmanager
def bound(**ids: object) -> Iterator[None]:
    """Name these ids in every line that is logged inside.

    For functions and coroutines. An async generator may be closed by another task than the one that began it, and then
    could not take its ids back: bind them where it is read.
    """
    token = _bound.set({**_bound.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        yield
    finally:
        _bound.reset(token)


# --- Secrets --------------------------------------------------------------------------------------------------------

_BEARER: Final = re.compile(r"\bbearer(\s+|\.)(?!…)[^\s\"',;]+", re.IGNORECASE)
_AUTHORIZATION: Final = re.compile(r"\b(authorization[\"']?\s*[:=]\s*[\"']?)(?:\w+ )?[^\s\"',;]+", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"\b((?:x-)?api[-_]?key|(?:access[-_]|refresh[-_]|auth[-_]|csrf)?token|password|passwd|(?:client[-_])?secret(?:[-_]key)?"
    r"|sessionid)([\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}]+",
    re.IGNORECASE,
)
_KEY: Final = re.compile(
    r"\b(?:(?:sk|pk|rk|gsk|xai|key|coday|ghp|gho|ghs|glpat|hf|xox[abeps])[-_][\w-]{8,}|AIza[\w-]{16,}|eyJ[\w-]{8,}\.[\w.-]+)"
)
_IN_URL: Final = re.compile(r"(://)[^/\s@]*@")
_IN_PATH: Final = re.compile(r"(/(?:tool-callbacks|shared)/)[^/\s\"']+")


def redact(text: str) -> str:
    """The text without what looks like a bearer token, an API key, a password, a login in an address, or the token in that
    of a callback or of something shared."""
    text = _AUTHORIZATION.sub(r"\1…", _BEARER.sub("Bearer …", text))
    text = _KEY.sub("…", _NAMED.sub(r"\1\2…", text))
    return _IN_PATH.sub(r"\1…", _IN_URL.sub(r"\1…@", text))


# --- Lines ----------------------------------------------------------------------------------------------------------


class LineFormatter(logging.Formatter):
    """A line for people: time, level, logger, message and the bound ids; then the exception, if there is one."""

    def __init__(self) -> None:
        super().__init__("{asctime}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """One line, whatever line breaks the message has: nobody else's words look like a line of ours."""
        ids = "".join(f" {name}={value}" for name, value in _bound.get().items())
        message = redact(record.message).replace("\r", "\\r").replace("\n", "\\n")
        return f"{record.asctime} {record.levelname} {record.name}: {message}{ids}"

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802  # logging's name
        """See ``describe``."""
        return describe(ei[1])


class JsonFormatter(logging.Formatter):
    """A JSON object for machines: ``timestamp``, ``level``, ``logger``, ``message``, the bound ids and ``exception``.

    Other fields of a record are left out: nobody knows what a library puts there.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        fields: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_bound.get(),
        }
        if record.exc_info and record.exc_info[1]:
            fields["exception"] = describe(record.exc_info[1])
        return msgspec.json.encode(fields).decode()


def describe(error: BaseException | None) -> str:
    """An exception and those that led to it, oldest first, each with its traceback and the first line of its message.

    The lines after the first are where a database quotes the row that it refused, and so what people wrote.
    """
    return "\n\nThen:\n\n".join(reversed([_one(cause) for cause in _chain(error)]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> str:
    reason = next(iter(str(error).splitlines()), "")[:LONGEST_REASON]
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return "".join(traceback.format_tb(error.__traceback__)) + redact(f"{name}: {reason}" if reason else name)
