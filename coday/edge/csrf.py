"""Requests that a foreign page makes with a person's cookie: CSRF tokens for HTTP, the Origin for sockets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port, validate_host
from django.middleware.csrf import CsrfViewMiddleware

from coday.kernel.errors import ForbiddenError

DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


class CsrfError(ForbiddenError):
    """A request with a session cookie came without the CSRF token of its page."""

    code = "csrf_failed"
    message = "The page's security token is missing or wrong. Reload the page."


class _Check(CsrfViewMiddleware):
    """Django's own check, told as a reason and not as a page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponseBase:
        return HttpResponse(reason, status=403)


def _protected_view(_request: HttpRequest) -> HttpResponse:
    """Stands for the view in the check, which only asks whether it is exempt."""
    return HttpResponse()


def enforce_csrf(request: HttpRequest) -> None:
    """Check the CSRF token of an unsafe request, also in views that Django exempts from it.

    Raises:
        CsrfError: no token, a wrong one, or a foreign Origin.
    """
    check = _Check(_protected_view)
    check.process_request(request)
    if check.process_view(request, _protected_view, (), {}) is not None:
        raise CsrfError


def origin_allowed(
    *,
    headers: Iterable[tuple[bytes, bytes]],
    allowed_hosts: Sequence[str],
    trusted_origins: Sequence[str] = (),
    missing_allowed: bool = False,
) -> bool:
    """Whether a socket may be opened by the page it comes from.

    The page must be ours: its host and port are those the request was sent to, and that host is one of
    ``allowed_hosts``. Cookies know no ports, so another server on this host is as foreign as another host. Schemes are
    not compared: a proxy may speak TLS for us.

    Args:
        headers: of the ASGI scope.
        allowed_hosts: ``settings.ALLOWED_HOSTS``.
        trusted_origins: ``settings.CSRF_TRUSTED_ORIGINS``, without wildcards.
        missing_allowed: programs send no Origin; pass whether the credential is one that no browser adds by itself.
    """
    values = {name.lower(): value.decode("latin-1").lower() for name, value in headers}
    host = values.get(b"host", "")
    if not validate_host(split_domain_port(host)[0], allowed_hosts):
        return False
    origin = values.get(b"origin")
    if origin is None:
        return missing_allowed
    return origin in trusted_origins or _same_place(origin, host)


def _same_place(origin: str, host: str) -> bool:
    scheme, netloc = urlsplit(origin)[:2]
    default = DEFAULT_PORTS.get(scheme)
    if default is None or not netloc:
        return False
    return netloc.removesuffix(f":{default}") == host.removesuffix(f":{default}")
