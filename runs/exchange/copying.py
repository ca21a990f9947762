"""A copy of what is shared: a thread of one's own that goes on where the snapshot ends, and says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from runs.exchange.bringing import bring_in
from runs.exchange.documents import EventDocument, ImageDocument, RunDocument, ThreadDocument
from runs.exchange.incoming import Importer
from runs.exchange.snapshot import images_in, load
from runs.inputs import Asker
from runs.models import Share
from threads.transfer import images_with_bytes

FIRST: Final = "0"  # as an id, it sorts before all others


def copy_share(row: Share, *, by: Asker) -> UUID:
    """Make a thread of this person's with the runs of a share, and return its id. An anonymous one stays so: what its tokens
    stand for comes along where it is shown, else they stay tokens.

    Raises:
        AnonymityRequiredError, AnonymityUnavailableError: see ``threads.transfer``.
    """
    document = _document(row)
    with ExitStack() as undo:
        with transaction.atomic():
            brought = bring_in(document, importer=Importer(by.user_id, by.username), covered=True, undo=undo)
        undo.pop_all()
    return brought.thread_id


def _document(row: Share) -> ThreadDocument:
    """The snapshot with its images, and with what a journal would tell of it: that it is a copy above all."""
    document = load(row.document)
    found = images_with_bytes(thread_id=row.thread_id, ids=images_in(document))
    document.images = [ImageDocument(id=str(one.id), name=one.name, data=one.content) for one in found]
    document.created_at = document.updated_at = timezone.now()
    for run in document.runs:
        run.events = list(_told(run))
    document.runs[0].events.insert(0, _origin(row, document))
    return document


def _told(run: RunDocument) -> Iterator[EventDocument]:
    """What a journal tells of a run: what was said and called, in its order."""
    said = [(message.created_at, "message", message.id) for message in run.messages]
    called = [(call.created_at, "tool", call.call_id) for call in run.calls]
    for at, kind, of in sorted([*said, *called]):
        yield EventDocument(id=f"{of} {kind}", type=kind, of=of, at=at)  # type: ignore[arg-type]  # one of the two


def _origin(row: Share, document: ThreadDocument) -> EventDocument:
    """Where the copy comes from, above all that is in it."""
    whose = f"{row.owner.username} shared" if row.shows_name else "somebody shared"
    step = {"kind": "copy", "status": "done", "summary": f"Copied from what {whose}, as of {row.taken_at:%d %B %Y}."}
    at = document.runs[0].created_at
    return EventDocument(id=FIRST, type="step", told={**step, "details": {"share": str(row.pk)}}, at=at)
