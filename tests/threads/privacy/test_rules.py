"""The site's privacy settings: what they may hold, and that they are followed at once."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from threads.models import PrivacySettings
from threads.privacy.analyzer import Rules
from threads.privacy.findings import CATEGORIES
from threads.privacy.rules import policy, privacy_settings, rules, trusted_tools

pytestmark = pytest.mark.django_db


def test_a_site_that_chose_nothing_looks_for_everything() -> None:
    assert rules() == Rules()
    assert (policy(), trusted_tools(), privacy_settings().images) == ("offered", frozenset(), "trusted")


def test_what_the_site_chose_holds_at_once() -> None:
    assert rules().categories == frozenset(CATEGORIES)
    PrivacySettings.objects.create(
        categories_off=["LOCATION"],
        thresholds={"PERSON": 0.7},
        allow_words=" Mustermann GmbH \r\n\r\nBerlin\nBerlin",
        allow_patterns="TICKET-[0-9]{4,8}",
        deny_words="Project Apollo",
        new_threads="always",
        trusted_tools=["mail__*"],
    )
    assert rules() == Rules(
        categories=frozenset(CATEGORIES) - {"LOCATION"},
        thresholds={"PERSON": 0.7},
        allow_words=("Mustermann GmbH", "Berlin"),
        allow_patterns=("TICKET-[0-9]{4,8}",),
        deny_words=("Project Apollo",),
    )
    assert (policy(), trusted_tools()) == ("always", frozenset({"mail__*"}))


@pytest.mark.parametrize("pattern", [
    "TICKET-[0-9]{4,8}", r"\d{3}-\d{3}", "(?:AB|CD)-[0-9]+", "(?P<year>20[0-9]{2})/[0-9]{1,5}", "[(*+?)|]{2}x", r"\(a\)+",
    "a+?b", "[]a]+", "[^]+*]x+", r"[\]]{2}",
])  # fmt: skip
def test_plain_patterns_are_taken_and_quick(pattern: str) -> None:
    PrivacySettings(allow_patterns=pattern).clean_fields()
    since = time.perf_counter()
    re.fullmatch(pattern, "a0" * 100 + "!")
    assert time.perf_counter() - since < 1


@pytest.mark.parametrize("pattern", [
    "(", "[a", "*", "a{9999999999999}", "(a+)+", "(a*)*", "(?:a|aa)+", "((ab)*)*", "(a|b){2,}", r"(a)\1", "(?=a)a", "(?<!a)b",
    "(?i)a", "(?P<x>a)(?P=x)", "(?(1)a|b)", "(?#c)a", "((a+)b)*", "a*b*c*d*", ".*", "a?", "(?>a+)+", "a{1,500}", "x" * 201,
    "(?:(?:a+))+", "[]]a+)+(b",
])  # fmt: skip
def test_patterns_that_are_wrong_or_may_take_long_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PrivacySettings(allow_patterns=f"fine-[0-9]\n{pattern}").clean_fields()
    assert list(refused.value.message_dict) == ["allow_patterns"]
    assert "Pattern 2" in str(refused.value)


@pytest.mark.parametrize(("field", "value"), [
    ("categories_off", "PERSON"), ("categories_off", ["person"]), ("categories_off", [1]),
    ("thresholds", [1]), ("thresholds", {"PERSON": 2}), ("thresholds", {"PERSON": True}), ("thresholds", {"x": 0.5}),
    ("thresholds", {"PERSON": float("nan")}),
    ("allow_words", "w" * 201), ("deny_words", "\n".join(map(str, range(1_001)))),
    ("trusted_tools", ["*"]), ("trusted_tools", ["a*"]), ("trusted_tools", [""]), ("trusted_tools", {"a": 1}),
    ("new_threads", "maybe"), ("images", "always"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        PrivacySettings(**{field: value}).clean_fields()
    assert list(refused.value.message_dict) == [field]
