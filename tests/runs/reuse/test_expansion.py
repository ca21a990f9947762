"""Templates filled in: what an input becomes, whose templates it may name, and that it comes to an end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.errors import AgentNotFoundError
from agents.models import Agent
from coday.accounts.models import User
from runs.errors import TooManyCommandsError
from runs.inputs import AgentCommand, PinCommand, PromptCommand, RunUserInput, SequenceCommand
from runs.models import RunTemplate, RunTemplateVersion
from runs.reuse.errors import (
    AmbiguousTemplateError,
    ArgumentsInvalidError,
    TemplateArchivedError,
    TemplateCycleError,
    TemplateInvalidError,
    TemplateNotFoundError,
    TemplateTooDeepError,
    VersionNotFoundError,
)
from runs.reuse.expansion import expand
from runs.reuse.templates import change_template, delete_template
from tests.runs.conversation import make_cast
from tests.runs.reuse.library import NOW_TEXT, asking_for, prompt, saved, team, use

TEXT = {"name": "who", "required": True}


def test_an_input_that_is_one_template_becomes_its_commands(owner: User) -> None:
    greeting = saved(owner, prompt("Greet {{who}}."), {"type": "pin"}, parameters=[TEXT], on_failure="continue")
    found, source = expand(asking_for(greeting, who="Erika"), user_id=owner.pk)
    assert found == RunUserInput(commands=(PromptCommand(text="Greet Erika."), PinCommand()), on_failure="continue")
    assert (source.template, source.version) == (greeting.id, 1)


def test_one_prompt_is_a_text_as_if_it_was_typed(owner: User) -> None:
    found, _ = expand(asking_for(saved(owner)), user_id=owner.pk)
    assert found == RunUserInput(text=NOW_TEXT)


def test_beside_others_it_is_one_sequence(owner: User) -> None:
    make_cast(base_url="http://127.0.0.1:9/v1")
    morning = saved(owner, agent="helper")
    found, source = expand(asking_for(morning, text="And then?"), user_id=owner.pk)
    parts = (AgentCommand(agent="helper"), PromptCommand(text=NOW_TEXT))
    assert found == RunUserInput(commands=(SequenceCommand(commands=parts),), text="And then?")
    assert (source.template, source.agent) == (morning.id, "")


def test_what_holds_no_template_stays_as_it_is(owner: User) -> None:
    given = RunUserInput(text="{{who}}", commands=(PinCommand(),))
    assert expand(given, user_id=owner.pk)[0] is given


def test_values_go_through_templates_in_templates_once(owner: User) -> None:
    inner = saved(owner, prompt("Dear {{name}},"), name="Inner", parameters=[{"name": "name"}])
    outer = saved(owner, use(inner, name="{{who}}"), prompt("{{who}}"), name="Outer", parameters=[TEXT])
    hostile = "{{name}} {{who}}"
    found, _ = expand(asking_for(outer, who=hostile), user_id=owner.pk)
    inside, after = found.commands
    assert inside == SequenceCommand(commands=(PromptCommand(text=f"Dear {hostile},"),))
    assert after == PromptCommand(text=hostile)


def test_an_earlier_version_can_be_asked_for(owner: User) -> None:
    template = saved(owner, prompt("Old"))
    change_template(user_id=owner.pk, template_id=template.id, changes={"commands": [prompt("New")]})
    assert expand(asking_for(template, version=1), user_id=owner.pk)[0].text == "Old"
    assert expand(asking_for(template), user_id=owner.pk)[0].text == "New"
    with pytest.raises(VersionNotFoundError):
        expand(asking_for(template, version=3), user_id=owner.pk)


def test_today_is_the_day_of_the_start(owner: User) -> None:
    report = saved(owner, prompt("{{day}}"), parameters=[{"name": "day", "type": "date", "default": "today"}])
    assert expand(asking_for(report), user_id=owner.pk, today=date(2026, 3, 29))[0].text == "2026-03-29"


def test_arguments_that_do_not_fit_are_refused(owner: User) -> None:
    template = saved(owner, {"type": "title", "title": "{{who}}"}, parameters=[TEXT])
    with pytest.raises(ArgumentsInvalidError):
        expand(asking_for(template), user_id=owner.pk)
    with pytest.raises(TemplateInvalidError) as refused:
        expand(asking_for(template, who="x" * 201), user_id=owner.pk)
    assert refused.value.details["field"] == "arguments"


# --- Rights -----------------------------------------------------------------------------------------------------------


def test_a_template_of_somebody_else_is_not_there(owner: User, stranger: User) -> None:
    template = saved(owner)
    for name in (template.slug, str(template.id)):
        with pytest.raises(TemplateNotFoundError):
            expand(asking_for(name), user_id=stranger.pk)


def test_who_leaves_the_group_loses_it_at_once(owner: User, teammate: User) -> None:
    group = team(owner, teammate)
    template = saved(owner, groups=["Team"])
    assert expand(asking_for(template.slug), user_id=teammate.pk)[0].text == NOW_TEXT
    teammate.groups.remove(group)
    with pytest.raises(TemplateNotFoundError):
        expand(asking_for(template.slug), user_id=teammate.pk)


def test_a_template_inside_is_read_by_the_rights_of_who_starts(owner: User, teammate: User) -> None:
    team(owner, teammate)
    inner = saved(owner, name="Inner")
    outer = saved(owner, use("inner"), name="Outer", groups=["Team"])
    assert expand(asking_for(outer), user_id=owner.pk)
    with pytest.raises(TemplateNotFoundError):
        expand(asking_for(outer), user_id=teammate.pk)
    change_template(user_id=owner.pk, template_id=inner.id, changes={"groups": ["Team"]})
    assert expand(asking_for(outer), user_id=teammate.pk)


def test_the_agent_is_resolved_for_who_starts(owner: User, teammate: User) -> None:
    make_cast(base_url="http://127.0.0.1:9/v1", agent={"everyone": False})
    Agent.objects.get(slug="helper").groups.add(team(owner, name="Staff"))
    team(owner, teammate)
    template = saved(owner, agent="helper", groups=["Team"])
    assert expand(asking_for(template), user_id=owner.pk)[1].agent == "helper"
    with pytest.raises(AgentNotFoundError):
        expand(asking_for(template), user_id=teammate.pk)


def test_ones_own_name_comes_first_and_two_others_are_too_many(owner: User, teammate: User, stranger: User) -> None:
    team(owner, teammate, stranger)
    for user in (owner, teammate):
        saved(user, prompt(user.username), groups=["Team"])
    assert expand(asking_for("morning"), user_id=teammate.pk)[0].text == "teammate"
    with pytest.raises(AmbiguousTemplateError):
        expand(asking_for("morning"), user_id=stranger.pk)


def test_nothing_starts_from_what_was_put_away(owner: User) -> None:
    inner = saved(owner, name="Inner")
    outer = saved(owner, use(inner), name="Outer")
    change_template(user_id=owner.pk, template_id=inner.id, changes={"archived": True})
    with pytest.raises(TemplateArchivedError):
        expand(asking_for(outer), user_id=owner.pk)


def test_a_template_inside_that_was_deleted_is_not_there(owner: User) -> None:
    inner = saved(owner, name="Inner")
    outer = saved(owner, use(inner), name="Outer")
    delete_template(user_id=owner.pk, template_id=inner.id)
    with pytest.raises(TemplateNotFoundError):
        expand(asking_for(outer), user_id=owner.pk)


# --- An end -----------------------------------------------------------------------------------------------------------


def test_a_template_that_would_contain_itself_is_not_saved(owner: User) -> None:
    first = saved(owner, name="First")
    second = saved(owner, use(first), name="Second")
    for commands in ([use(second)], [use(first)], [{"type": "sequence", "commands": [use("second")]}]):
        with pytest.raises(TemplateCycleError) as refused:
            change_template(user_id=owner.pk, template_id=first.id, changes={"commands": commands})
        assert refused.value.status == 422


def test_templates_inside_each_other_are_bounded(owner: User, settings: Any) -> None:
    settings.CODAY_MAX_TEMPLATE_DEPTH = 3
    one = saved(owner, name="One")
    two = saved(owner, use(one), name="Two")
    three = saved(owner, use(two), name="Three")
    assert expand(asking_for(three), user_id=owner.pk)
    with pytest.raises(TemplateTooDeepError):
        saved(owner, use(three), name="Four")


def test_what_doubles_with_each_template_is_bounded(owner: User, settings: Any) -> None:
    settings.CODAY_MAX_COMMANDS = 10
    one = saved(owner, prompt("a"), prompt("b"), name="One")
    two = saved(owner, use(one), use(one), name="Two")
    with pytest.raises(TooManyCommandsError):
        saved(owner, use(two), use(two), name="Three")


EDGES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10, unique=True)


@pytest.mark.django_db
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=EDGES)
def test_whatever_names_what_it_ends_or_is_refused(owner: User, edges: list[tuple[int, int]]) -> None:
    """Rows that two writers could have saved at once: the check at the save is not all there is."""
    RunTemplate.objects.all().delete()
    rows = [
        RunTemplate.objects.create(user_id=owner.pk, username="owner", slug=f"t{n}", name=f"T{n}") for n in range(5)
    ]
    for number, row in enumerate(rows):
        inside = [use(str(rows[other].pk)) for at, other in edges if at == number]
        RunTemplateVersion.objects.create(template=row, number=1, commands=[prompt("x"), *inside])
    for number, row in enumerate(rows):
        cyclic = _reaches_a_cycle(number, edges)
        try:
            expand(asking_for(str(row.pk)), user_id=owner.pk)
            ended = True
        except (TemplateCycleError, TooManyCommandsError):
            ended = False
        assert ended != cyclic


def _reaches_a_cycle(start: int, edges: list[tuple[int, int]], above: tuple[int, ...] = ()) -> bool:
    if start in above:
        return True
    return any(_reaches_a_cycle(other, edges, (*above, start)) for at, other in edges if at == start)
