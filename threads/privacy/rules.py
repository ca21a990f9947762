"""What the site chose about privacy, remembered for a second."""

from __future__ import annotations

from typing import Literal

from coday.kernel.memory import Memory
from threads.models import PrivacySettings
from threads.privacy.analyzer import Rules
from threads.privacy.findings import CATEGORIES
from threads.validators import lines

NewThreads = Literal["off", "offered", "always"]

_remembered: Memory[tuple[PrivacySettings, Rules]] = Memory(seconds=1.0, models=(PrivacySettings,))


def privacy_settings() -> PrivacySettings:
    """What the site chose, or what is usual where it chose nothing; remembered for a second. Not to be changed."""
    return _recall()[0]


def rules() -> Rules:
    """What counts as personal."""
    return _recall()[1]


def policy() -> NewThreads:
    """Whether new threads are anonymous: never, when the person wants it, or always."""
    return privacy_settings().new_threads  # type: ignore[return-value]  # one of the field's choices


def trusted_tools() -> frozenset[str]:
    """Names of tools that are given personal data in clear; ``server__*`` stands for all tools of an MCP server."""
    return frozenset(privacy_settings().trusted_tools)


def _recall() -> tuple[PrivacySettings, Rules]:
    return _remembered.recall("site", _look_up)


def _look_up() -> tuple[PrivacySettings, Rules]:
    chosen = PrivacySettings.objects.first() or PrivacySettings()
    return chosen, Rules(
        categories=frozenset(CATEGORIES) - frozenset(chosen.categories_off),
        thresholds=dict(chosen.thresholds),
        allow_words=lines(chosen.allow_words),
        allow_patterns=lines(chosen.allow_patterns),
        deny_words=lines(chosen.deny_words),
    )
