"""Reads: which skills somebody may use, what they bring along, and what their sources say.

What is switched off does not exist here, nor what is for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Substr

from coday.kernel.crypto import UnreadableSecretError
from skills import full_text
from skills.errors import McpHeadersUnreadableError, SkillNotFoundError, SkillNotYoursError, SourceNotFoundError
from skills.mcp import mcp_server_snapshot
from skills.models import McpServer, Skill, SkillSource, SourcePassage
from skills.passages import coverage, snippet, terms
from skills.snapshot import (
    Passage,
    SkillReference,
    SkillSnapshot,
    SourceReference,
    SourceText,
)

CANDIDATES = 10  # passages that are looked at for each one that is wanted


def site_skills() -> QuerySet[Skill]:
    """The skills that admins made, and nobody's own."""
    return Skill.objects.filter(owner=None)


def usable_skills(*, user_id: UUID | None) -> QuerySet[Skill]:
    """The skills that this person may use: their own, those for everyone, and those of their groups."""
    return Skill.objects.filter(_for(user_id), enabled=True)


def visible_skills(*, user_id: UUID) -> QuerySet[Skill]:
    """The skills that this person may use, and all of their own."""
    return Skill.objects.filter(Q(_for(user_id), enabled=True) | Q(owner_id=user_id))


def _for(user_id: UUID | None) -> Q:
    if user_id is None:
        return Q(everyone=True)
    shared = Skill.groups.through.objects.filter(group__user=user_id).values("skill_id")
    return Q(everyone=True) | Q(owner_id=user_id) | Q(pk__in=shared)


def get_skill(*, slug: str, user_id: UUID) -> Skill:
    """One skill that the person may see.

    Raises:
        SkillNotFoundError: there is none with this slug, or not for this person.
    """
    skill = visible_skills(user_id=user_id).filter(slug=slug).first()
    if skill is None:
        raise SkillNotFoundError
    return skill


def get_own_skill(*, slug: str, user_id: UUID) -> Skill:
    """One skill of the person's own.

    Raises:
        SkillNotFoundError: there is none with this slug, or not for this person.
        SkillNotYoursError: the person may use it, no more.
    """
    skill = get_skill(slug=slug, user_id=user_id)
    if skill.owner_id != user_id:
        raise SkillNotYoursError
    return skill


def get_source(*, skill: Skill, source_id: UUID, lock: bool = False) -> SkillSource:
    """One source of a skill, without its text; ``lock`` holds its row until the transaction ends.

    Raises:
        SourceNotFoundError: the skill has no such source.
    """
    sources = skill.sources.select_for_update() if lock else skill.sources.all()
    source = sources.defer("text").filter(pk=source_id).first()
    if source is None:
        raise SourceNotFoundError
    return source


def with_contents(skills: QuerySet[Skill], *, secrets: bool = False) -> QuerySet[Skill]:
    """These skills with what they bring along, in two more queries: their sources without the texts, and the MCP servers that
    are switched on, with their headers only where ``secrets`` are wanted."""
    servers = McpServer.objects.filter(enabled=True).order_by("slug")
    return skills.prefetch_related(
        Prefetch("sources", SkillSource.objects.defer("text")),
        Prefetch("mcp_servers", servers if secrets else servers.defer("headers")),
    )


# --- For runs -----------------------------------------------------------------------------------------------------


def skill_snapshots(
    *, slugs: Sequence[str], user_id: UUID | None, activated_by: Literal["agent", "model", "person"]
) -> tuple[SkillSnapshot, ...]:
    """The skills with these slugs that the person may use, in this order, with everything that they bring along.

    Raises:
        McpHeadersUnreadableError: an MCP server's headers need to be entered again.
    """
    if not slugs:
        return ()
    try:
        rows = usable_skills(user_id=user_id).filter(slug__in=list(slugs))
        found = {row.slug: row for row in with_contents(rows, secrets=True)}
    except UnreadableSecretError as error:
        raise McpHeadersUnreadableError from error
    return tuple(_skill_snapshot(found[slug], activated_by) for slug in dict.fromkeys(slugs) if slug in found)


def _skill_snapshot(row: Skill, activated_by: Literal["agent", "model", "person"]) -> SkillSnapshot:
    return SkillSnapshot(
        id=row.pk,
        slug=row.slug,
        name=row.name,
        trigger=row.trigger,
        instructions=row.instructions,
        sources=tuple(
            SourceReference(id=source.pk, title=source.title, characters=source.characters)
            for source in row.sources.all()
        ),
        mcp_servers=tuple(mcp_server_snapshot(server) for server in row.mcp_servers.all()),
        activated_by=activated_by,
    )


def skill_references(*, slugs: Sequence[str], user_id: UUID | None) -> tuple[SkillReference, ...]:
    """What a model is told of the skills with these slugs that the person may use, in this order."""
    if not slugs:
        return ()
    rows = usable_skills(user_id=user_id).filter(slug__in=list(slugs)).values_list("slug", "name", "trigger")
    found = {slug: SkillReference(slug=slug, name=name, trigger=trigger) for slug, name, trigger in rows}
    return tuple(found[slug] for slug in dict.fromkeys(slugs) if slug in found)


def usable_ids(*, skill_ids: Sequence[UUID], user_id: UUID | None) -> tuple[UUID, ...]:
    """Those of these skills that the person may use at this moment."""
    usable = usable_skills(user_id=user_id).filter(pk__in=list(skill_ids)).order_by()
    return tuple(usable.values_list("pk", flat=True))


def search_passages(*, skill_ids: Sequence[UUID], text: str, limit: int = 5) -> tuple[Passage, ...]:
    """The passages of these skills' sources that fit a question best: first those that hold most of its words.

    Whose right it is to ask has to be settled. Nothing in ``text`` is syntax.
    """
    wanted = terms(text)
    order = full_text.find(wanted=wanted, skill_ids=skill_ids, limit=limit * CANDIDATES)
    rows = SourcePassage.objects.select_related("source__skill").defer("source__text", "source__skill__instructions")
    found = rows.in_bulk(order)
    best = sorted((found[key] for key in order if key in found), key=lambda row: -coverage(wanted, row.words))
    return tuple(
        Passage(
            source_id=row.source.pk,
            source_title=row.source.title,
            skill=row.source.skill.slug,
            url=row.source.url,
            heading=row.heading,
            offset=row.start,
            text=row.text,
            snippet=snippet(row.text, wanted),
        )
        for row in best[:limit]
    )


def read_source(*, source_id: UUID, skill_ids: Sequence[UUID], offset: int = 0, limit: int = 10_000) -> SourceText:
    """At most ``limit`` characters of a source of these skills.

    Raises:
        SourceNotFoundError: none of them has this source.
    """
    sources = SkillSource.objects.filter(pk=source_id, skill_id__in=list(skill_ids))
    part = Substr("text", offset + 1, limit)
    row = sources.values_list("title", "skill__slug", "url", "characters", part).first()
    if row is None:
        raise SourceNotFoundError
    title, skill, url, characters, text = row
    return SourceText(
        source_id=source_id, source_title=title, skill=skill, url=url, offset=offset, text=text, characters=characters
    )
