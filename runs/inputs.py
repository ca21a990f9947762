"""What a run is given: frozen values, checked for their form when they are made at a door."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from coday.kernel.errors import InvalidInputError

WhenBusy = Literal["queue", "reject", "interrupt"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a run, and pays for it."""

    user_id: UUID
    username: str


class RunUserInput(msgspec.Struct, frozen=True, tag_field="type", tag="user", kw_only=True, forbid_unknown_fields=True):
    """What a person said: text, images (ids of the thread's attachments), or both."""

    text: str = ""
    images: tuple[UUID, ...] = ()


RunInput: TypeAlias = RunUserInput


class RunRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``run.create`` and of ``POST threads/{id}/runs/``.

    ``key`` makes it idempotent in its thread. Without ``parent`` the input goes behind the newest run of the branch that is
    shown. ``agent`` and ``model`` are slugs, empty for the thread's.
    """

    input: RunInput
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""
    agent: str = ""
    model: str = ""
    parent: UUID | None = None
    when_busy: WhenBusy = "queue"

    def digest(self) -> str:
        """A fingerprint of what is asked, to tell a repeated request from another one under the same key."""
        asked = (self.input, self.agent, self.model, self.parent)
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


def parse_request(body: Mapping[str, Any]) -> RunRequest:
    """The request in a frame or body, checked for its form.

    Raises:
        InvalidInputError: a field is missing, unknown or of another type; the message names it.
    """
    try:
        request = msgspec.convert(dict(body), RunRequest)
    except msgspec.ValidationError as error:
        raise InvalidInputError(str(error), field=_field_of(error)) from error
    texts = {"text": request.input.text, "key": request.key, "agent": request.agent, "model": request.model}
    for field, text in texts.items():
        if "\0" in text:  # PostgreSQL cannot store it
            raise InvalidInputError(f"{field}: NUL characters are not allowed.", field=field)
    return request


def _field_of(error: msgspec.ValidationError) -> str | None:
    """The field that msgspec's message names: "… field `input`", or the end of "… at `$.input.images[0]`"."""
    named = re.search(r"field `(\w+)`|(\w+)(?:\[\d+\])?`$", str(error))
    return (named[1] or named[2]) if named else None
