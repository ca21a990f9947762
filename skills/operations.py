"""Writes: skills and their sources. A source is read before, and stored in, a transaction that waits for nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from coday.kernel.database import reserve
from coday.kernel.errors import CodayError, InvalidInputError
from skills.errors import (
    GroupNotFoundError,
    SkillNameTakenError,
    SkillNotFoundError,
    SkillSlugTakenError,
    SourceHasNoAddressError,
    TooManySkillsError,
    TooManySourcesError,
)
from skills.extraction.files import cleaned, extract
from skills.extraction.kinds import is_markdown
from skills.extraction.pages import fetch_page
from skills.models import Skill, SkillSource, SourcePassage
from skills.passages import folded, split, words
from skills.queries import get_own_skill, get_source, usable_skills

CHANGEABLE = frozenset({"name", "trigger", "instructions", "enabled", "groups"})
PASSAGES_AT_ONCE = 500  # rows
TITLE_LENGTH = 200
UNNAMED = "Untitled"


@transaction.atomic
def create_skill(*, owner_id: UUID, slug: str, name: str, groups: Sequence[str] = (), **fields: Any) -> Skill:
    """Make a skill of a person's own. ``groups`` are names of groups that it is shared with; ``fields`` are the trigger, the
    instructions and whether it is enabled.

    Raises:
        SkillSlugTakenError, SkillNameTakenError: it would be taken for another one.
        GroupNotFoundError: the person is not in such a group.
        TooManySkillsError: they have enough.
    """
    reserve(f"skills of {owner_id}")
    if Skill.objects.filter(owner_id=owner_id).count() >= settings.CODAY_MAX_SKILLS:
        raise TooManySkillsError(details={"limit": settings.CODAY_MAX_SKILLS})
    if Skill.objects.filter(slug=slug).exists():
        raise SkillSlugTakenError(details={"field": "slug"})
    _check_name(name=name, slug=slug, owner_id=owner_id)
    skill = Skill(owner_id=owner_id, slug=slug, name=name, **fields)
    try:
        with transaction.atomic():
            skill.save(force_insert=True)
    except IntegrityError as error:  # somebody was faster
        raise SkillSlugTakenError(details={"field": "slug"}) from error
    skill.groups.set(_groups_of(owner_id, groups))
    return skill


@transaction.atomic
def update_skill(*, user_id: UUID, slug: str, changes: Mapping[str, Any]) -> Skill:
    """Change a skill of a person's own. Its slug stays.

    Raises:
        SkillNotFoundError, SkillNotYoursError: it is not theirs.
        SkillNameTakenError, GroupNotFoundError: see ``create_skill``.
        InvalidInputError: a field that cannot be changed.
    """
    skill = get_own_skill(slug=slug, user_id=user_id)
    if unknown := changes.keys() - CHANGEABLE:
        raise InvalidInputError(f"{min(unknown)} cannot be changed.", field=min(unknown))
    if "name" in changes:
        _check_name(name=changes["name"], slug=slug, owner_id=user_id, but=skill.pk)
    if "groups" in changes:
        skill.groups.set(_groups_of(user_id, changes["groups"]))
    for name in changes.keys() - {"groups"}:
        setattr(skill, name, changes[name])
    skill.save()
    return skill


def _check_name(*, name: str, slug: str, owner_id: UUID, but: UUID | None = None) -> None:
    """A skill must not pose as one of the site's, or as another one that its owner may use."""
    others = Skill.objects.filter(Q(owner=None) | Q(pk__in=usable_skills(user_id=owner_id).values("pk")))
    taken = {_looks(text) for key, *pair in others.values_list("pk", "name", "slug") if key != but for text in pair}
    if _looks(name) in taken:
        raise SkillNameTakenError(details={"field": "name"})
    if _looks(slug) in taken:
        raise SkillSlugTakenError(details={"field": "slug"})


def _looks(name: str) -> str:
    """What is left of a name for somebody who does not look closely."""
    return "".join(words(name)) or folded(name)


def _groups_of(user_id: UUID, names: Sequence[str]) -> list[Group]:
    found = {group.name: group for group in Group.objects.filter(user=user_id, name__in=list(names))}
    if set(names) - found.keys():
        raise GroupNotFoundError(details={"field": "groups"})
    return list(found.values())


def delete_skill(*, user_id: UUID, slug: str) -> None:
    """Delete a skill of a person's own, with its sources. Threads where it is active lose it.

    Raises:
        SkillNotFoundError, SkillNotYoursError: it is not theirs.
    """
    get_own_skill(slug=slug, user_id=user_id).delete()


# --- Sources ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read, and is a source once it is stored: of a file, a text or a page."""

    kind: str
    title: str
    text: str
    content: bytes = field(repr=False)
    url: str = ""


def read_file(*, content: bytes, name: str = "", title: str = "") -> Reading:
    """Read a file. Takes its time: no transaction may be open.

    Raises:
        CodayError: it cannot be read; see ``extract``.
    """
    found = extract(content, name=name)
    return Reading(kind=found.kind, title=title or found.title or UNNAMED, text=found.text, content=content)


def read_text(*, title: str, text: str) -> Reading:
    """Take a text, plain or Markdown.

    Raises:
        EmptySourceError, SourceTooLargeError: too little or too much of it.
    """
    with _about("text"):
        kind = SkillSource.Kind.MARKDOWN if is_markdown(text) else SkillSource.Kind.TEXT
        return Reading(kind=kind, title=title, text=cleaned(text), content=text.encode(errors="replace"))


def read_page(*, url: str, title: str = "") -> Reading:
    """Fetch a page and read it. Takes its time: no transaction may be open.

    Raises:
        CodayError: it cannot be fetched or read; see ``fetch_page``.
    """
    with _about("url"):
        page = fetch_page(url)
    name = title or page.extracted.title or url[:TITLE_LENGTH]
    return Reading(kind=SkillSource.Kind.PAGE, title=name, text=page.extracted.text, content=page.content, url=url)


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Errors of reading name the field that the content came from."""
    try:
        yield
    except InvalidInputError as error:
        error.details["field"] = name
        raise


def check_room(*, skill: Skill) -> None:
    """See whether a skill may have another source, before it is read.

    Raises:
        TooManySourcesError
    """
    if skill.sources.count() >= settings.CODAY_MAX_SKILL_SOURCES:
        raise TooManySourcesError(details={"limit": settings.CODAY_MAX_SKILL_SOURCES})


@transaction.atomic
def add_source(*, skill: Skill, reading: Reading) -> SkillSource:
    """Store what was read as a source. The caller has seen to the right to the skill.

    Raises:
        SkillNotFoundError: it was deleted meanwhile.
        TooManySourcesError: it has enough.
    """
    if not Skill.objects.select_for_update().filter(pk=skill.pk).values_list("pk"):
        raise SkillNotFoundError
    check_room(skill=skill)
    source = SkillSource(skill=skill, kind=reading.kind, title=reading.title, url=reading.url)
    return _store(source, reading)


def refresh_page(*, skill: Skill, source_id: UUID) -> SkillSource:
    """Fetch a page again. If that fails its text stays, and it is noted why.

    Raises:
        SourceNotFoundError: the skill has no such source.
        SourceHasNoAddressError: it is no page.
        CodayError: it cannot be fetched or read; see ``fetch_page``.
    """
    source = get_source(skill=skill, source_id=source_id)
    if source.kind != SkillSource.Kind.PAGE:
        raise SourceHasNoAddressError
    try:
        reading = read_page(url=source.url)
    except CodayError as error:
        SkillSource.objects.filter(pk=source.pk).update(error=error.message[:300])
        raise
    with transaction.atomic():
        get_source(skill=skill, source_id=source_id, lock=True)  # it may have been deleted meanwhile
        return _store(source, reading)


def delete_source(*, skill: Skill, source_id: UUID) -> None:
    """Delete a source.

    Raises:
        SourceNotFoundError: the skill has no such source.
    """
    get_source(skill=skill, source_id=source_id).delete()


@transaction.atomic
def _store(source: SkillSource, reading: Reading) -> SkillSource:
    """Write a source, new or not, with its passages, which the database indexes."""
    source.text, source.characters = reading.text, len(reading.text)
    source.bytes, source.checksum = len(reading.content), hashlib.sha256(reading.content).hexdigest()
    if reading.url:
        source.fetched_at, source.error = timezone.now(), ""
    source.save()
    source.passages.all().delete()
    rows = (
        SourcePassage(
            source=source,
            position=position,
            start=piece.start,
            heading=piece.heading,
            text=piece.text,
            words=" ".join(words(source.title, piece.heading, piece.text)),
        )
        for position, piece in enumerate(split(reading.text))
    )
    SourcePassage.objects.bulk_create(rows, batch_size=PASSAGES_AT_ONCE)
    return source
