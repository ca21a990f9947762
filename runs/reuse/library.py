"""Which templates a person may use, and what they say. A person uses their own, and those shared with a group of theirs: the
right ends with the membership, at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from coday.kernel.errors import ForbiddenError
from runs.models import RunSchedule, RunTemplate, RunTemplateVersion
from runs.reuse.errors import AmbiguousTemplateError, TemplateNotFoundError, VersionNotFoundError

SHARED = RunTemplate.groups.through


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as one person sees it. ``groups`` are those that it is shared with and they may know of, ``schedules`` how
    many of theirs start it."""

    id: UUID
    slug: str
    name: str
    description: str
    version: int
    owner: str
    mine: bool
    groups: tuple[str, ...]
    archived: bool
    parameters: list[dict[str, Any]]
    commands: list[dict[str, Any]]
    on_failure: str
    agent: str
    model: str
    schedules: int
    created_at: datetime
    updated_at: datetime


def groups_of(*, user_id: UUID) -> QuerySet[Group]:
    """The groups that this person is in, by name."""
    return Group.objects.filter(user=user_id).order_by("name")


def visible_templates(*, user_id: UUID) -> QuerySet[RunTemplate]:
    """A person's own templates, and those that somebody shares with a group of theirs."""
    shared = SHARED.objects.filter(runtemplate_id=OuterRef("pk"), group__user=user_id)
    return RunTemplate.objects.filter(Q(user_id=user_id) | Exists(shared))


def listed_templates(*, user_id: UUID) -> QuerySet[RunTemplate]:
    """Those that a person sees in their list: what others have put away is not there."""
    return visible_templates(user_id=user_id).filter(Q(user_id=user_id) | Q(archived=False))


def get_template(*, user_id: UUID, template_id: UUID, lock: bool = False) -> RunTemplate:
    """One template.

    Raises:
        TemplateNotFoundError: it does not exist for this person.
    """
    rows = visible_templates(user_id=user_id)
    row = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=template_id).first()
    if row is None:
        raise TemplateNotFoundError
    return row


def own_template(*, user_id: UUID, template_id: UUID) -> RunTemplate:
    """One of a person's own, which nobody else changes until the caller's transaction ends.

    Raises:
        TemplateNotFoundError: it does not exist for this person.
        ForbiddenError: it is only shared with them.
    """
    row = get_template(user_id=user_id, template_id=template_id, lock=True)
    if row.user_id != user_id:
        raise ForbiddenError("Only the template's owner may change it.")
    return row


def named_template(*, user_id: UUID, name: str) -> RunTemplate:
    """The template with this id or slug; with a slug one's own comes first.

    Raises:
        TemplateNotFoundError: there is none for this person.
        AmbiguousTemplateError: several are shared with them under this slug.
    """
    rows = visible_templates(user_id=user_id)
    found = list(rows.filter(pk=template_id) if (template_id := _as_id(name)) else rows.filter(slug=name))
    own = [row for row in found if row.user_id == user_id]
    if len(chosen := own or found) > 1:
        raise AmbiguousTemplateError(field="template")
    if not chosen:
        raise TemplateNotFoundError(details={"field": "template"})
    return chosen[0]


def _as_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def version_of(template: RunTemplate, number: int | None = None) -> RunTemplateVersion:
    """What a template says, or said in an earlier version.

    Raises:
        VersionNotFoundError: it was never saved under this number.
    """
    row = template.versions.filter(number=template.version if number is None else number).first()
    if row is None:
        raise VersionNotFoundError(details={"field": "version"})
    return row


def described(rows: Sequence[RunTemplate], *, user_id: UUID) -> list[Template]:
    """Templates as this person sees them. Three queries."""
    ids = [row.pk for row in rows]
    counted = RunSchedule.objects.filter(user_id=user_id, template__in=ids).order_by().values_list("template_id")
    schedules = dict(counted.annotate(count=Count("pk")))
    versions = {(one.template_id, one.number): one for one in RunTemplateVersion.objects.filter(_current(rows))}
    groups = _groups(rows, user_id=user_id)
    return [
        _described(
            row, versions[row.pk, row.version], mine=row.user_id == user_id, groups=tuple(groups[row.pk]),
            schedules=schedules.get(row.pk, 0),
        )
        for row in rows
    ]  # fmt: skip


def _current(rows: Sequence[RunTemplate]) -> Q:
    wanted = Q(pk__in=[])
    for row in rows:
        wanted |= Q(template=row.pk, number=row.version)
    return wanted


def _groups(rows: Sequence[RunTemplate], *, user_id: UUID) -> dict[UUID, list[str]]:
    known = Q(runtemplate__user_id=user_id) | Q(group__user=user_id)
    shared = SHARED.objects.filter(known, runtemplate__in=rows).order_by("group__name").distinct()
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for template_id, name in shared.values_list("runtemplate_id", "group__name"):
        found[template_id].append(name)
    return found


def _described(
    row: RunTemplate, version: RunTemplateVersion, *, mine: bool, groups: tuple[str, ...], schedules: int
) -> Template:
    return Template(
        id=row.pk, slug=row.slug, name=row.name, description=row.description, version=row.version, owner=row.username,
        mine=mine, groups=groups, archived=row.archived, parameters=version.parameters, commands=version.commands,
        on_failure=version.on_failure, agent=version.agent, model=version.model, schedules=schedules,
        created_at=row.created_at, updated_at=row.updated_at,
    )  # fmt: skip
