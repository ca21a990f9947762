"""Masks of an anonymous thread: which token stands for which value. Values are stored encrypted; here they are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from coday.kernel.crypto import UnreadableSecretError, decrypt, keyed_digest
from threads.models import Mask
from threads.privacy.findings import Finding
from threads.privacy.tokens import LITERAL, StreamUnmasker, mask, token_of, unmask, unmask_json
from threads.privacy.variants import canonical, core

_CATEGORY: Final = re.compile(r"[A-Z]{2,20}(?:_[A-Z]{2,20}){0,3}")
_SEARCHED_CHARS: Final = 4  # a shorter value is too often a part of something else


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSnapshot:
    """A token such as ``{{pii:PERSON_1}}`` and the value that it stands for."""

    id: UUID
    category: str
    number: int
    value: str = field(repr=False)

    @property
    def name(self) -> str:
        """The token's name, such as ``PERSON_1``."""
        return f"{self.category}_{self.number}"

    @property
    def token(self) -> str:
        """What models read."""
        return token_of(self.name)


@dataclass(frozen=True, kw_only=True)
class MaskBook:
    """All masks of a thread, as they were when they were read, in the order in which they were made."""

    entries: tuple[MaskSnapshot, ...] = ()

    @cached_property
    def _values(self) -> dict[str, str]:
        return {entry.name: entry.value for entry in self.entries}

    def unmask(self, text: str) -> str:
        """The text with values in the place of the thread's tokens."""
        return unmask(text, self._values)

    def unmask_json(self, value: Any) -> Any:
        """A JSON value with every text in it unmasked, keys included."""
        return unmask_json(value, self._values)

    def stream(self) -> StreamUnmasker:
        """Unmasks a text that comes in pieces."""
        return StreamUnmasker(self._values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """Texts with tokens in the place of values, and the masks that were made for them."""

    texts: tuple[str, ...]
    new: tuple[MaskSnapshot, ...]


def mask_texts(
    *, thread_id: UUID, texts: Sequence[str], findings: Sequence[Iterable[Finding]], keep_tokens: bool = False
) -> Masked:
    """Hide what was found in texts, and each value of the thread that stands in them without having been found.

    Runs in the caller's transaction, which holds the thread's row, so that no two give the same number.

    Args:
        texts: as people, tools or files gave them.
        findings: of each text, in the same order; offsets in code points.
        keep_tokens: the texts were written by whoever reads masks (a model, or a tool that was given them): tokens of the
            thread stay what they are. Otherwise a text that looks like a token is hidden, and put back, as such.

    Raises:
        ValueError: not as many findings as texts, or one that lies outside its text.
    """
    rows = list(_rows(thread_id))
    names = _Names(thread_id, rows)
    known = [row for row in rows if row.value is not None and row.category != LITERAL]
    keep = frozenset(row.name for row in rows) if keep_tokens else frozenset()
    covered = tuple(
        mask(text, [*(core(text, one) for one in found), *_seen_before(text, known)], names.name_of, keep=keep)
        for text, found in zip(texts, findings, strict=True)
    )
    Mask.objects.bulk_create(names.new)
    return Masked(texts=covered, new=tuple(map(_snapshot, names.new)))


def masks_of(*, thread_id: UUID) -> MaskBook:
    """All masks of a thread. One whose key is lost is left out: its token stays to be seen."""
    return MaskBook(entries=tuple(_readable(_rows(thread_id))))


def masks_by_id(*, ids: Iterable[str | UUID]) -> list[MaskSnapshot]:
    """The masks with these ids, in the order in which they were made; those that are gone, or whose key is lost, are left
    out. For ids from the journal: nobody else knows whose thread they belong to."""
    return list(_readable(_stored(Mask.objects.filter(pk__in=list(ids)))))


def masks_of_owner(*, owner_id: UUID, newest: int) -> list[tuple[UUID, MaskSnapshot]]:
    """The newest masks of all threads of a person, each with its thread; one whose key is lost is left out."""
    masks = Mask.objects.filter(thread__owner_id=owner_id).order_by("-pk")[:newest]
    threads = dict(masks.values_list("pk", "thread_id"))
    found = _readable(_stored(Mask.objects.filter(pk__in=list(threads)))) if threads else ()
    return [(threads[mask.id], mask) for mask in found]


def copy_masks(*, source_id: UUID, target_id: UUID) -> tuple[UUID, ...]:
    """Have the same tokens stand for the same values in another thread of the same owner; returns the new masks' ids. Values
    are copied as they are stored, so that those whose key is lost keep their place, too."""
    twins = [
        Mask(thread_id=target_id, category=mask.category, number=mask.number, value="", digest=mask.digest)
        for mask in Mask.objects.filter(thread_id=source_id).order_by("pk").only("category", "number", "digest")
    ]
    Mask.objects.bulk_create(twins)
    original = Mask.objects.filter(thread_id=source_id, category=OuterRef("category"), number=OuterRef("number"))
    Mask.objects.filter(thread_id=target_id).update(value=Subquery(original.values("value")[:1]))
    return tuple(twin.pk for twin in twins)


# --- What is stored -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    id: UUID
    category: str
    number: int
    value: str | None = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.category}_{self.number}"


def _rows(thread_id: UUID) -> Iterator[_Row]:
    return _stored(Mask.objects.filter(thread_id=thread_id))


def _stored(masks: QuerySet[Mask]) -> Iterator[_Row]:
    """Each row by itself, so that one that cannot be read does not hide the others."""
    cipher = Cast(F("value"), TextField())
    for key, category, number, stored in masks.order_by("pk").values_list("pk", "category", "number", cipher):
        yield _Row(id=key, category=category, number=number, value=_decrypted(stored))


def _decrypted(stored: str) -> str | None:
    try:
        return decrypt(stored)
    except UnreadableSecretError:
        return None


def _readable(rows: Iterable[_Row]) -> Iterator[MaskSnapshot]:
    for row in rows:
        if row.value is not None:
            yield MaskSnapshot(id=row.id, category=row.category, number=row.number, value=row.value)


def _snapshot(row: Mask) -> MaskSnapshot:
    return MaskSnapshot(id=row.pk, category=row.category, number=row.number, value=row.value)


# --- Names and values -----------------------------------------------------------------------------------------------


class _Names:
    """Gives each value the name that it has in the thread, or the next one. Values are compared in clear, not by digests:
    those change when the key does."""

    def __init__(self, thread_id: UUID, rows: Collection[_Row]) -> None:
        self._thread_id = thread_id
        self._by_value = {canonical(row.category, row.value): row.name for row in rows if row.value is not None}
        self._last = Counter[str]()
        for row in rows:
            self._last[row.category] = max(self._last[row.category], row.number)
        self.new: list[Mask] = []

    def name_of(self, category: str, value: str) -> str:
        """The name of the token for a value, whatever it was found as before."""
        category = category if _CATEGORY.fullmatch(category) else "OTHER"
        key = canonical(category, value)
        if key not in self._by_value:
            self._last[category] += 1
            self._by_value[key] = f"{category}_{self._last[category]}"
            self.new.append(
                Mask(
                    thread_id=self._thread_id,
                    category=category,
                    number=self._last[category],
                    value=value,
                    digest=keyed_digest(f"{self._thread_id}:{key}", purpose="masks"),
                )
            )
        return self._by_value[key]


def _seen_before(text: str, rows: Iterable[_Row]) -> Iterator[Finding]:
    """Where values of the thread stand in a text as whole words. A single word counts in its own case only, since another
    word may be spelt like a name; whatever is longer counts in any case."""
    lower = text.lower()
    for row in rows:
        value = row.value or ""
        if len(value) < _SEARCHED_CHARS:
            continue
        loose = not value.isalpha() and len(lower) == len(text) and len(value.lower()) == len(value)
        where, what = (lower, value.lower()) if loose else (text, value)
        at = where.find(what)
        while at >= 0:
            end = at + len(what)
            if _is_whole(where, at, end):
                yield Finding(at, end, row.category, 1.0)
            at = where.find(what, end)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether neither edge cuts a word or a number."""
    cut_before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    cut_after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return not cut_before and not cut_after
