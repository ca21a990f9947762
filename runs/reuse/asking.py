"""What the doors capture inputs with: templates in them are expanded first, here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from runs import capture, commands
from runs.branching import repeat
from runs.capture import Created
from runs.inputs import Asker, RerunRequest, RunRequest, RunUserInput, TemplateCommand
from runs.models import Run
from runs.reuse.expansion import expand
from runs.reuse.library import get_template, version_of
from threads.operations import create_thread
from threads.queries import get_thread


@transaction.atomic
def ask(*, asker: Asker, thread_id: UUID, request: RunRequest) -> Created:
    """``capture.create`` for an input that may name templates. Its key stands for what was asked: a template that says
    something else by now, or is gone, does not make a repeated request another one.

    Raises:
        CodayError: as ``capture.create`` and ``expansion.expand`` raise it.
    """
    if not commands.names_templates(request.input.commands):
        return capture.create(asker=asker, thread_id=thread_id, request=request)
    get_thread(user_id=asker.user_id, thread_id=thread_id, lock=True)
    digest = request.digest()
    if earlier := capture.repeated(thread_id=thread_id, request=request, digest=digest):
        return earlier
    given, source = expand(request.input, user_id=asker.user_id)
    expanded = msgspec.structs.replace(request, input=given)
    return capture.create(asker=asker, thread_id=thread_id, request=expanded, source=replace(source, digest=digest))


def rerun(*, asker: Asker, run_id: UUID, request: RerunRequest) -> Created:
    """``repeat.rerun`` with an input that may name templates.

    Raises:
        CodayError: as ``repeat.rerun`` and ``expansion.expand`` raise it.
    """
    if request.input is None:
        return repeat.rerun(asker=asker, run_id=run_id, request=request)
    given, source = expand(request.input, user_id=asker.user_id)
    expanded = msgspec.structs.replace(request, input=given)
    return repeat.rerun(asker=asker, run_id=run_id, request=expanded, source=source)


@transaction.atomic
def start(
    *,
    asker: Asker,
    template_id: UUID,
    arguments: Mapping[str, Any],
    thread_id: UUID | None = None,
    version: int | None = None,
    agent: str = "",
    model: str = "",
    key: str = "",
) -> Created:
    """Start a template, in a new conversation where none is given. With a ``key`` the same start is found again.

    Raises:
        TemplateNotFoundError, ThreadNotFoundError: it does not exist for this person.
        CodayError: as ``ask`` raises it.
    """
    template = get_template(user_id=asker.user_id, template_id=template_id, lock=bool(key))
    command = TemplateCommand(template=str(template.pk), arguments=dict(arguments), version=version)
    request = RunRequest(input=RunUserInput(commands=(command,)), key=key, agent=agent, model=model)
    if thread_id is None:
        thread_id = _started_in(asker.user_id, template_id=template.pk, key=key)
    if thread_id is None:
        said = version_of(template, version)
        thread = create_thread(
            owner_id=asker.user_id, agent=agent or said.agent, model=model or said.model, anonymous=None
        )
        thread_id = thread.id
    return ask(asker=asker, thread_id=thread_id, request=request)


def _started_in(user_id: UUID, *, template_id: UUID, key: str) -> UUID | None:
    """The conversation that was made for the same start before."""
    if not key:
        return None
    started = Run.objects.filter(user_id=user_id, template=template_id, key=key, deleted_at__isnull=True)
    return started.order_by("created_at").values_list("thread_id", flat=True).first()
