"""The admin of agents: its forms, what belongs to files, and agents as files."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agents.exchange import export_agents
from agents.models import Agent, AgentSkill, ChatSettings
from coday.accounts.models import AuditRecord, User
from skills.models import Skill

IMPORT = "/admin/agents/agent/import/"


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def agent(db: None) -> Agent:
    return Agent.objects.create(slug="a", name="A", tools={"calculate": "ask", "house__search": "allow"})


def _fields(**changes: Any) -> dict[str, Any]:
    """What a browser sends when nothing was changed."""
    inline = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
    return {
        "name": "A", "max_iterations": "50", "max_delegations": "10", "max_depth": "3", "position": "100", "enabled": "on",
        "everyone": "on", **{f"agent_skills-{name}": value for name, value in inline.items()}, **changes,
    }  # fmt: skip


def _change(page: Client, agent: Agent, **changes: Any) -> tuple[Agent, str]:
    answer = page.post(reverse("admin:agents_agent_change", args=[agent.pk]), _fields(**changes), follow=True)
    return Agent.objects.get(pk=agent.pk), answer.text


def _shown(page: Client, agent: Agent) -> str:
    return page.get(reverse("admin:agents_agent_change", args=[agent.pk])).text


def _send(page: Client, text: str | bytes, **fields: str) -> str:
    content = text.encode() if isinstance(text, str) else text
    return page.post(IMPORT, {"file": SimpleUploadedFile("agents.yaml", content), **fields}, follow=True).text


def test_suggestions_are_lines(page: Client, agent: Agent) -> None:
    changed, _ = _change(page, agent, suggestions="One\r\n\r\n Two ")
    assert changed.suggestions == ["One", "Two"]
    assert "One\nTwo" in _shown(page, agent)


# --- Policies -------------------------------------------------------------------------------------------------------


def test_each_tool_has_a_row_and_others_have_lines(page: Client, agent: Agent) -> None:
    shown = _shown(page, agent)
    assert 'name="tools-calculate"' in shown
    assert '<option value="ask" selected>ask first</option>' in shown
    assert "house__search: allow" in shown
    changed, _ = _change(
        page, agent, **{"tools-calculate": "", "tools-fetch_page": "ask", "tools-others": "x__y : off\r\n\r\nz: ask"}
    )
    assert changed.tools == {"fetch_page": "ask", "x__y": "off", "z": "ask"}


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"tools-others": "x"}, "x: the policy is one of"),
        ({"tools-others": "x: perhaps"}, "x: the policy is one of"),
        ({"tools-others": "no name: ask"}, "The name of a tool"),
        ({"tools-calculate": "perhaps"}, "calculate: the policy is one of"),
        ({"icon": "too long"}, "Enter one emoji"),
        ({"temperature": "3"}, "less than or equal to 2"),
    ],
)
def test_a_wrong_value_is_told_and_nothing_is_stored(
    page: Client, agent: Agent, sent: dict[str, str], problem: str
) -> None:
    changed, text = _change(page, agent, **{"name": "B", **sent})
    assert problem in text
    assert (changed.name, changed.tools) == ("A", agent.tools)


def test_skills_and_delegates_are_chosen(page: Client, agent: Agent) -> None:
    skill = Skill.objects.create(slug="style", name="Style", trigger="Ever.", everyone=True)
    other = Agent.objects.create(slug="other", name="Other")
    added = {"TOTAL_FORMS": "1", "0-skill": str(skill.pk), "0-always": "on", "0-agent": str(agent.pk), "0-id": ""}
    inline = {f"agent_skills-{name}": value for name, value in added.items()}
    changed, _ = _change(page, agent, delegates=[str(other.pk)], **inline)
    assert list(changed.delegates.all()) == [other]
    assert AgentSkill.objects.get(agent=agent).always
    changed, text = _change(page, agent, delegates=[str(agent.pk)])
    assert "An agent hands no task to itself" in text
    assert list(changed.delegates.all()) == [other]


def test_a_skill_that_somebody_made_for_themselves_is_not_offered(page: Client, agent: Agent, owner: User) -> None:
    own = Skill.objects.create(slug="diary", name="My diary", trigger="Ever.", owner=owner)
    assert "My diary" not in _shown(page, agent)
    added = {"TOTAL_FORMS": "1", "0-skill": str(own.pk), "0-agent": str(agent.pk), "0-id": ""}
    _, text = _change(page, agent, **{f"agent_skills-{name}": value for name, value in added.items()})
    assert "Select a valid choice" in text
    assert not AgentSkill.objects.exists()
    assert "there is no skill" in _send(page, "slug: b\nname: B\nskills: {always: [diary]}\n")


# --- Agents of files --------------------------------------------------------------------------------------------------


def test_of_an_agent_of_a_file_only_the_switch_is_there(page: Client, agent: Agent) -> None:
    Agent.objects.update(source="file", file="a.yaml")
    shown = _shown(page, agent)
    assert "a.yaml" in shown
    assert 'name="instructions"' not in shown
    assert 'name="tools-calculate"' not in shown
    fields = _fields(name="B", instructions="New.")
    del fields["enabled"]
    page.post(reverse("admin:agents_agent_change", args=[agent.pk]), fields)
    page.post(reverse("admin:agents_agent_delete", args=[agent.pk]), {"post": "yes"})
    changed = Agent.objects.get()
    assert (changed.name, changed.instructions, changed.tools, changed.enabled) == ("A", "", agent.tools, False)


def test_its_place_does_not_change_in_the_list_either(page: Client, agent: Agent) -> None:
    Agent.objects.update(source="file", file="a.yaml", position=7)
    listed = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(agent.pk), "form-0-position": "1", "_save": "1",
    }  # fmt: skip
    page.post(reverse("admin:agents_agent_changelist"), listed)
    assert Agent.objects.get().position == 7


# --- In and out -------------------------------------------------------------------------------------------------------


def test_chosen_agents_are_exported(page: Client, agent: Agent) -> None:
    chosen = {"action": "export_chosen", "_selected_action": [str(agent.pk)]}
    answer = page.post(reverse("admin:agents_agent_changelist"), chosen)
    assert "agents.yaml" in answer.headers["Content-Disposition"]
    assert answer.text == export_agents(Agent.objects.all())


def test_a_file_is_looked_at_and_imported(page: Client, agent: Agent) -> None:
    assert IMPORT in page.get(reverse("admin:agents_agent_changelist")).text
    text = "slug: a\nname: Renamed\n---\nslug: new\nname: <New>\n"
    looked = _send(page, text, dry_run="on")
    assert "a would be changed" in looked
    assert "new would be made" in looked
    assert Agent.objects.get().name == "A"
    assert "Agents made: 1, changed: 1." in _send(page, text)
    assert Agent.objects.get(slug="a").name == "Renamed"
    assert AuditRecord.objects.filter(action="acted", details__created=["new"]).exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "The file is no text in UTF-8."),
        ("slug: a\n", "Line 1: the field “name” is missing."),
        ("slug: a\nname: A\n<b>: 1\n", "Line 3: &lt;b&gt;: there is no such field."),
        (b"#" * 2_000_001, "The file is too large."),
    ],
)
def test_what_cannot_be_imported_is_told(page: Client, agent: Agent, content: str | bytes, problem: str) -> None:
    assert problem in _send(page, content)
    assert Agent.objects.get().name == "A"


def test_who_may_only_look_imports_nothing(client: Client, owner: User, agent: Agent) -> None:
    owner.is_staff = True
    owner.save()
    client.force_login(owner)
    assert client.get(IMPORT).status_code == 403
    assert client.post(IMPORT, {"file": SimpleUploadedFile("a.yaml", b"slug: b\nname: B\n")}).status_code == 403
    assert Agent.objects.count() == 1


# --- The site's chat settings -----------------------------------------------------------------------------------------


def test_the_site_switches_tools_and_the_memory_off(page: Client, db: None) -> None:
    row = ChatSettings.objects.create(user=None)
    address = reverse("admin:agents_chatsettings_change", args=[row.pk])
    sent = {"tools_off": "http_job\r\nfetch_page", "memory": "false", "language": "de", "theme": "dark"}
    assert page.post(address, sent).status_code == 302
    changed = ChatSettings.objects.get()
    assert (changed.tools_off, changed.memory, changed.language) == (["http_job", "fetch_page"], False, "de")
    assert "The name of a tool" in page.post(address, {**sent, "tools_off": "no name"}).text
