"""Start to first page, and the memory of the idle server."""

from __future__ import annotations

import http.client
import time
from http import HTTPStatus

POLL_SECONDS = 0.01
PATIENCE_SECONDS = 60


class WrongPageError(Exception):
    """The server answers, but not with the page."""


def seconds_to_first_page(port: int, path: str, *, since: float) -> float:
    """Seconds from ``since`` (``time.perf_counter``) to the page, whole.

    Raises:
        WrongPageError: it came with another status than 200.
        TimeoutError: nothing came within a minute.
    """
    while time.perf_counter() - since < PATIENCE_SECONDS:
        if page_answers(port, path):
            return time.perf_counter() - since
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"no page on port {port} within {PATIENCE_SECONDS} s")


def page_answers(port: int, path: str) -> bool:
    """Whether the server answers already."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except ConnectionError:
        return False
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        raise WrongPageError(f"{path} came with status {response.status}")
    return True
