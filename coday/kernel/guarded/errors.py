"""Why something was not fetched. The messages name what the caller sent, never what our network looks like."""

from __future__ import annotations

from coday.kernel.errors import CodayError, InvalidInputError


class InvalidAddressError(InvalidInputError):
    """No absolute http or https address, or one that can be read in two ways."""

    code = "invalid_address"
    message = "Give an http or https address without a username and password."


class InvalidHeaderError(InvalidInputError):
    """A header that is not the caller's to set, or with characters that end a line."""

    code = "invalid_header"
    message = "A header cannot be sent."


class FetchError(CodayError):
    """The base of what goes wrong with an address that can be read."""

    code = "fetch_failed"
    message = "The address could not be fetched."
    status = 502


class AddressRefusedError(FetchError):
    """The address leads into a network that is not public, or to a port that is not open to fetching."""

    code = "address_refused"
    message = "This address may not be fetched: it is not public. An operator can allow it."
    status = 403


class RedirectRefusedError(FetchError):
    """Too many redirects, or one that would carry something to a place that it was not meant for."""

    code = "redirect_refused"
    message = "The address redirects too often or to a place that may not be followed to."


class UnreachableError(FetchError):
    """The name is unknown, nothing listens, TLS failed, or the answer is no HTTP."""

    code = "unreachable"
    message = "The server could not be reached or did not speak HTTP."
    retryable = True


class FetchTimeoutError(FetchError):
    """It took longer than the limit, all redirects and the whole body included."""

    code = "fetch_timeout"
    message = "The server took too long."
    status = 504
    retryable = True


class AnswerTooLargeError(FetchError):
    """The body is over the limit. ``details["limit"]`` gives it in bytes."""

    code = "answer_too_large"
    message = "The answer is too large."


class EncodedAnswerError(FetchError):
    """The server compressed what was asked for plainly: a few bytes of it may unfold to any size."""

    code = "encoded_answer"
    message = "The server sent a compressed answer, although a plain one was asked for."
