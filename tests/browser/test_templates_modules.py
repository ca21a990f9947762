"""Templates without a server: their form, their line in a message, the places in their commands that are filled in."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

Json = dict[str, Any]


def parameter(name: str, kind: str = "text", **more: Any) -> Json:
    return {"name": name, "label": name.title(), "type": kind, "required": False, **more}


REPORT: Json = {
    "id": "0198-report",
    "slug": "weekly-report",
    "name": "Weekly report",
    "mine": True,
    "archived": False,
    "parameters": [
        parameter("topic", required=True),
        parameter("days", "number", default=7),
        parameter("short", "boolean"),
        parameter("tone", "choice", choices=["plain", "very warm"]),
        parameter("since", "date", default="today"),
    ],
}
SHARED: Json = {
    "id": "0198-shared",
    "slug": "weekly-report",
    "name": "Theirs",
    "mine": False,
    "archived": False,
    "parameters": [],
}
GONE: Json = {"id": "0198-gone", "slug": "gone", "name": "Gone", "mine": True, "archived": True, "parameters": []}

PARSE = """async ([text, templates]) => {
  const { parse } = await import("/static/js/state/commands.js");
  return parse(text, { templates });
}"""

LINES = """async ([given, template]) => {
  const { argumentsIn, commandOf, readTemplate, withLine, written } = await import("/static/js/state/template-command.js");
  const command = commandOf(template, given, [template]);
  const line = written(command);
  return {
    line,
    again: readTemplate(line.slice("/template ".length), [template]).command,
    filled: argumentsIn(`/pin\\n${line}\\nWords`, template.slug, template),
    put: withLine(`/pin\\n/template ${template.slug}\\nWords`, template.slug, line),
    first: withLine("Words", template.slug, line),
  };
}"""

FORM = """async ([parameters, changes]) => {
  const { blank } = await import("/static/js/state/answer-form.js");
  const { argumentsOf, formOfParameters } = await import("/static/js/state/template-form.js");
  const form = formOfParameters(parameters);
  const held = blank(form);
  return { held, ...argumentsOf(parameters, { ...held, ...changes }) };
}"""

CALL = """async ([name, ...given]) => {
  const module = await import("/static/js/state/template-form.js");
  return module[name](...given);
}"""


def parse(modules: Page, text: str) -> Json:
    parsed: Json = modules.evaluate(PARSE, [text, [SHARED, REPORT, GONE]])
    return parsed


def test_a_template_is_named_with_its_arguments(modules: Page) -> None:
    parsed = parse(modules, '/template weekly-report topic="herons and \\"cranes\\"" days=3 short=yes\nGo on')
    [command] = parsed["commands"]
    assert command == {
        "type": "template",
        "template": "weekly-report",
        "arguments": {"topic": 'herons and "cranes"', "days": 3, "short": True},
    }
    assert (parsed["text"], parsed["problem"]) == ("Go on", "")


def test_another_persons_template_is_named_by_its_id_where_ones_own_has_its_name(modules: Page) -> None:
    [command] = parse(modules, f"/template {SHARED['id']}")["commands"]
    assert command == {"type": "template", "template": SHARED["id"]}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/template", "needs the name of one"),
        ("/template none", "no template “none”"),
        ("/template gone", "no template “gone”"),
        ("/template weekly-report", "needs topic=…"),
        ("/template weekly-report topic=", "needs topic=…"),
        ("/template weekly-report topic=a words", "“words” is no argument"),
        ('/template weekly-report topic="a', "is no argument"),
        ("/template weekly-report topic=a place=b", "no “place”"),
        ("/template weekly-report topic=a days=few", "days is a number"),
        ("/template weekly-report topic=a short=perhaps", "short is yes or no"),
        ("/template weekly-report topic=a tone=cold", "one of plain, very warm"),
        ("/template weekly-report topic=a since=soon", "since is a date"),
    ],
)
def test_a_template_that_cannot_be_started_says_why(modules: Page, line: str, says: str) -> None:
    parsed = parse(modules, line)
    assert says in parsed["problem"]
    assert parsed["commands"] == []


@pytest.mark.parametrize("topic", ["herons", "two words", "a\nline", 'say "so"', "back\\slash", "x=y", "", " "])
def test_what_a_form_holds_is_written_and_read_again(modules: Page, topic: str) -> None:
    given = {"topic": topic or "-", "days": 2.5, "short": False, "tone": "very warm"}
    told = modules.evaluate(LINES, [given, REPORT])
    assert told["again"]["arguments"] == given
    assert told["filled"] == given
    assert "\n" not in told["line"]
    assert told["put"] == f"/pin\n{told['line']}\nWords"
    assert told["first"] == f"{told['line']}\nWords"


def test_a_form_begins_with_the_defaults_and_asks_for_what_is_needed(modules: Page) -> None:
    told = modules.evaluate(FORM, [REPORT["parameters"], {}])
    assert told["held"]["days"] == "7"
    assert (told["held"]["since"], told["errors"]) == ("", {"topic": "This is needed."})
    filled = modules.evaluate(FORM, [REPORT["parameters"], {"topic": "herons", "days": "3,5", "since": "2027-03-01"}])
    assert filled["content"] == {"topic": "herons", "days": 3.5, "since": "2027-03-01"}


def test_what_has_a_default_may_be_left_empty(modules: Page) -> None:
    parameters = [parameter("greeting", required=True, default="Hello")]
    told = modules.evaluate(FORM, [parameters, {"greeting": ""}])
    assert (told["held"], told["content"], told["errors"]) == ({"greeting": "Hello"}, {}, {})


def test_a_parameter_is_renamed_where_it_is_used(modules: Page) -> None:
    commands = [{"type": "prompt", "text": "{{a}} {{ab}}"}, {"type": "tag", "tags": ["{{a}}", "x"]}, {"type": "pin"}]
    assert modules.evaluate(CALL, ["withPlaceRenamed", commands, "a", "b"]) == [
        {"type": "prompt", "text": "{{b}} {{ab}}"},
        {"type": "tag", "tags": ["{{b}}", "x"]},
        {"type": "pin"},
    ]


def test_places_are_found_in_all_texts_and_compared_with_the_parameters(modules: Page) -> None:
    commands = [
        {"type": "prompt", "text": "About {{topic}}, {{ spaced }} {{Upper}} {{topic}}"},
        {
            "type": "sequence",
            "commands": [{"type": "template", "template": "x", "arguments": {"when": "{{start_date}}"}}],
        },
    ]
    assert modules.evaluate(CALL, ["placesIn", commands]) == ["topic", "start_date"]
    gaps = modules.evaluate(CALL, ["gaps", {"commands": commands, "parameters": [{"name": "topic"}, {"name": "tone"}]}])
    assert gaps == {"missing": ["start_date"], "unused": ["tone"]}
    assert modules.evaluate(CALL, ["parameterFor", "start_date"]) == {
        "name": "start_date",
        "label": "Start date",
        "type": "date",
        "required": True,
    }


@pytest.mark.parametrize(
    ("label", "taken", "name"),
    [
        ("Where to?", [], "where_to"),
        ("Größe", ["value"], "gro_e"),
        ("3 cities", [], "value_3_cities"),
        ("где", [], "value"),
        ("Topic", ["topic", "topic_2"], "topic_3"),
        ("x" * 80, [], "x" * 37),
    ],
)
def test_a_name_is_made_of_what_something_is_called(modules: Page, label: str, taken: list[str], name: str) -> None:
    assert modules.evaluate(CALL, ["nameFor", label, taken]) == name


def test_a_template_is_completed_behind_its_command_and_only_there(modules: Page) -> None:
    texts = ["/template wee", "/pin\n/template ", "Say /template wee", "/template weekly-report top", "@anna\nfoo"]
    found = modules.evaluate(
        """async (texts) => {
          const { completionAt } = await import("/static/js/state/completion.js");
          return texts.map((text) => completionAt(text, text.length));
        }""",
        texts,
    )
    assert found[0] == {"sign": "/template ", "query": "wee", "start": 0}
    assert found[1] == {"sign": "/template ", "query": "", "start": 5}
    assert found[2:] == [None, None, None]
