"""Import: what would come, and what comes. Each conversation once, and each in a transaction of its own, so that one that
cannot be read takes nothing away from the others.

What comes into an anonymous thread is looked at as if somebody typed it, unless the seal of an export shows that it was
written here and never changed: then masks stand in it wherever they have to.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, Final, Literal
from uuid import UUID

import msgspec
from django.db import transaction

from coday.kernel.database import reserve
from coday.kernel.errors import CodayError
from runs.exchange.bringing import Brought, bring_in
from runs.exchange.checking import cleaned, decoded, ensure_sound, thread_of
from runs.exchange.documents import FORMAT, ThreadDocument
from runs.exchange.errors import BrokenThreadError
from runs.exchange.export import seal_of
from runs.exchange.files import Opened, opened
from runs.exchange.formats import chatgpt, claude, open_webui
from runs.exchange.incoming import Importer
from runs.models import ImportedThread
from threads.covering import covering_now
from threads.transfer import ensure_may_come_in, owned

State = Literal["new", "known", "changed"]
SOURCES: Final = (FORMAT, chatgpt.SOURCE, claude.SOURCE, open_webui.SOURCE)
_FORMATS: Final[dict[str, Any]] = {one.SOURCE: one for one in (chatgpt, claude, open_webui)}
_SEALED: Final = re.compile(rb',"seal":"([0-9a-f]{64})"\}\s*\Z')
LONGEST_PROBLEM: Final = 500  # characters


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What becomes of one conversation: whether it is known, the thread that it has become or is, what was wrong with it, and
    whether it was refused."""

    source_id: str
    title: str = ""
    runs: int = 0
    messages: int = 0
    images: int = 0
    state: State = "new"
    thread_id: UUID | None = None
    refused: bool = False
    brought: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an import did or, as a dry run, would do."""

    source: str
    dry_run: bool
    threads: list[Entry] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many conversations are new, known, changed, refused and brought in, and the runs, messages and images in those
        that are not refused."""
        counts = Counter[str](entry.state for entry in self.threads if not entry.refused)
        counts["refused"] = sum(entry.refused for entry in self.threads)
        counts["brought"] = sum(entry.brought for entry in self.threads)
        for name in ("runs", "messages", "images"):
            counts[name] = sum(getattr(entry, name) for entry in self.threads if not entry.refused)
        return {"threads": len(self.threads), **{name: counts[name] for name in COUNTED}}


COUNTED: Final = ("new", "known", "changed", "refused", "brought", "runs", "messages", "images")


def import_file(
    file: BinaryIO,
    *,
    size: int,
    importer: Importer,
    source: str = "auto",
    dry_run: bool = False,
    copy_changed: bool = False,
) -> Report:
    """Bring in the conversations of a file of ``size`` bytes, or say what would come. One that is there is left alone, one
    that is there and differs, too, unless ``copy_changed``: then it becomes another thread.

    Raises:
        ImportTooLargeError, UnreadableFileError, UnknownFormatError, UnknownVersionError: of the file as a whole.
        AnonymizationUnavailableError: personal data cannot be found at the moment.
    """
    with opened(file, size=size, source=source) as one:
        work = _Import(one, importer=importer, dry_run=dry_run, copy_changed=copy_changed)
        return Report(source=one.source, dry_run=dry_run, threads=list(work.entries()))


@dataclass(frozen=True, kw_only=True)
class _Item:
    """A conversation that could be read. ``sealed``: it was written here, and never changed."""

    document: ThreadDocument
    digest: str
    sealed: bool = False


class _Import:
    """One file, for one person. New ids of threads and runs are remembered by the old ones: a fork comes after what it was
    forked from."""

    def __init__(self, file: Opened, *, importer: Importer, dry_run: bool, copy_changed: bool) -> None:
        self._file = file
        self._importer = importer
        self._dry_run = dry_run
        self._copy_changed = copy_changed
        self._elsewhere: dict[str, UUID] = {}

    def entries(self) -> Iterator[Entry]:
        """Each conversation in turn."""
        for place, raw in enumerate(self._file.threads):
            try:
                item = _read(raw, file=self._file)
            except CodayError as error:
                yield Entry(source_id=_name_of(raw) or str(place + 1), refused=True, problems=(_told(error),))
            else:
                yield self._entry(item)

    def _entry(self, item: _Item) -> Entry:
        document = item.document
        told = partial(
            Entry, source_id=document.id, title=document.title, runs=len(document.runs), images=len(document.images),
            messages=sum(len(run.messages) for run in document.runs),
        )  # fmt: skip
        state, thread_id = self._state(item)
        if not (state == "new" or (state == "changed" and self._copy_changed)):
            return told(state=state, thread_id=thread_id)
        try:
            ensure_may_come_in(anonymous=document.anonymous)
            if self._dry_run:
                return told(state=state, thread_id=thread_id)
            brought = covering_now(partial(self._bring_in, item))
        except CodayError as error:
            if error.retryable:
                raise
            return told(state=state, thread_id=thread_id, refused=True, problems=(_told(error),))
        if brought is None:
            return told(state="known", thread_id=self._state(item)[1])
        self._elsewhere.update(brought.ids)
        return told(state=state, thread_id=brought.thread_id, brought=True, problems=tuple(brought.problems))

    def _state(self, item: _Item) -> tuple[State, UUID | None]:
        """Whether it is known, and as which thread: one that came in before, or the very one that it was exported from."""
        known = ImportedThread.objects.filter(
            owner_id=self._importer.user_id, source=self._file.source, source_id=item.document.id
        ).first()
        if known:
            return ("known" if known.digest == item.digest else "changed"), known.thread_id
        own = _uuid(item.document.id) if self._file.source == FORMAT else None
        if own and owned(owner_id=self._importer.user_id, ids=[own]):
            return "known", own
        return "new", None

    def _bring_in(self, item: _Item) -> Brought | None:
        """``None`` where somebody has brought it in meanwhile."""
        with ExitStack() as undo:
            with transaction.atomic():
                reserve(f"imports of {self._importer.user_id}")
                state, _ = self._state(item)
                if state == "known":
                    return None
                brought = bring_in(
                    item.document, importer=self._importer, covered=item.sealed, elsewhere=self._elsewhere, undo=undo
                )
                ImportedThread.objects.update_or_create(
                    owner_id=self._importer.user_id, source=self._file.source, source_id=item.document.id,
                    defaults={"thread_id": brought.thread_id, "digest": item.digest},
                )  # fmt: skip
            undo.pop_all()
        return brought


# --- Reading --------------------------------------------------------------------------------------------------------


def _read(raw: msgspec.Raw, *, file: Opened) -> _Item:
    """A conversation out of its bytes.

    Raises:
        BrokenThreadError, ImportTooLargeError
    """
    value = decoded(raw)
    if not isinstance(value, dict):
        raise BrokenThreadError("This is no conversation.")
    value = cleaned(value)
    digest = _digest(value)
    if file.source == FORMAT:
        return _Item(document=thread_of(value), digest=digest, sealed=_is_sealed(raw))
    kind = _FORMATS[file.source]
    name = kind.source_id(value)
    if not name or len(name) > 200:
        raise BrokenThreadError("This conversation has no id.")
    document = kind.thread(value, files=file.file)
    try:
        msgspec.convert(msgspec.to_builtins(document), ThreadDocument)
    except msgspec.ValidationError as error:
        raise BrokenThreadError(f"This conversation cannot be brought into form: {error}.") from error
    ensure_sound(document)
    return _Item(document=document, digest=digest)


def _digest(value: dict[str, Any]) -> str:
    """What tells whether a conversation has changed. Whether values stand beside its masks is no change of it."""
    told = {name: inner for name, inner in value.items() if name not in ("seal", "masks")}
    return hashlib.sha256(
        json.dumps(told, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()


def _is_sealed(raw: msgspec.Raw) -> bool:
    text = bytes(raw)
    seal = _SEALED.search(text[-200:])
    if seal is None:
        return False
    written = text[: len(text) - (len(text[-200:]) - seal.start())]
    return hmac.compare_digest(seal_of(hashlib.sha256(written).hexdigest()), seal[1].decode())


def _name_of(raw: msgspec.Raw) -> str:
    """What a conversation that cannot be read says that it is called."""
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return next(
        (name[:200] for name in (named.id, named.uuid, named.conversation_id) if isinstance(name, str) and name), ""
    )


class _Named(msgspec.Struct):
    id: Any = None
    uuid: Any = None
    conversation_id: Any = None


def _told(error: CodayError) -> str:
    return error.message if len(error.message) <= LONGEST_PROBLEM else f"{error.message[:LONGEST_PROBLEM]} …"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
