"""Makes commands for a template out of runs: of what a person told them to do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count
from typing import Any
from uuid import UUID

import msgspec

from runs import commands
from runs.errors import RunStateError
from runs.inputs import Command, PromptCommand
from runs.models import Run
from runs.queries import ensure_whole, get_runs
from runs.reuse.parameters import Parameter
from threads.content import text_of
from threads.privacy.tokens import TOKEN, name_of_match
from threads.queries import messages_of_run


def recorded(*, user_id: UUID, run_ids: Sequence[UUID]) -> tuple[list[dict[str, Any]], tuple[Parameter, ...]]:
    """The commands of these runs, in this order, in their JSON form, and parameters for what may not leave its conversation:
    each mask of an anonymous one becomes a text that is asked for.

    Raises:
        RunNotFoundError: one of them does not exist for this person.
        RunPrunedError: its words are gone.
        RunStateError: nobody wrote the input of one, or there is no text in it.
    """
    runs = {run.pk: run for run in get_runs(user_id=user_id, run_ids=list(dict.fromkeys(run_ids)))}
    unmasker = _Unmasker()
    found = [
        unmasker.unmasked(msgspec.to_builtins(command), run=runs[run_id])
        for run_id in run_ids
        for command in _commands(runs[run_id])
    ]
    return found, tuple(unmasker.parameters.values())


def _commands(run: Run) -> tuple[Command, ...]:
    ensure_whole(run)
    if run.commanded and (given := commands.as_given(run_id=run.pk)[0]):
        return given
    said = messages_of_run(run_id=run.pk)
    text = text_of(said[0].content) if said and said[0].role == "user" else ""
    if not text.strip():
        raise RunStateError(
            f"Run {run.number} was told nothing that a template could repeat.", details={"run": str(run.pk)}
        )
    return (PromptCommand(text=text),)


class _Unmasker:
    """Puts placeholders in the place of masks. The masks of two conversations stand for different people."""

    def __init__(self) -> None:
        self.parameters: dict[tuple[UUID, str], Parameter] = {}

    def unmasked(self, part: Any, *, run: Run) -> Any:
        """A command in its JSON form, without the masks of this run's conversation."""
        match part:
            case str() if run.anonymous:
                return TOKEN.sub(lambda match: self._placeholder(run.thread_id, name_of_match(match)), part)
            case dict():
                return {name: self.unmasked(inner, run=run) for name, inner in part.items()}
            case list() | tuple():
                return [self.unmasked(inner, run=run) for inner in part]
        return part

    def _placeholder(self, thread_id: UUID, mask: str) -> str:
        key = thread_id, mask
        if key not in self.parameters:
            label = mask.replace("_", " ").capitalize()
            self.parameters[key] = Parameter(name=self._free(mask.lower()), label=label, required=True)
        return f"{{{{{self.parameters[key].name}}}}}"

    def _free(self, name: str) -> str:
        taken = {parameter.name for parameter in self.parameters.values()}
        return next(one for one in chain([name[:40]], (f"{name[:36]}_{n}" for n in count(2))) if one not in taken)
