"""What an input says once its templates are filled in: commands that a run can carry out.

A template inside another one is read by the rights of whoever starts it. What it may become is bounded: templates inside each
other by their depth, never one inside itself, and all of it by the number of commands that an input may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import timezone

from agents.queries import resolve_agent
from runs import commands
from runs.errors import TooManyCommandsError
from runs.inputs import (
    AgentCommand,
    Command,
    ModelCommand,
    OnFailure,
    PromptCommand,
    RunUserInput,
    SequenceCommand,
    Source,
    TemplateCommand,
)
from runs.models import RunTemplate, RunTemplateVersion
from runs.reuse.errors import TemplateArchivedError, TemplateCycleError, TemplateInvalidError, TemplateTooDeepError
from runs.reuse.library import named_template, version_of
from runs.reuse.parameters import Parameter, bind
from runs.reuse.placeholders import filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """What a template says with its values. ``agent`` and ``model`` are slugs, empty for whoever answers anyway."""

    template: UUID
    version: int
    commands: tuple[Command, ...]
    on_failure: OnFailure
    agent: str
    model: str


def expand(given: RunUserInput, *, user_id: UUID, today: date | None = None) -> tuple[RunUserInput, Source]:
    """An input without templates, and the first template that was in it. An input that is nothing but a template becomes the
    template's own commands; a template beside others becomes one sequence.

    Raises:
        TemplateNotFoundError, VersionNotFoundError, AmbiguousTemplateError, TemplateArchivedError: it cannot be used.
        TemplateCycleError, TemplateTooDeepError, TooManyCommandsError: it would not end well.
        ArgumentsInvalidError, TemplateInvalidError, MessageTooLongError: the arguments do not fit.
        AgentNotFoundError, ModelNotFoundError: who would answer is not there for this person.
    """
    if not commands.names_templates(given.commands):
        return given, Source()
    expander = _Expander(user_id=user_id, today=today or timezone.localdate())
    match given.commands:
        case (TemplateCommand() as only,) if not (given.text.strip() or given.images or given.skill):
            found = expander.template(only, above=())
            source = Source(template=found.template, version=found.version, agent=found.agent, model=found.model)
            return _as_input(found), source
    orders = expander.commands(given.commands, above=())
    first = expander.first
    source = Source(template=first.template_id, version=first.number) if first else Source()
    return msgspec.structs.replace(given, commands=orders), source


def _as_input(found: Expanded) -> RunUserInput:
    """An input as a person would have written it: one prompt is nothing but its text."""
    match found.commands:
        case (PromptCommand(text=text),):
            return RunUserInput(text=text)
    return RunUserInput(commands=found.commands, on_failure=found.on_failure)


def ensure_ends(given: Sequence[Command], *, user_id: UUID, template_id: UUID) -> None:
    """Refuse what a template is to say where it could not be expanded, whatever its values are.

    Raises:
        TemplateNotFoundError, VersionNotFoundError, AmbiguousTemplateError: it names a template that is not there.
        TemplateCycleError, TemplateTooDeepError, TooManyCommandsError: it would not end well.
    """
    _Expander(user_id=user_id, today=None).commands(given, above=(template_id,))


class _Expander:
    """Expands templates for one person. Without ``today`` it fills nothing in: that shows whether it would come to an end."""

    def __init__(self, *, user_id: UUID, today: date | None) -> None:
        self.first: RunTemplateVersion | None = None
        self._user_id = user_id
        self._today = today
        self._left = settings.CODAY_MAX_COMMANDS

    def commands(self, given: Iterable[Command], *, above: tuple[UUID, ...]) -> tuple[Command, ...]:
        """Commands without templates. ``above`` are the templates that they are in."""
        return tuple(self._command(command, above=above) for command in given)

    def _command(self, command: Command, *, above: tuple[UUID, ...]) -> Command:
        self._count()
        match command:
            case TemplateCommand():
                found = self.template(command, above=above)
                parts = (*_switches(found), *found.commands)
                return SequenceCommand(commands=parts, on_failure=found.on_failure)
            case SequenceCommand():
                return msgspec.structs.replace(command, commands=self.commands(command.commands, above=above))
        return command

    def template(self, reference: TemplateCommand, *, above: tuple[UUID, ...]) -> Expanded:
        """What a template says with its values."""
        template = named_template(user_id=self._user_id, name=reference.template)
        self._ensure_may_follow(template, above=above)
        version = version_of(template, reference.version)
        self.first = self.first or version
        found = self._filled(version, reference.arguments)
        return Expanded(
            template=template.pk, version=version.number, commands=self.commands(found, above=(*above, template.pk)),
            on_failure=version.on_failure, agent=version.agent, model=version.model,  # type: ignore[arg-type]  # its choices
        )  # fmt: skip

    def _ensure_may_follow(self, template: RunTemplate, *, above: tuple[UUID, ...]) -> None:
        if template.pk in above:
            raise TemplateCycleError(details={"template": template.slug})
        if len(above) >= settings.CODAY_MAX_TEMPLATE_DEPTH:
            raise TemplateTooDeepError(details={"limit": settings.CODAY_MAX_TEMPLATE_DEPTH})
        if template.archived and self._today:
            raise TemplateArchivedError(details={"template": template.slug})

    def _filled(self, version: RunTemplateVersion, arguments: Mapping[str, Any]) -> tuple[Command, ...]:
        if self._today is None:
            return stored(version)
        parameters = msgspec.convert(version.parameters, tuple[Parameter, ...])
        values = bind(parameters, arguments, today=self._today)
        if version.agent or version.model:
            resolve_agent(agent=version.agent, model=version.model, user_id=self._user_id)
        told = [filled(command, values) for command in version.commands]
        try:
            return msgspec.convert(told, tuple[Command, ...])
        except msgspec.ValidationError as error:
            message = f"With these arguments a command is not valid: {error}"
            raise TemplateInvalidError(message, field="arguments") from error

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooManyCommandsError(field="commands", details={"limit": settings.CODAY_MAX_COMMANDS})


def stored(version: RunTemplateVersion) -> tuple[Command, ...]:
    """A version's commands as they were saved, placeholders and all."""
    return msgspec.convert(version.commands, tuple[Command, ...])


def _switches(found: Expanded) -> Iterable[Command]:
    """Who answers a template that is among other commands, from there on."""
    if found.agent:
        yield AgentCommand(agent=found.agent)
    if found.model:
        yield ModelCommand(model=found.model)
