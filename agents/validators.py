"""What the fields of an agent and of chat settings may hold, as validators for every door: forms, files and REST."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, get_args

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from agents.snapshot import ToolPolicy

POLICIES: tuple[ToolPolicy, ...] = get_args(ToolPolicy)
TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
MAX_TOOLS = 500
MAX_TOOLS_OFF = 200
MAX_SUGGESTIONS = 20
MAX_SUGGESTION_CHARS = 500
MAX_ICON_LETTERS = 3

# An emoji is made of symbols, marks and joiners, with digits in keycaps; a short word of letters and digits.
_EMOJI = frozenset({"So", "Sk", "Sm", "Mn", "Me", "Cf", "Po"})
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn"})

validate_language = RegexValidator(
    r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}\Z", "Enter a language tag such as “de” or “pt-BR”."
)


def validate_icon(value: str) -> None:
    """One emoji, or up to three letters."""
    kinds = {unicodedata.category(character) for character in value}
    is_word = kinds <= _LETTERS and len(value) <= MAX_ICON_LETTERS
    is_emoji = kinds <= _EMOJI | {"Nd"} and bool(kinds & {"So", "Me"}) and not set(value) & set("<>&\"'")
    if not is_word and not is_emoji:
        raise ValidationError("Enter one emoji, or up to three letters.")


def validate_tools(value: Any) -> None:
    """A policy for each tool, by its name."""
    if not isinstance(value, dict) or len(value) > MAX_TOOLS:
        raise ValidationError(f"Enter an object of at most {MAX_TOOLS} tools, with a policy for each.")
    for name, policy in value.items():
        _validate_tool_name(name)
        if policy not in POLICIES:
            raise ValidationError(f"{name}: the policy is one of {', '.join(POLICIES)}.")


def validate_tool_names(value: Any) -> None:
    """A list of names of tools."""
    if not isinstance(value, list) or len(value) > MAX_TOOLS_OFF:
        raise ValidationError(f"Enter a list of at most {MAX_TOOLS_OFF} names of tools.")
    for name in value:
        _validate_tool_name(name)


def validate_suggestions(value: Any) -> None:
    """A short list of short texts."""
    if not isinstance(value, list) or len(value) > MAX_SUGGESTIONS:
        raise ValidationError(f"Enter a list of at most {MAX_SUGGESTIONS} suggestions.")
    for text in value:
        if not isinstance(text, str) or not 0 < len(text) <= MAX_SUGGESTION_CHARS:
            raise ValidationError(f"A suggestion is a text of at most {MAX_SUGGESTION_CHARS} characters.")


def _validate_tool_name(name: Any) -> None:
    if not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
        raise ValidationError(
            f"The name of a tool has at most 128 letters, digits, “_”, “-” and “.”: not “{str(name)[:60]}”."
        )
