"""Agents in and out of files: rows to documents, and documents to rows, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet

from agents.documents import EVERYONE, AgentDocument, LimitsOf, Parsed, SkillsOf, dump_agents, parse_agents
from agents.models import Agent, AgentSkill, LanguageModel
from agents.strict_yaml import Path
from skills.models import McpServer
from skills.queries import site_skills

# Where a document has the values of the row's fields that are called something else there.
_PLACES: Mapping[str, Path] = {
    "language_model": ("model",),
    "max_iterations": ("limits", "iterations"),
    "max_seconds": ("limits", "seconds"),
    "max_cost": ("limits", "cost"),
    "max_delegations": ("limits", "delegations"),
    "max_depth": ("limits", "depth"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Slugs of the agents that were made and of those that were changed."""

    created: tuple[str, ...]
    updated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What documents may name, as keys of rows: by slug, groups by name."""

    models: Mapping[str, UUID]
    skills: Mapping[str, UUID]
    servers: Mapping[str, UUID]
    groups: Mapping[str, int]
    agents: Mapping[str, Agent]

    @classmethod
    def read(cls) -> Known:
        """Everything that is there now."""
        return cls(
            models=dict(LanguageModel.objects.values_list("slug", "pk")),
            skills=dict(site_skills().values_list("slug", "pk")),
            servers=dict(McpServer.objects.values_list("slug", "pk")),
            groups=dict(Group.objects.values_list("name", "pk")),
            agents={agent.slug: agent for agent in Agent.objects.all()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The file that agents belong to, if any."""

    file: str = ""
    digest: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The row's fields that say so."""
        source = Agent.Source.FILE if self.file else Agent.Source.ADMIN
        return {"source": source, "file": self.file, "file_digest": self.digest}


# --- Out ------------------------------------------------------------------------------------------------------------


def export_agents(agents: QuerySet[Agent]) -> str:
    """These agents as a file."""
    rows = agents.select_related("language_model").prefetch_related(
        "mcp_servers", "delegates", "groups", Prefetch("agent_skills", AgentSkill.objects.select_related("skill"))
    )
    return dump_agents(_document(row) for row in rows)


def _document(row: Agent) -> AgentDocument:
    equipped = sorted((one.skill.slug, one.always) for one in row.agent_skills.all())
    return AgentDocument(
        slug=row.slug,
        name=row.name,
        icon=row.icon,
        description=row.description,
        instructions=row.instructions,
        suggestions=tuple(row.suggestions),
        model=row.language_model.slug if row.language_model else "",
        temperature=row.temperature,
        top_p=row.top_p,
        max_output_tokens=row.max_output_tokens,
        tools=dict(sorted(row.tools.items())),
        skills=SkillsOf(
            always=tuple(slug for slug, always in equipped if always),
            on_demand=tuple(slug for slug, always in equipped if not always),
        ),
        mcp_servers=tuple(sorted(server.slug for server in row.mcp_servers.all())),
        delegates=tuple(sorted(other.slug for other in row.delegates.all())),
        limits=LimitsOf(
            iterations=row.max_iterations,
            seconds=row.max_seconds,
            cost=row.max_cost.normalize() if row.max_cost is not None else None,
            delegations=row.max_delegations,
            depth=row.max_depth,
        ),
        retry_interrupted=row.retry_interrupted,
        visible_to=EVERYONE if row.everyone else tuple(sorted(group.name for group in row.groups.all())),
        position=row.position,
        enabled=row.enabled,
    )


# --- In -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def import_agents(text: str, *, dry_run: bool = False) -> Imported:
    """Make and change agents as a file says, by their slugs: all or none. A ``dry_run`` only says what would be done.

    Raises:
        AgentFileError: a document that does not fit; the message names its line.
    """
    parsed = parse_agents(text)
    known = Known.read()
    slugs = {one.agent.slug for one in parsed}
    for one in parsed:
        row = known.agents.get(one.agent.slug)
        if row is not None and row.source == Agent.Source.FILE:
            raise one.refusal(f"this agent belongs to the file {row.file or 'that it came from'}", path=("slug",))
        check(one, known=known, agents=slugs | known.agents.keys())
    if not dry_run:
        write([(one, Origin()) for one in parsed], known=known)
    return Imported(
        created=tuple(sorted(slugs - known.agents.keys())), updated=tuple(sorted(slugs & known.agents.keys()))
    )


def check(one: Parsed, *, known: Known, agents: Iterable[str]) -> None:
    """Whether a document can be written: what it names is there, and its values are allowed.

    Args:
        agents: the slugs that delegates may have: those that are there, or will be.

    Raises:
        AgentFileError
    """
    agent, others = one.agent, set(agents) - {one.agent.slug}
    if agent.slug in agent.delegates:
        raise one.refusal("an agent hands no task to itself", path=("delegates", agent.delegates.index(agent.slug)))
    if agent.model:
        _check_names(one, (agent.model,), known.models, "model", path=("model",), is_list=False)
    _check_names(one, agent.skills.always, known.skills, "skill", path=("skills", "always"))
    _check_names(one, agent.skills.on_demand, known.skills, "skill", path=("skills", "on_demand"))
    both = sorted(set(agent.skills.always) & set(agent.skills.on_demand))
    if both:
        raise one.refusal(f"the skill “{both[0]}” is always on and on demand", path=("skills",))
    _check_names(one, agent.mcp_servers, known.servers, "MCP server", path=("mcp_servers",))
    _check_names(one, agent.delegates, others, "agent", path=("delegates",))
    if not isinstance(agent.visible_to, str):
        _check_names(one, agent.visible_to, known.groups, "group", path=("visible_to",))
    try:
        Agent(**_values(agent, known)).clean_fields(exclude={"language_model"})
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise one.refusal(problems[0].rstrip("."), path=_PLACES.get(name, (name,))) from error


def _check_names(
    one: Parsed, names: Sequence[str], there: Iterable[str], kind: str, *, path: Path, is_list: bool = True
) -> None:
    available = set(there)
    for index, name in enumerate(names):
        where = (*path, index) if is_list else path
        if name not in available:
            raise one.refusal(f"there is no {kind} “{name}”", path=where)
        if name in names[:index]:
            raise one.refusal(f"“{name}” is there twice", path=where)


def write(documents: Sequence[tuple[Parsed, Origin]], *, known: Known) -> None:
    """Write checked documents, first the agents and then what they name, for they may name each other."""
    rows = dict(known.agents)
    for one, origin in documents:
        row = rows.setdefault(one.agent.slug, Agent())
        for name, value in {**_values(one.agent, known), **origin.fields}.items():
            setattr(row, name, value)
        row.save()
    for one, _ in documents:
        _write_relations(rows[one.agent.slug], one.agent, known=known, rows=rows)


def _write_relations(row: Agent, agent: AgentDocument, *, known: Known, rows: Mapping[str, Agent]) -> None:
    row.mcp_servers.set([known.servers[slug] for slug in agent.mcp_servers])  # type: ignore[misc]  # keys will do
    row.delegates.set([rows[slug] for slug in agent.delegates])
    groups = () if isinstance(agent.visible_to, str) else agent.visible_to
    row.groups.set([known.groups[name] for name in groups])
    wanted = {known.skills[slug]: True for slug in agent.skills.always}
    wanted |= {known.skills[slug]: False for slug in agent.skills.on_demand}
    for equipped in row.agent_skills.exclude(skill__in=list(wanted)):
        equipped.delete()
    for skill, always in wanted.items():
        AgentSkill.objects.update_or_create(agent=row, skill_id=skill, defaults={"always": always})


def _values(agent: AgentDocument, known: Known) -> dict[str, Any]:
    """The fields of the row, without its relations."""
    return {
        "slug": agent.slug,
        "name": agent.name,
        "icon": agent.icon,
        "description": agent.description,
        "instructions": agent.instructions,
        "suggestions": list(agent.suggestions),
        "language_model_id": known.models[agent.model] if agent.model else None,
        "temperature": agent.temperature,
        "top_p": agent.top_p,
        "max_output_tokens": agent.max_output_tokens,
        "tools": dict(agent.tools),
        "max_iterations": agent.limits.iterations,
        "max_seconds": agent.limits.seconds,
        "max_cost": agent.limits.cost,
        "max_delegations": agent.limits.delegations,
        "max_depth": agent.limits.depth,
        "retry_interrupted": agent.retry_interrupted,
        "everyone": agent.visible_to == EVERYONE,
        "position": agent.position,
        "enabled": agent.enabled,
    }
