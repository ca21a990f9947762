"""The base of every error that a person, a program or a run may be told about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CodayError(Exception):
    """An error with a stable code, told to the caller as it is.

    Attributes:
        code: a stable, machine-readable name, ``snake_case``.
        message: one sentence for a person: what happened and what to do.
        status: the HTTP status of its problem document.
        retryable: whether the same request may work later.
        details: facts a client may use (``field``, ``limit``, ``retry_after`` in seconds …); never internals.
    """

    code = "error"
    message = "The request could not be carried out."
    status = 400
    retryable = False

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
        retryable: bool | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.code = code or type(self).code
        self.retryable = type(self).retryable if retryable is None else retryable
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(self.message)


class InvalidInputError(CodayError):
    """The input breaks a rule. ``details["field"]`` names the offending field where there is one."""

    code = "invalid_input"
    message = "The input is not valid."
    status = 400

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        merged = {**({"field": field} if field else {}), **(details or {})}
        super().__init__(message, code=code, details=merged)


class TooLargeError(InvalidInputError):
    """The input is over a limit. ``details["limit"]`` gives it."""

    code = "too_large"
    message = "The input is too large."
    status = 413


class UnauthenticatedError(CodayError):
    """No credential, or one that is wrong, expired or revoked."""

    code = "unauthenticated"
    message = "Log in or send a valid token."
    status = 401


class ForbiddenError(CodayError):
    """The credential is good, the right is missing."""

    code = "forbidden"
    message = "You may not do this."
    status = 403


class NotFoundError(CodayError):
    """The object does not exist, or not for this caller: both look the same."""

    code = "not_found"
    message = "There is no such object."
    status = 404


class ConflictError(CodayError):
    """The object's state does not allow the request."""

    code = "conflict"
    message = "The object's state does not allow this."
    status = 409


class UnavailableError(CodayError):
    """The database cannot be reached at the moment."""

    code = "unavailable"
    message = "The server cannot reach its database at the moment. Try again in a few seconds."
    status = 503
    retryable = True
