"""The admin's page of an agent's prompt and tools."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Agent
from coday.accounts.models import User
from tests.runs.conversation import make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> Client:
    """A browser in which an admin is logged in."""
    make_cast(base_url="http://127.0.0.1:9/v1", agent={"instructions": "Be <b>kind</b>."})
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def preview_of(agent: Agent) -> str:
    return reverse("admin:agents_agent_preview", args=[agent.pk])


def test_it_shows_the_prompt_as_text(admin: Client) -> None:
    page = admin.get(preview_of(Agent.objects.get())).content.decode()

    assert "Be &lt;b&gt;kind&lt;/b&gt;." in page
    assert "Today is" in page
    assert "None." in page


def test_the_page_of_the_agent_leads_to_it(admin: Client) -> None:
    agent = Agent.objects.get()
    assert preview_of(agent) in admin.get(reverse("admin:agents_agent_change", args=[agent.pk])).content.decode()


def test_an_agent_that_is_switched_off_says_so(admin: Client) -> None:
    agent = Agent.objects.get()
    agent.enabled = False
    agent.save()
    answer = admin.get(preview_of(agent), follow=True)

    assert answer.redirect_chain == [(reverse("admin:agents_agent_change", args=[agent.pk]), 302)]
    assert "Helper would not answer you" in answer.content.decode()


def test_it_is_for_those_who_may_see_agents(admin: Client) -> None:
    editor = Client()
    editor.force_login(User.objects.create_user("editor", is_staff=True))
    assert editor.get(preview_of(Agent.objects.get())).status_code == 403
