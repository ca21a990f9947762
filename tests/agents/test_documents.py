"""Files of agents: what is read from them, where they are wrong, and that what is written is read again as it was."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.documents import AgentDocument, LimitsOf, SkillsOf, dump_agents, parse_agents
from agents.errors import AgentFileError
from agents.strict_yaml import MAX_CHARS

MINIMAL = "slug: a\nname: A\n"
WHOLE = """\
slug: travel
name: Travel desk
icon: 🧭
description: "Plans trips: by rail"
instructions: |
  Be brief.
  # no comment
suggestions: [Plan a day in Bonn., "on"]
model: gpt-5.4
temperature: 0.4
top_p: 1
max_output_tokens: 2000
tools:
  fetch_page: ask
  calculate: off
skills:
  always: [style]
  on_demand: [rail]
mcp_servers: [house]
delegates: [translator]
limits: {iterations: 9, seconds: 60, cost: 1.50, delegations: 0, depth: 1}
retry_interrupted: true
visible_to: [Sales]
position: 7
enabled: false
"""


def _refusal(text: str) -> str:
    with pytest.raises(AgentFileError) as caught:
        parse_agents(text)
    return caught.value.message


def test_everything_is_read() -> None:
    [parsed] = parse_agents(WHOLE)
    assert parsed.agent == AgentDocument(
        slug="travel",
        name="Travel desk",
        icon="🧭",
        description="Plans trips: by rail",
        instructions="Be brief.\n# no comment\n",
        suggestions=("Plan a day in Bonn.", "on"),
        model="gpt-5.4",
        temperature=0.4,
        top_p=1.0,
        max_output_tokens=2000,
        tools={"fetch_page": "ask", "calculate": "off"},
        skills=SkillsOf(always=("style",), on_demand=("rail",)),
        mcp_servers=("house",),
        delegates=("translator",),
        limits=LimitsOf(iterations=9, seconds=60.0, cost=Decimal("1.5"), delegations=0, depth=1),
        retry_interrupted=True,
        visible_to=("Sales",),
        position=7,
        enabled=False,
    )


def test_a_file_holds_several_agents() -> None:
    assert [one.agent.slug for one in parse_agents(f"---\n{MINIMAL}---\n---\nslug: b\nname: B\n")] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is no agent in the file."),
        ("- a\n", "Line 1: Expected object, got array."),
        ("slug: a\n", "Line 1: the field “name” is missing."),
        (f"{MINIMAL}colour: red\n", "Line 3: colour: there is no such field."),
        (f"{MINIMAL}limits:\n  time: 5\n", "Line 4: limits.time: there is no such field."),
        (f"{MINIMAL}position: high\n", "Line 3: position: Expected int, got str."),
        (f"{MINIMAL}suggestions:\n- a\n- 1\n", "Line 5: suggestions.1: Expected str, got int."),
        (f"{MINIMAL}tools: {{a: perhaps}}\n", "Line 3: tools: Invalid enum value 'perhaps'."),
        (f"{MINIMAL}tools: {{a: true}}\n", "Line 3: tools: Expected str, got bool."),
        (f"{MINIMAL}visible_to: nobody\n", "Line 3: visible_to: it is “everyone” or a list of groups."),
        (f"{MINIMAL}name: B\n", "Line 3: “name” is there twice."),
        (f"{MINIMAL}---\n{MINIMAL}", "Line 4: slug: the agent “a” is there twice."),
        ("slug: &x a\nname: *x\n", "Line 1: anchors and aliases are not used here."),
        ("slug: a\nname: !!python/object/apply:os.system [id]\n", "Line 2: tags are not used here."),
        ("slug: a\nname: !!int x\n", "Line 2: tags are not used here."),
        ('slug: a\nname: "\\0"\n', "Line 2: this text holds a character that cannot be stored."),
        ('slug: a\nname: "\\uD800"\n', "Line 2: this text holds a character that cannot be stored."),
        ("slug: [a\nname: A\n", "Line 2: expected ',' or ']', but got ':'."),
        ("slug: a\n\tname: A\n", "Line 2: found character '\\t' that cannot start any token."),
        ("? [a]\n: b\n", "Line 1: a name is a text."),
        ("[" * 10_000, "Line 1: this is nested too deeply."),
        ("a: " * 10_000, "Line 1: mapping values are not allowed here."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, message: str) -> None:
    assert _refusal(text) == message


def test_what_no_text_holds_is_refused() -> None:
    assert _refusal("slug: a\x07").startswith("The file is no YAML: unacceptable character #x0007")
    assert "more than" in _refusal("#" * (MAX_CHARS + 1))


def test_nothing_is_guessed() -> None:
    """What other readers of YAML take for a time, a number or a date is a text."""
    values = ("no", "1:30", "0x1f", "012", "1_000", "2026-01-31", "1e5", ".inf", "<<")
    suggestions = "".join(f"- {value}\n" for value in values)
    assert parse_agents(f"{MINIMAL}suggestions:\n{suggestions}")[0].agent.suggestions == values


TREACHEROUS = ("off", "1", "1.5", "~", "", "null", "- a", "a: b", "#", "x\n y\n\n", " \n", "|", "1:30", "é🧭")
texts = st.text(max_size=40) | st.sampled_from(TREACHEROUS)
storable = texts.map(lambda text: re.sub("[\0\ud800-\udfff]", "", text))
agents = st.builds(
    AgentDocument,
    slug=storable,
    name=storable,
    instructions=storable,
    suggestions=st.lists(storable, max_size=3).map(tuple),
    model=storable,
    temperature=st.none() | st.floats(0, 2),
    tools=st.dictionaries(storable, st.sampled_from(["allow", "ask", "off"]), max_size=3),
    skills=st.builds(SkillsOf, always=st.lists(storable, max_size=2).map(tuple)),
    limits=st.builds(
        LimitsOf,
        seconds=st.none() | st.floats(1, 604_800),
        cost=st.none() | st.decimals(0, 100_000, places=6).map(Decimal.normalize),
        depth=st.integers(0, 10),
    ),
    visible_to=st.just("everyone") | st.lists(storable, max_size=2).map(tuple),
    enabled=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(agents, min_size=1, max_size=3, unique_by=lambda agent: agent.slug))
def test_what_is_written_is_read_again(documents: list[AgentDocument]) -> None:
    assert [one.agent for one in parse_agents(dump_agents(documents))] == documents


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("ab:-[]{}&*!|>'\"#%@ \n\t0", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(AgentFileError):
        parse_agents(text)
