"""Errors as RFC 9457 problem documents, the same from DRF, from plain async views and for unknown addresses.

A document is ``{type, title, status, detail, code, retryable}`` and, where there is something to say, ``details`` (facts
of the error) and ``errors`` (one ``{field, message, code}`` per field that breaks a rule; ``field`` is a dotted path).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypedDict

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import server_error as error_page
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from coday.kernel.errors import (
    CodayError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5  # seconds


class FieldError(TypedDict):
    """A rule that one field of the input breaks. ``field`` is empty where the input as a whole is meant."""

    field: str
    message: str
    code: str


class InternalError(CodayError):
    """A fault of ours. What it was is in the log and nowhere else."""

    code = "internal_error"
    message = "Something went wrong on the server. It has been logged."
    status = 500
    retryable = True


def document(error: CodayError, *, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """The problem document of an error."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "retryable": error.retryable,
    }
    if error.details:
        body["details"] = error.details
    if errors:
        body["errors"] = list(errors)
    return body


def problem_response(error: CodayError) -> JsonResponse:
    """The answer of a plain view."""
    return JsonResponse(document(error), status=error.status, headers=_headers(error), content_type=MEDIA_TYPE)


def handle_exception(exception: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's hook. What is no expected error is left to Django, which logs it and calls ``handler500``."""
    error = _as_coday_error(exception)
    if error is None:
        return None
    set_rollback()
    errors = tuple(_field_errors(exception.detail)) if isinstance(exception, exceptions.ValidationError) else ()
    return Response(
        document(error, errors=errors), status=error.status, headers=_headers(error), content_type=MEDIA_TYPE
    )


# --- Addresses that are no endpoint -------------------------------------------------------------------------------


@csrf_exempt  # it does nothing, and says so in the same way to every method
def unknown_address(_request: HttpRequest) -> HttpResponseBase:
    """The view of every address under the API that is none."""
    return problem_response(NotFoundError("There is no such address."))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """``handler500``: a problem document under the API, a page elsewhere. Django has logged what happened."""
    return problem_response(InternalError()) if request.path_info.startswith("/api/") else error_page(request)


# --- Translation --------------------------------------------------------------------------------------------------

_CODES: Mapping[int, str] = {
    status.HTTP_405_METHOD_NOT_ALLOWED: "method_not_allowed",
    status.HTTP_406_NOT_ACCEPTABLE: "not_acceptable",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    status.HTTP_429_TOO_MANY_REQUESTS: "too_many_requests",
}


def _as_coday_error(exception: Exception) -> CodayError | None:
    match exception:
        case CodayError():
            return exception
        case Http404():
            return NotFoundError()
        case PermissionDenied():
            return ForbiddenError()
        case RequestDataTooBig():
            return TooLargeError()
        case SuspiciousOperation():
            return InvalidInputError()
        case exceptions.APIException():
            return _of_api_exception(exception)
        case OperationalError() | InterfaceError():
            logger.error("The database does not answer.", exc_info=exception)
            return UnavailableError(details={"retry_after": RETRY_AFTER})
    return None


def _of_api_exception(exception: exceptions.APIException) -> CodayError:
    match exception:
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return UnauthenticatedError()
        case exceptions.PermissionDenied():
            return ForbiddenError()
        case exceptions.NotFound():
            return NotFoundError()
        case exceptions.ParseError():
            return InvalidInputError(str(exception.detail), code="malformed_json")
        case exceptions.ValidationError():
            first = next(_field_errors(exception.detail), None)
            return InvalidInputError(_sentence(first), field=first["field"] if first else None)
    error = CodayError(str(exception.detail), code=_CODES.get(exception.status_code, "error"))
    error.status = exception.status_code
    if (wait := getattr(exception, "wait", None)) is not None:  # Throttled
        error.details["retry_after"] = math.ceil(wait)
        error.retryable = True
    return error


def _sentence(error: FieldError | None) -> str | None:
    if error is None:
        return None
    return f"{error['field']}: {error['message']}" if error["field"] else error["message"]


def _field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Flatten DRF's nested lists and objects of messages."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _field_errors(inner, ".".join(filter(None, (path, own))))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping)
            yield from _field_errors(inner, ".".join(filter(None, (path, str(index)))) if nested else path)
    else:
        yield FieldError(field=path, message=str(detail), code=getattr(detail, "code", "invalid"))


def _headers(error: CodayError) -> dict[str, str]:
    headers = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else {}
    if error.status == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers
