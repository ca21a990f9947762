"""The endpoint that shows what an agent is told and can do, and where it comes from."""

from __future__ import annotations

from typing import Any, get_args

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.snapshot import ToolPolicy
from coday.edge.parameters import ListQuery, parameters_of
from runs.api.base import RunCallerView, driven
from runs.inspection import EffectiveAgent, EffectiveTool, hypothetical_context, inspect_now
from runs.services.system_prompt import Layer, Section
from runs.tools.base import ToolKind
from threads.api.schema import Shape


class EffectiveQuery(ListQuery):
    """The parameter of ``GET agents/{slug}/effective/``."""

    thread = serializers.UUIDField(required=False, help_text="As the agent would answer in this conversation.")


class PromptSectionShape(Shape):
    """A part of the system prompt; `layer` says who wrote it, `source` is the slug of the agent or skill."""

    name = serializers.CharField()
    title = serializers.CharField()
    layer = serializers.ChoiceField(choices=get_args(Layer))
    source = serializers.CharField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    text = serializers.CharField()
    tokens = serializers.IntegerField(help_text="Estimated.")
    shortened = serializers.BooleanField()


class EffectiveToolShape(Shape):
    """A tool that the agent can call: built in, or of an MCP server, which a skill may have brought."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=get_args(ToolKind))
    policy = serializers.ChoiceField(choices=get_args(ToolPolicy))
    origin = serializers.ChoiceField(choices=["built-in", "mcp"])
    server = serializers.CharField(required=False, help_text="Slug.")
    skill = serializers.CharField(required=False, help_text="Slug.")
    tokens = serializers.IntegerField(help_text="Estimated.")


class EffectiveSkillShape(Shape):
    """A skill that is active, or that the agent can activate."""

    slug = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["active", "available"])
    activated_by = serializers.ChoiceField(choices=["agent", "model", "person"], required=False)


class NamedAgentShape(Shape):
    """An agent, by name."""

    slug = serializers.CharField()
    name = serializers.CharField()


class DelegateShape(NamedAgentShape):
    """An agent that tasks can be handed to."""

    description = serializers.CharField()


class EffectiveAgentShape(Shape):
    """An agent as it would answer now. `tokens` is the size of prompt and tools together, estimated."""

    agent = NamedAgentShape()
    model = serializers.CharField()
    context_window = serializers.IntegerField()
    tokens = serializers.IntegerField()
    sections = PromptSectionShape(many=True)
    tools = EffectiveToolShape(many=True)
    skills = EffectiveSkillShape(many=True)
    delegates = DelegateShape(many=True)
    notices = serializers.ListField(child=serializers.CharField())


class EffectiveAgentView(RunCallerView):
    """``agents/{slug}/effective/``"""

    @extend_schema(operation_id="agents_effective", parameters=[EffectiveQuery], responses=EffectiveAgentShape)
    def get(self, request: Request, agent_slug: str) -> Response:
        """What an agent would be told and could do if you asked it something now. MCP servers are asked for their tools."""
        query = parameters_of(request.query_params, EffectiveQuery)
        context = hypothetical_context(asker=self.asker, agent=agent_slug, thread_id=query.get("thread"))
        return Response(effective_object(driven(lambda _: inspect_now(context))))


def effective_object(effective: EffectiveAgent) -> dict[str, Any]:
    """An agent as it would answer now, as JSON."""
    agent = effective.agent
    active = [
        {"slug": skill.slug, "name": skill.name, "state": "active", "activated_by": skill.activated_by}
        for skill in effective.active
    ]
    available = [{"slug": skill.slug, "name": skill.name, "state": "available"} for skill in effective.available]
    return {
        "agent": {"slug": agent.slug, "name": agent.name},
        "model": agent.model.slug,
        "context_window": agent.model.context_window,
        "tokens": effective.tokens,
        "sections": [_section(section) for section in effective.prompt.sections],
        "tools": [_tool(tool) for tool in effective.tools],
        "skills": [*active, *available],
        "delegates": [
            {"slug": other.slug, "name": other.name, "description": other.description} for other in agent.delegates
        ],
        "notices": list(effective.notices),
    }


def _section(section: Section) -> dict[str, Any]:
    source = {"source": section.source} if section.source else {}
    return {
        "name": section.name,
        "title": section.title,
        "layer": section.layer,
        **source,
        "text": section.text,
        "tokens": section.tokens,
        "shortened": section.shortened,
    }


def _tool(tool: EffectiveTool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "kind": tool.kind,
        "policy": tool.policy,
        "origin": "mcp" if tool.server else "built-in",
        **({"server": tool.server} if tool.server else {}),
        **({"skill": tool.skill} if tool.skill else {}),
        "tokens": tool.tokens,
    }
