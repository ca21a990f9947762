"""Admin of agents, with the tools of the product, and a look at what they are told."""

from __future__ import annotations

from django.contrib import admin

from agents.admin import AgentAdmin
from agents.forms import AgentForm, PoliciesField, ToolChoice
from agents.models import Agent
from runs.admin_preview import PreviewedAgents
from runs.tools.registry import describe


def tool_choices() -> tuple[ToolChoice, ...]:
    """The tools of the product, as an admin gives them to an agent."""
    return tuple(
        ToolChoice(name=one.name, title=one.title, description=one.description, policy=one.policy) for one in describe()
    )


class EquippedAgentForm(AgentForm):
    """An agent, with a row for each tool of the product."""

    tools = PoliciesField(choices=tool_choices)


@admin.register(Agent)
class EquippedAgentAdmin(PreviewedAgents, AgentAdmin):
    """Agents, with the tools that there are, and a look at what they are told."""

    form = EquippedAgentForm
