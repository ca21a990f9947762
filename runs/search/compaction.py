"""Takes the words of deleted documents out of the index's own pages. FTS5 keeps them until it merges its segments, which it
does in its own time; PostgreSQL has them in the row that is gone."""

from __future__ import annotations

import time
from typing import Final

from django.db import connection

from runs.search.full_text import INDEX

PAGES: Final = 500  # that are merged at once: others write in between
_MERGE = f"INSERT INTO {INDEX} ({INDEX}, rank) VALUES ('merge', %s)"  # noqa: S608  # our own names


def compact(*, anew: bool, seconds: float = 2.0) -> bool:
    """Merge for so long at most; ``anew`` begins with all that there is, otherwise what was begun goes on. Returns whether
    there is nothing left to merge."""
    if connection.vendor != "sqlite":
        return True
    until = time.monotonic() + seconds
    pages = -PAGES if anew else PAGES
    while _merge(pages):
        pages = PAGES
        if time.monotonic() > until:
            return False
    return True


def _merge(pages: int) -> bool:
    """One step; returns whether it changed anything. SQLite counts the statement itself."""
    connection.ensure_connection()
    before = connection.connection.total_changes
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, [pages])
    changes: int = connection.connection.total_changes - before
    return changes > 1
