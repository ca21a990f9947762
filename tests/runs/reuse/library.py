"""A person with templates, and commands in short."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from coday.accounts.models import User
from runs.inputs import Asker, RunUserInput, TemplateCommand
from runs.reuse.library import Template
from runs.reuse.templates import create_template

NOW_TEXT = "What is new?"


def asker_of(user: User) -> Asker:
    """A person as whoever asks."""
    return Asker(user_id=user.pk, username=user.username)


def prompt(text: str) -> dict[str, Any]:
    """A command that asks the model."""
    return {"type": "prompt", "text": text}


def use(template: Template | str, **arguments: Any) -> dict[str, Any]:
    """A command that is a template."""
    return {"type": "template", "template": _name(template), "arguments": arguments}


def asking_for(
    template: Template | str, *, text: str = "", version: int | None = None, **arguments: Any
) -> RunUserInput:
    """An input of one template."""
    command = TemplateCommand(template=_name(template), arguments=arguments, version=version)
    return RunUserInput(commands=(command,), text=text)


def _name(template: Template | str) -> str:
    return template if isinstance(template, str) else str(template.id)


def saved(user: User, *commands: dict[str, Any], name: str = "Morning", **values: Any) -> Template:
    """A template of this person's."""
    return create_template(asker=asker_of(user), name=name, commands=commands or [prompt(NOW_TEXT)], **values)


def team(*users: User, name: str = "Team") -> Group:
    """A group of these people."""
    group, _ = Group.objects.get_or_create(name=name)
    for user in users:
        user.groups.add(group)
    return group
