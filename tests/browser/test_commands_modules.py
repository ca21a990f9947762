"""Commands in a message: known names before the words are commands, and no other text is ever taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

CATALOGUE = {
    "agents": [{"slug": "editor"}, {"slug": "anna"}],
    "models": [{"slug": "gpt-4o"}],
    "skills": [{"slug": "herons"}],
}

PARSE = """async ([texts, catalogue]) => {
  const { parse } = await import("/static/js/state/commands.js");
  return texts.map((text) => parse(text, catalogue));
}"""

MAY_BEGIN = """async ([texts, catalogue]) => {
  const { mayBegin } = await import("/static/js/state/commands.js");
  return texts.map((text) => mayBegin(text, text.length, catalogue));
}"""

FOLD = """async ([commands, picks]) => {
  const { foldPicks } = await import("/static/js/state/commands.js");
  return foldPicks(commands, picks);
}"""


def parse(modules: Page, *texts: str) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = modules.evaluate(PARSE, [list(texts), CATALOGUE])
    return parsed


def test_each_command_is_read_with_what_follows_it(modules: Page) -> None:
    [parsed] = parse(
        modules,
        "/title Summer holidays\n/run-title Draft\n/tag travel, 2027 , travel\n/pin\n/fork Plan B\n\n@editor\n"
        "/model gpt-4o\n/herons\nWhere do they sleep?\n/pin",
    )
    assert parsed["commands"] == [
        {"type": "title", "title": "Summer holidays"},
        {"type": "title", "title": "Draft", "of": "run"},
        {"type": "tag", "tags": ["travel", "2027"]},
        {"type": "pin"},
        {"type": "fork", "title": "Plan B"},
        {"type": "agent", "agent": "editor"},
        {"type": "model", "model": "gpt-4o"},
        {"type": "skill", "skill": "herons"},
    ]
    assert parsed["text"] == "Where do they sleep?\n/pin"
    assert (parsed["problem"], parsed["unknown"], parsed["help"]) == ("", "", False)


@pytest.mark.parametrize(
    "text",
    [
        "Say /title Summer",
        " /title Summer",
        "/usr/bin/env is a path\n/pin",
        "/TITLE Summer",
        "/titles Summer",
        "@editor and @anna, by name",
        "@nobody\nHello",
        "me@editor.org",
        "/ title",
        "\n\nHello\n/pin",
        "/agents\n",
        "",
    ],
)
def test_what_is_no_command_stays_as_it_was_written(modules: Page, text: str) -> None:
    [parsed] = parse(modules, text)
    assert parsed["commands"] == []
    assert parsed["text"] == text
    assert parsed["problem"] == ""


def test_two_slashes_begin_a_text_with_one(modules: Page) -> None:
    first, behind = parse(modules, "//title is a word\n//here, too", "/pin\n//pin")
    assert first["text"] == "/title is a word\n//here, too"
    assert (behind["commands"], behind["text"]) == ([{"type": "pin"}], "/pin")


def test_an_unknown_name_is_told_and_stays_text(modules: Page) -> None:
    alone, behind, path, later = parse(modules, "/foo bar", "/pin\n/foo", "/usr/bin", "Words\n/foo")
    assert (alone["unknown"], alone["text"]) == ("foo", "/foo bar")
    assert (behind["unknown"], behind["text"]) == ("foo", "/foo")
    assert (path["unknown"], later["unknown"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/title", "needs something"),
        ("/tag  ,", "needs something"),
        ("/agent nobody", "no agent “nobody”"),
        ("/model none", "no model “none”"),
        ("/skill none", "no skill “none”"),
        ("/pin this", "stands alone"),
        (f"/title {'x' * 201}", "too long"),
    ],
)
def test_a_command_that_cannot_be_sent_says_why(modules: Page, text: str, says: str) -> None:
    [parsed] = parse(modules, text)
    assert says in parsed["problem"]
    assert parsed["commands"] == []


def test_words_may_follow_a_skill_in_its_line(modules: Page) -> None:
    [parsed] = parse(modules, "/herons Where do they sleep?\nAnd when?")
    assert parsed["commands"] == [{"type": "skill", "skill": "herons"}]
    assert parsed["text"] == "Where do they sleep?\nAnd when?"


def test_help_is_asked_for(modules: Page) -> None:
    [parsed] = parse(modules, "/help\nWords")
    assert (parsed["help"], parsed["text"]) == (True, "Words")


def test_a_command_may_begin_where_only_commands_stand_before_it(modules: Page) -> None:
    texts = ["", "/pin\n", "/title A\n\n", "Words ", "Words\n", "/pin ", "/foo\n", "//pin\n"]
    assert modules.evaluate(MAY_BEGIN, [texts, CATALOGUE]) == [True, True, True, False, False, False, False, False]


def test_an_agent_and_a_skill_alone_are_picks_and_else_commands(modules: Page) -> None:
    agent, skill, pin = {"type": "agent", "agent": "editor"}, {"type": "skill", "skill": "herons"}, {"type": "pin"}
    picks = {"agent": "", "skill": ""}
    assert modules.evaluate(FOLD, [[agent, skill], picks]) == {"agent": "editor", "skill": "herons", "commands": []}
    assert modules.evaluate(FOLD, [[agent, pin], picks]) == {**picks, "commands": [agent, pin]}
    assert modules.evaluate(FOLD, [[skill], {**picks, "skill": "other"}])["commands"] == [skill]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(["/pin", "/title A b", "/tag x", "@editor", "/foo", "//x", "/herons y"]),
        ),
        max_size=6,
    )
)
def test_no_word_is_lost(modules: Page, lines: list[str]) -> None:
    """Whatever is written, all of it is commands, or what cannot be sent and why, or text."""
    text = "\n".join(lines)
    [parsed] = parse(modules, text)
    if (
        not parsed["commands"]
        and not parsed["problem"]
        and not parsed["help"]
        and not text.lstrip("\n").startswith("//")
    ):
        assert parsed["text"] == text or not text.strip()
    else:
        assert text.rstrip().endswith(parsed["text"].lstrip("/").rstrip())


# --- What a run tells of its commands, and of what was said to it ---------------------------------------------------

TOLD = """async (steps) => {
  const { commandsIn } = await import("/static/js/state/commands.js");
  const { unheard } = await import("/static/js/state/steering.js");
  const commands = commandsIn(steps).map(({ id, status }) => [id, status]);
  return { commands, unheard: unheard(steps).map(({ text }) => text) };
}"""


def step(kind: str, status: str, **details: Any) -> dict[str, Any]:
    return {"type": "step", "kind": kind, "status": status, "details": details}


def test_commands_stand_as_they_were_told_last_in_their_order(modules: Page) -> None:
    queued = [{"id": name, "position": place, "status": "queued"} for place, name in enumerate("abc")]
    done, failed = {**queued[0], "status": "done"}, {**queued[1], "status": "failed"}
    steps = [
        step("command", "queued", commands=queued),
        step("command", "done", command=done),
        step("command", "failed", command=failed),
    ]
    told = modules.evaluate(TOLD, steps)
    assert told["commands"] == [["a", "done"], ["b", "failed"], ["c", "queued"]]


def test_what_was_said_to_a_run_is_unheard_until_it_joined_or_came_back(modules: Page) -> None:
    accepted = [step("steer", "accepted", command_id=name, text=name) for name in "abc"]
    settled = [step("steer", "applied", command_id="b"), step("steer", "returned", command_id="a", run_id="r")]
    assert modules.evaluate(TOLD, accepted)["unheard"] == ["a", "b", "c"]
    assert modules.evaluate(TOLD, [*accepted, *settled])["unheard"] == ["c"]
