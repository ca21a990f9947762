"""Where a request comes from."""

from __future__ import annotations

from django.http import HttpRequest


def address_of(request: HttpRequest | None) -> str:
    """The client's IP address; empty where there is none (a command, a Unix socket).

    ``X-Forwarded-For`` is not looked at here, where anyone could make it up: the server has done so, for the proxies that
    ``FORWARDED_ALLOW_IPS`` names.
    """
    return str(request.META.get("REMOTE_ADDR") or "") if request is not None else ""
