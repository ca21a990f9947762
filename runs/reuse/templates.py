"""Templates, written by their owners. What one says is in its versions, which never change: a change saves a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from agents.queries import resolve_agent
from coday.kernel.database import reserve
from runs import commands
from runs.errors import MessageTooLongError
from runs.inputs import Asker, Command, SequenceCommand, SummarizeCommand, TemplateCommand
from runs.models import RunTemplate, RunTemplateVersion
from runs.reuse.errors import TemplateExistsError, TemplateInvalidError, TooManyTemplatesError
from runs.reuse.expansion import ensure_ends
from runs.reuse.library import (
    Template,
    described,
    get_template,
    groups_of,
    named_template,
    own_template,
    version_of,
)
from runs.reuse.parameters import Parameter, parse_parameters
from runs.reuse.recording import recorded

SAID = ("parameters", "commands", "on_failure", "agent", "model")
"""What a version holds: to change it makes a new one."""


@transaction.atomic
def create_template(
    *,
    asker: Asker,
    name: str,
    slug: str = "",
    description: str = "",
    parameters: Sequence[Any] = (),
    commands: Sequence[Any] = (),
    from_runs: Sequence[UUID] = (),
    groups: Sequence[str] = (),
    on_failure: str = "stop",
    agent: str = "",
    model: str = "",
    note: str = "",
) -> Template:
    """Save a template: of commands, of what these runs were told, or of both.

    Raises:
        RunNotFoundError, RunStateError: a run has no such input.
        AgentNotFoundError, ModelNotFoundError, TemplateNotFoundError: it names what is not there for this person.
        TemplateInvalidError, TemplateCycleError, TemplateTooDeepError, TooManyCommandsError: it breaks a rule.
        TemplateExistsError, TooManyTemplatesError: the person's templates do not allow it.
    """
    reserve(f"templates of {asker.user_id}")
    own = RunTemplate.objects.filter(user_id=asker.user_id)
    if own.count() >= settings.CODAY_MAX_TEMPLATES:
        raise TooManyTemplatesError(details={"limit": settings.CODAY_MAX_TEMPLATES})
    told, asked = recorded(user_id=asker.user_id, run_ids=from_runs)
    row = RunTemplate(
        user_id=asker.user_id, username=asker.username, name=name, description=description, version=0,
        slug=_free_slug(asker.user_id, slug, name=name),
    )  # fmt: skip
    row.save(force_insert=True)
    said = {
        "parameters": [*parameters, *map(msgspec.to_builtins, asked)], "commands": [*told, *commands],
        "on_failure": on_failure, "agent": agent, "model": model,
    }  # fmt: skip
    _save_version(row, said, note=note)
    _share(row, groups)
    return _seen(row)


@transaction.atomic
def change_template(*, user_id: UUID, template_id: UUID, changes: Mapping[str, Any]) -> Template:
    """Change what a template is called, whom it is shared with, or what it says, which makes a new version.

    Raises:
        TemplateNotFoundError, ForbiddenError: it is not theirs.
        CodayError: as ``create_template`` raises for what is given.
    """
    reserve(f"templates of {user_id}")
    row = own_template(user_id=user_id, template_id=template_id)
    if (slug := changes.get("slug", row.slug)) != row.slug:
        row.slug = _free_slug(user_id, slug, name="")
    for field in ("name", "description", "archived"):
        setattr(row, field, changes.get(field, getattr(row, field)))
    row.save()
    said = {name: changes[name] for name in SAID if name in changes}
    if said:
        _save_version(row, said, note=changes.get("note", ""))
    if "groups" in changes:
        _share(row, changes["groups"])
    return _seen(row)


@transaction.atomic
def restore_version(*, user_id: UUID, template_id: UUID, number: int) -> Template:
    """Have a template say again what it said in an earlier version, as a new one.

    Raises:
        TemplateNotFoundError, ForbiddenError: it is not theirs.
        VersionNotFoundError: it was never saved under this number.
        CodayError: as ``create_template``, where what it names is not there any more.
    """
    row = own_template(user_id=user_id, template_id=template_id)
    earlier = version_of(row, number)
    _save_version(row, {name: getattr(earlier, name) for name in SAID}, note=f"Version {number} again.")
    return _seen(row)


@transaction.atomic
def delete_template(*, user_id: UUID, template_id: UUID) -> None:
    """Delete a template with its versions. Runs and schedules that were made from it stay; the schedules stop.

    Raises:
        TemplateNotFoundError, ForbiddenError: it is not theirs.
    """
    own_template(user_id=user_id, template_id=template_id).delete()


# --- Names and sharing ------------------------------------------------------------------------------------------------


def _free_slug(user_id: UUID, slug: str, *, name: str) -> str:
    """The slug that was asked for, or a free one after the name."""
    taken = set(RunTemplate.objects.filter(user_id=user_id).values_list("slug", flat=True))
    if slug:
        if slug in taken:
            raise TemplateExistsError(details={"field": "slug"})
        return slug
    stem = slugify(name)[:50].strip("-") or "template"
    return stem if stem not in taken else next(one for n in count(2) if (one := f"{stem}-{n}") not in taken)


def _share(row: RunTemplate, names: Sequence[str]) -> None:
    """Share with these groups, which are the owner's, or were when it was shared with them."""
    known = Q(pk__in=groups_of(user_id=row.user_id)) | Q(run_templates=row)
    groups = {group.name: group for group in Group.objects.filter(known, name__in=names)}
    if unknown := set(names) - groups.keys():
        raise TemplateInvalidError(f"You are in no group that is called {min(unknown)}.", field="groups")
    row.groups.set(groups.values())


def _seen(row: RunTemplate) -> Template:
    return described([get_template(user_id=row.user_id, template_id=row.pk)], user_id=row.user_id)[0]


# --- Versions -------------------------------------------------------------------------------------------------------


def _save_version(row: RunTemplate, said: Mapping[str, Any], *, note: str) -> None:
    """Save what a template says from now on; what is not given stays. Nothing new makes no version."""
    earlier = version_of(row) if row.version else None
    kept = {name: getattr(earlier, name) for name in SAID} if earlier else {}
    parameters = parse_parameters(said["parameters"]) if "parameters" in said else None
    orders = _checked(row, said["commands"]) if "commands" in said else None
    if said.get("agent") or said.get("model"):
        resolve_agent(agent=said.get("agent", ""), model=said.get("model", ""), user_id=row.user_id)
    new = {
        **kept, **said,
        **({"parameters": _plain(parameters)} if parameters is not None else {}),
        **({"commands": _plain(orders)} if orders is not None else {}),
    }  # fmt: skip
    if new == kept:
        return
    row.version += 1
    RunTemplateVersion.objects.create(template=row, number=row.version, note=note, **new)
    row.save(update_fields=["version", "updated_at"])


def _plain(values: Sequence[Parameter] | Sequence[Command]) -> list[dict[str, Any]]:
    """As JSON has it, so that it can be compared with what is stored."""
    told: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(values))
    return told


def _checked(row: RunTemplate, given: Sequence[Any]) -> tuple[Command, ...]:
    """A template's commands, checked; templates in them by their ids.

    Raises:
        TemplateInvalidError, MessageTooLongError, TooManyCommandsError: they break a rule.
        TemplateNotFoundError, AmbiguousTemplateError, TemplateCycleError, TemplateTooDeepError: what they name does.
    """
    try:
        orders = msgspec.convert(given, tuple[Command, ...])
        encoded = msgspec.json.encode(orders)
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        raise TemplateInvalidError(f"commands: {error}", field="commands") from error
    if not orders:
        raise TemplateInvalidError("A template needs something to do.", field="commands")
    if b"\\u0000" in encoded:  # PostgreSQL cannot store it
        raise TemplateInvalidError("commands: NUL characters are not allowed.", field="commands")
    if sum(map(len, commands.written(orders))) > settings.CODAY_MAX_MESSAGE_CHARS:
        raise MessageTooLongError(field="commands", details={"limit": settings.CODAY_MAX_MESSAGE_CHARS})
    named = tuple(_with_ids(command, user_id=row.user_id) for command in orders)
    ensure_ends(named, user_id=row.user_id, template_id=row.pk)
    return named


def _with_ids(command: Command, *, user_id: UUID) -> Command:
    """A command that names templates by their ids: a slug means another one to somebody else."""
    match command:
        case TemplateCommand():
            template = named_template(user_id=user_id, name=command.template)
            return msgspec.structs.replace(command, template=str(template.pk))
        case SequenceCommand():
            parts = tuple(_with_ids(part, user_id=user_id) for part in command.commands)
            return msgspec.structs.replace(command, commands=parts)
        case SummarizeCommand():
            raise TemplateInvalidError("A template names no runs, so it cannot summarise any.", field="commands")
    return command
