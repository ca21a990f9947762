"""Templates as their owners write them: versions, names, sharing, and what is made of runs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from agents.errors import AgentNotFoundError
from coday.accounts.models import User
from coday.kernel.errors import ForbiddenError
from runs import capture
from runs.errors import MessageTooLongError, RunNotFoundError, RunStateError
from runs.inputs import parse_request
from runs.models import Run, RunTemplate, RunTemplateVersion
from runs.reuse.errors import (
    TemplateExistsError,
    TemplateInvalidError,
    TemplateNotFoundError,
    TooManyTemplatesError,
    VersionNotFoundError,
)
from runs.reuse.library import described, listed_templates, visible_templates
from runs.reuse.templates import change_template, delete_template, restore_version
from tests.runs.conversation import Cast, make_cast
from tests.runs.reuse.library import prompt, saved, team, use


def texts(template_id: Any) -> list[tuple[int, str]]:
    rows = RunTemplateVersion.objects.filter(template=template_id).order_by("number")
    return [(row.number, row.commands[0]["text"]) for row in rows]


def test_a_change_of_what_it_says_is_a_new_version_and_the_old_ones_stay(owner: User) -> None:
    template = saved(owner, prompt("One"))
    for text in ("Two", "Two", "Three"):
        template = change_template(user_id=owner.pk, template_id=template.id, changes={"commands": [prompt(text)]})
    assert template.version == 3
    template = change_template(user_id=owner.pk, template_id=template.id, changes={"name": "Evening", "archived": True})
    assert (template.version, template.name, template.slug, template.archived) == (3, "Evening", "morning", True)
    assert texts(template.id) == [(1, "One"), (2, "Two"), (3, "Three")]


def test_an_earlier_version_is_restored_as_a_new_one(owner: User) -> None:
    template = saved(owner, prompt("One"), parameters=[{"name": "a"}], note="First")
    change_template(user_id=owner.pk, template_id=template.id, changes={"commands": [prompt("Two")], "parameters": []})
    restored = restore_version(user_id=owner.pk, template_id=template.id, number=1)
    assert (restored.version, restored.parameters) == (3, [{"name": "a"}])
    assert texts(template.id) == [(1, "One"), (2, "Two"), (3, "One")]
    with pytest.raises(VersionNotFoundError):
        restore_version(user_id=owner.pk, template_id=template.id, number=9)


def test_names_make_slugs_that_are_free(owner: User, teammate: User) -> None:
    assert [saved(owner, name="Täglicher Bericht!").slug for _ in range(3)] == [
        "taglicher-bericht", "taglicher-bericht-2", "taglicher-bericht-3",
    ]  # fmt: skip
    assert saved(owner, name="日報").slug == "template"
    assert saved(teammate, slug="template").slug == "template"
    with pytest.raises(TemplateExistsError):
        saved(owner, slug="template")


def test_only_its_owner_changes_it_and_members_see_it(owner: User, teammate: User, stranger: User) -> None:
    team(owner, teammate)
    template = saved(owner, groups=["Team"])
    (seen,) = described(list(visible_templates(user_id=teammate.pk)), user_id=teammate.pk)
    assert (seen.id, seen.mine, seen.owner, seen.groups) == (template.id, False, "owner", ("Team",))
    for write in (
        lambda user: change_template(user_id=user.pk, template_id=template.id, changes={"name": "Mine"}),
        lambda user: restore_version(user_id=user.pk, template_id=template.id, number=1),
        lambda user: delete_template(user_id=user.pk, template_id=template.id),
    ):
        with pytest.raises(ForbiddenError):
            write(teammate)
        with pytest.raises(TemplateNotFoundError):
            write(stranger)
    change_template(user_id=owner.pk, template_id=template.id, changes={"archived": True})
    assert not listed_templates(user_id=teammate.pk).exists()
    assert listed_templates(user_id=owner.pk).exists()


def test_members_do_not_learn_of_other_groups(owner: User, teammate: User) -> None:
    team(owner, teammate)
    team(owner, name="Board")
    assert saved(owner, groups=["Team", "Board"]).groups == ("Board", "Team")
    (seen,) = described(list(visible_templates(user_id=teammate.pk)), user_id=teammate.pk)
    assert seen.groups == ("Team",)


def test_it_is_shared_with_groups_of_the_owner_alone(owner: User, teammate: User) -> None:
    team(teammate)
    with pytest.raises(TemplateInvalidError) as refused:
        saved(owner, groups=["Team"])
    assert refused.value.details["field"] == "groups"
    assert not RunTemplate.objects.exists(), "nothing is kept of it"


@pytest.mark.parametrize(
    "command",
    [
        {"type": "dance"},
        {"type": "prompt"},
        {"type": "prompt", "text": "a", "else": 1},
        {"type": "prompt", "text": "a\0"},
        {"type": "summarize", "runs": [str(uuid4())]},
        {"type": "template", "template": "x", "arguments": {"a": ["b"]}},
        {"type": "sequence", "commands": []},
    ],
)
def test_a_command_that_is_none_is_refused(owner: User, command: dict[str, Any]) -> None:
    with pytest.raises((TemplateInvalidError, TemplateNotFoundError)) as refused:
        saved(owner, command)
    assert refused.value.details["field"] in ("commands", "template")


def test_what_it_names_has_to_be_there(owner: User, stranger: User) -> None:
    foreign = saved(stranger, name="Foreign")
    make_cast(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(TemplateNotFoundError):
        saved(owner, use(foreign))
    with pytest.raises(AgentNotFoundError):
        saved(owner, agent="nobody")


def test_there_are_limits(owner: User, settings: Any) -> None:
    settings.CODAY_MAX_TEMPLATES, settings.CODAY_MAX_MESSAGE_CHARS = 1, 10
    with pytest.raises(MessageTooLongError):
        saved(owner, prompt("x" * 6), prompt("y" * 6))
    saved(owner, prompt("x"))
    with pytest.raises(TooManyTemplatesError):
        saved(owner, prompt("x"))


# --- From runs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(base_url="http://127.0.0.1:9/v1")


def ran(cast: Cast, text: str, *commands: dict[str, Any]) -> Any:
    request = parse_request({"input": {"type": "user", "text": text, "commands": commands}})
    return capture.create(asker=cast.asker, thread_id=cast.thread_id, request=request).run.id


def owner_of(cast: Cast) -> User:
    return User.objects.get(pk=cast.asker.user_id)


def test_what_runs_were_told_is_a_template(cast: Cast) -> None:
    plain = ran(cast, "One?")
    several = ran(cast, "Two?", {"type": "tag", "tags": ["work"]}, {"type": "sequence", "commands": [prompt("Three?")]})
    template = saved(owner_of(cast), {"type": "pin"}, from_runs=[several, plain])
    assert template.commands == [
        {"type": "tag", "tags": ["work"]},
        {"type": "sequence", "commands": [prompt("Three?")], "on_failure": "stop"},
        prompt("Two?"),
        prompt("One?"),
        {"type": "pin"},
    ]


def test_runs_of_others_are_not_there(cast: Cast, stranger: User) -> None:
    with pytest.raises(RunNotFoundError):
        saved(stranger, from_runs=[ran(cast, "Mine")])


def test_a_run_that_nobody_told_anything_is_refused(cast: Cast) -> None:
    run = ran(cast, "One?")
    Run.objects.filter(pk=run).first().thread.messages.update(role="system")  # type: ignore[union-attr]
    with pytest.raises(RunStateError):
        saved(owner_of(cast), from_runs=[run])
