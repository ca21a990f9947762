"""Agents out of the database into files, and back: all or none, by slug, and what does not fit is told with its line."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from agents.errors import AgentFileError
from agents.exchange import Imported, export_agents, import_agents
from agents.models import Agent, AgentSkill, LanguageModel, Provider
from coday.accounts.models import AuditRecord
from skills.models import McpServer, Skill

MINIMAL = "slug: new\nname: New\n"


@pytest.fixture
def whole(db: None) -> Agent:
    """An agent with something in every field."""
    provider = Provider.objects.create(slug="house", name="House", kind="openai")
    model = LanguageModel.objects.create(provider=provider, slug="model", name="m", label="M")
    other = Agent.objects.create(slug="other", name="Other")
    agent = Agent.objects.create(
        slug="whole", name="Whole", icon="🧭", description="Has all.", instructions="Be brief.\nBe kind.\n",
        language_model=model, temperature=0.5, top_p=0.9, max_output_tokens=10, tools={"calculate": "off"},
        max_iterations=5, max_seconds=60, max_cost=Decimal("1.5"), max_delegations=1, max_depth=2,
        retry_interrupted=True, suggestions=["Hello"], everyone=False, enabled=False, position=3,
    )  # fmt: skip
    agent.delegates.add(other)
    agent.groups.add(Group.objects.create(name="Sales"))
    agent.mcp_servers.add(McpServer.objects.create(slug="house", name="House", url="https://mcp.example"))
    for slug, always in (("style", True), ("rail", False)):
        skill = Skill.objects.create(slug=slug, name=slug, trigger="Ever.", everyone=True)
        AgentSkill.objects.create(agent=agent, skill=skill, always=always)
    return agent


def _everything() -> list[object]:
    skills = AgentSkill.objects.values_list("agent__slug", "skill__slug", "always")
    named = [
        Agent.objects.values_list("slug", name) for name in ("delegates__slug", "groups__name", "mcp_servers__slug")
    ]
    relations = [sorted(map(str, rows)) for rows in (skills, *named)]
    return [list(Agent.objects.order_by("slug").values(*_fields())), *relations]


def _fields() -> list[str]:
    return [field.name for field in Agent._meta.concrete_fields if field.name not in ("id", "created_at")]


def _refusal(text: str) -> str:
    with pytest.raises(AgentFileError) as caught:
        import_agents(text)
    return caught.value.message


def test_what_goes_out_comes_in_again(whole: Agent) -> None:
    before, text = _everything(), export_agents(Agent.objects.all())
    Agent.objects.all().delete()
    assert import_agents(text) == Imported(created=("other", "whole"), updated=())
    assert _everything() == before
    assert export_agents(Agent.objects.all()) == text


def test_an_import_says_all_that_an_agent_is(whole: Agent) -> None:
    """What the document does not say is as it is for a new agent; the row stays the same one."""
    assert import_agents("slug: whole\nname: Other name\n") == Imported(created=(), updated=("whole",))
    changed = Agent.objects.get(slug="whole")
    assert (changed.pk, changed.name, changed.tools, changed.everyone, changed.enabled) == (
        whole.pk, "Other name", {}, True, True,
    )  # fmt: skip
    assert not changed.skills.exists()
    assert not changed.delegates.exists()


def test_a_dry_run_changes_nothing(whole: Agent) -> None:
    before = _everything()
    text = f"slug: whole\nname: X\ndelegates: [new]\n---\n{MINIMAL}"
    assert import_agents(text, dry_run=True) == Imported(created=("new",), updated=("whole",))
    assert _everything() == before


def test_one_that_does_not_fit_keeps_all_out(whole: Agent) -> None:
    before = _everything()
    assert _refusal(f"{MINIMAL}---\nslug: x\nname: X\nmodel: none\n") == "Line 6: model: there is no model “none”."
    assert _everything() == before


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("skills: {always: [nothing]}", "Line 3: skills.always.0: there is no skill “nothing”."),
        (
            "skills: {always: [style], on_demand: [style]}",
            "Line 3: skills: the skill “style” is always on and on demand.",
        ),
        ("mcp_servers: [nothing]", "Line 3: mcp_servers.0: there is no MCP server “nothing”."),
        ("mcp_servers: [house, house]", "Line 3: mcp_servers.1: “house” is there twice."),
        ("delegates: [nobody]", "Line 3: delegates.0: there is no agent “nobody”."),
        ("delegates: [other, new]", "Line 3: delegates.1: an agent hands no task to itself."),
        ("visible_to: [Nobody]", "Line 3: visible_to.0: there is no group “Nobody”."),
        ("temperature: 3", "Line 3: temperature: Ensure this value is less than or equal to 2.0."),
        ("limits:\n  seconds: 0", "Line 4: limits.seconds: Ensure this value is greater than or equal to 1.0."),
        ("limits: {cost: NaN}", "Line 3: limits.cost: “NaN” value must be a decimal number."),
        ("icon: too long", "Line 3: icon: Enter one emoji, or up to three letters."),
        (
            "tools: {no name: allow}",
            "Line 3: tools: The name of a tool has at most 128 letters, digits, “_”, “-” and “.”: not “no name”.",
        ),
        ("position: 100000000", "Line 3: position: Expected int <= 32767."),
        (
            f"description: {'x' * 301}",
            "Line 3: description: Ensure this value has at most 300 characters (it has 301).",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(whole: Agent, field: str, message: str) -> None:
    assert _refusal(f"{MINIMAL}{field}\n") == message


def test_a_slug_is_a_slug(db: None) -> None:
    assert _refusal("slug: no slug\nname: A\n").startswith("Line 1: slug: Enter a valid “slug”")


def test_an_agent_of_the_folder_is_not_imported_over(whole: Agent) -> None:
    Agent.objects.filter(slug="whole").update(source="file", file="whole.yaml")
    assert _refusal("slug: whole\nname: X\n") == "Line 1: slug: this agent belongs to the file whole.yaml."


# --- The command ----------------------------------------------------------------------------------------------------


def _run(*arguments: str) -> str:
    output = StringIO()
    call_command("agents", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_exports_and_imports(whole: Agent, tmp_path: Path) -> None:
    file = tmp_path / "agents.yaml"
    file.write_text(_run("export", "whole") + f"---\n{MINIMAL}")
    assert _run("import", str(file), "--dry-run") == "new: would be made\nwhole: would be changed\n"
    assert not AuditRecord.objects.exists()
    assert _run("import", str(file)) == "new: made\nwhole: changed\n"
    assert AuditRecord.objects.get().details == {"created": ["new"], "updated": ["whole"]}
    assert _run("export").count("slug:") == 3


def test_the_command_says_what_is_wrong(whole: Agent, tmp_path: Path) -> None:
    file = tmp_path / "agents.yaml"
    file.write_bytes(b"\xff\xfe\xfd")
    for arguments, message in (
        (["export", "nobody"], "There is no agent “nobody”"),
        (["import", str(tmp_path / "nothing.yaml")], "cannot be read"),
        (["import", str(file)], "cannot be read as text"),
        (["load"], "CODAY_AGENTS_DIR names no folder"),
    ):
        with pytest.raises(CommandError, match=message):
            _run(*arguments)
