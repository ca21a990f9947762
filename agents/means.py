"""Reads what an agent brings along: its skills, its MCP servers, and the agents that it may hand tasks to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from agents.models import Agent, AgentSkill
from agents.snapshot import DelegateReference
from coday.kernel.crypto import UnreadableSecretError
from skills.errors import McpHeadersUnreadableError
from skills.mcp import mcp_server_snapshot
from skills.queries import usable_skills
from skills.snapshot import McpServerSnapshot, SkillReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run of one person's can use of an agent's means."""

    always_skills: tuple[str, ...]
    available_skills: tuple[SkillReference, ...]
    mcp_servers: tuple[McpServerSnapshot, ...]
    delegates: tuple[DelegateReference, ...]


def means_of(agent: Agent, *, user_id: UUID | None, delegates: QuerySet[Agent]) -> Means:
    """Three queries. ``delegates`` are the agents that this person may choose; the agent itself is none.

    Raises:
        McpHeadersUnreadableError: an MCP server's headers need to be entered again.
    """
    equipped = AgentSkill.objects.filter(agent=agent, skill__in=usable_skills(user_id=user_id))
    rows = list(equipped.select_related("skill").order_by("skill__slug"))
    others = delegates.filter(delegators=agent).exclude(pk=agent.pk).order_by("slug")
    return Means(
        always_skills=tuple(row.skill.slug for row in rows if row.always),
        available_skills=tuple(_reference(row) for row in rows if not row.always),
        mcp_servers=_servers_of(agent),
        delegates=tuple(
            DelegateReference(slug=slug, name=name, description=description)
            for slug, name, description in others.values_list("slug", "name", "description")
        ),
    )


def _reference(row: AgentSkill) -> SkillReference:
    return SkillReference(slug=row.skill.slug, name=row.skill.name, trigger=row.skill.trigger)


def _servers_of(agent: Agent) -> tuple[McpServerSnapshot, ...]:
    try:
        return tuple(mcp_server_snapshot(row) for row in agent.mcp_servers.filter(enabled=True).order_by("slug"))
    except UnreadableSecretError as error:
        raise McpHeadersUnreadableError from error
