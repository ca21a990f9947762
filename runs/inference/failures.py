"""What a provider's refusal means: HTTP status and error body to one of our errors, with nothing secret in it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from agents.snapshot import ProviderSnapshot
from runs.errors import (
    ContextTooLongError,
    ProviderAuthError,
    ProviderError,
    ProviderNotFoundError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderUnavailableError,
    RunError,
)

MAX_MESSAGE: Final = 300
"""Characters of a provider's own words that are passed on."""

_CONTEXT_TOO_LONG: Final = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|prompt is too long"
    r"|exceed\w* .{0,40}(context|maximum number of tokens)|too many (input )?tokens|model_context_window_exceeded",
    re.IGNORECASE,
)
_NO_CREDIT: Final = re.compile(r"insufficient_quota|credit balance|billing|insufficient credits", re.IGNORECASE)
_KEYS: Final = re.compile(r"\b(?:sk|pk|rk|gsk|xai|key|AIza)[-_]?[\w*-]{12,}|Bearer\s+\S+")

# The words that the protocols use where no HTTP status can be sent any more: in the middle of a stream.
_STATUS_OF_TYPE: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_quota": 429,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "tokens": 429,
    "requests": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def refusal(provider: ProviderSnapshot, status: int, headers: Mapping[str, str], body: bytes) -> RunError:
    """The error for an HTTP answer that is none: any status but 200. ``headers`` are looked up in lower case."""
    return _error(provider, status, _reason(body), retry_after(headers))


def mid_stream_failure(provider: ProviderSnapshot, error: Any) -> RunError:
    """The error for an error object that came where a part of the answer was due."""
    reason = _reason_of(error)
    return _error(provider, _status_of(error), reason, None)


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Seconds that the provider asks to wait (``Retry-After`` as seconds or date, ``retry-after-ms``), if it does."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now().timestamp())


def _error(provider: ProviderSnapshot, status: int, reason: str, wait: float | None) -> RunError:
    details: dict[str, Any] = {"provider": provider.slug, "status": status}
    if status == 413:
        too_large = "This message is too large for the model's provider. Shorten it, or send fewer or smaller images."
        return ContextTooLongError(too_large, details=details)
    if status in {400, 422, 500} and _CONTEXT_TOO_LONG.search(reason):
        return ContextTooLongError(details=details)
    if status == 402 or (status == 429 and _NO_CREDIT.search(reason)):
        no_credit = "The account at the model's provider has no credit left. An admin can check it."
        return ProviderRateLimitedError(no_credit, details=details, retryable=False)
    kind = _kind(status)
    message: str | None = None
    if kind is ProviderRequestError and reason:
        message = f"{kind.message.rstrip('.')}: {_presentable(reason, provider)}"
    if wait is not None and kind.retryable:
        details["retry_after"] = wait
    return kind(message, details=details, retry_after=wait)


def _kind(status: int) -> type[ProviderError]:
    if status in {401, 403}:
        return ProviderAuthError
    if status == 404 or 300 <= status < 400:  # a redirect is not followed: the stored address is not the provider's
        return ProviderNotFoundError
    if status == 429:
        return ProviderRateLimitedError
    if status == 408 or status >= 500:
        return ProviderUnavailableError
    return ProviderRequestError if status >= 400 else ProviderProtocolError


def _reason(body: bytes) -> str:
    """What an error body says; empty for HTML and whatever else is no JSON."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _reason_of(document)


def _reason_of(error: Any) -> str:
    """Message and code, out of ``{error: {message}}``, ``{error: text}``, ``{message}`` or ``{detail}``."""
    if isinstance(error, list):  # Gemini's door wraps its error in a list
        return _reason_of(error[0]) if error else ""
    if not isinstance(error, dict):
        return error if isinstance(error, str) else ""
    if error.get("error"):
        return _reason_of(error["error"])
    said: Any = error.get("message") or error.get("detail") or ""
    message: str = said if isinstance(said, str) else msgspec.json.encode(said).decode()
    code = error.get("code") or error.get("type") or ""
    return f"{message} ({code})" if isinstance(code, str) and code and message else message or str(code)


def _status_of(error: Any) -> int:
    """The HTTP status that an error object in a stream stands for: 500 where it does not say."""
    if not isinstance(error, dict):
        return 500
    for name in ("code", "type", "status"):
        value = error.get(name)
        if isinstance(value, int) and 400 <= value < 600:
            return value
        if isinstance(value, str) and value in _STATUS_OF_TYPE:
            return _STATUS_OF_TYPE[value]
    return 500


def _presentable(reason: str, provider: ProviderSnapshot) -> str:
    """The provider's words on one short line, without anything that looks like a key."""
    line = " ".join(reason.split())
    if provider.api_key:
        line = line.replace(provider.api_key, "…")
    line = _KEYS.sub("…", line)
    return line if len(line) <= MAX_MESSAGE else f"{line[: MAX_MESSAGE - 1]}…"


def _number(value: str | None) -> float | None:
    """A header's finite, non-negative number."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
