"""Pages on the web as text, fetched with the guarded client."""

from __future__ import annotations

from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.db import close_old_connections, connection

from coday.kernel.guarded.client import Fetched, GuardedClient
from skills.errors import PageUnavailableError
from skills.extraction.files import Extracted, extract

ACCEPT = "text/html, text/markdown, text/plain, application/pdf;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that was fetched, with its text."""

    content: bytes
    extracted: Extracted


def fetch_page(url: str) -> Page:
    """Fetch a page and read it, for a synchronous caller.

    Raises:
        InvalidAddressError, FetchError: why it was not fetched.
        PageUnavailableError: the server answered with something else than a page.
        CodayError: why it could not be read; see ``extract``.
    """
    if not connection.in_atomic_block:
        close_old_connections()  # nobody waits for this thread's connection meanwhile
    fetched: Fetched = async_to_sync(GuardedClient().fetch)(url, headers={"Accept": ACCEPT})
    if fetched.status != 200:
        raise PageUnavailableError(f"The server answered with {fetched.status}.", details={"status": fetched.status})
    return Page(content=fetched.body, extracted=extract(fetched.body))
