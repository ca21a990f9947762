"""An agent as a document: what a file of agents holds, as YAML, a document for each agent (docs/agents.md).

A document is the whole agent: what it does not say is as it is for a new one. Other things are named by their slugs,
groups by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import yaml

from agents.errors import AgentFileError
from agents.snapshot import ToolPolicy
from agents.strict_yaml import Path, YamlDocument, load_documents

EVERYONE = "everyone"
MAX_AGENTS = 200
OTHER_BREAKS = frozenset("\r\x85\u2028\u2029")


class SkillsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Skills that are on from the start, and those that the model may activate."""

    always: tuple[str, ...] = ()
    on_demand: tuple[str, ...] = ()


class LimitsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one run may take: model calls, seconds, cost, and tasks that it hands on, ``depth`` levels deep."""

    iterations: int = 50
    seconds: float | None = None
    cost: Decimal | None = None
    delegations: int = 10
    depth: int = 3


class AgentDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An agent. ``visible_to`` is ``everyone``, or a list of groups."""

    slug: str
    name: str
    icon: str = ""
    description: str = ""
    instructions: str = ""
    suggestions: tuple[str, ...] = ()
    model: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    tools: dict[str, ToolPolicy] = {}
    skills: SkillsOf = SkillsOf()
    mcp_servers: tuple[str, ...] = ()
    delegates: tuple[str, ...] = ()
    limits: LimitsOf = LimitsOf()
    retry_interrupted: bool = False
    visible_to: str | tuple[str, ...] = EVERYONE
    position: Annotated[int, msgspec.Meta(ge=0, le=32_767)] = 100
    enabled: bool = True


class Parsed(msgspec.Struct, frozen=True):
    """A document, and where it comes from."""

    agent: AgentDocument
    source: YamlDocument

    def refusal(self, problem: str, *, path: Path) -> AgentFileError:
        """An error about what stands at this path."""
        return _refusal(self.source, problem, path=path)


def parse_agents(text: str) -> tuple[Parsed, ...]:
    """The agents of a file.

    Raises:
        AgentFileError: it is no YAML, has a field that an agent has not, or a value of another type; the message names the
            line. What the values mean is looked at by ``agents.exchange``.
    """
    documents = load_documents(text)
    if not documents:
        raise AgentFileError("There is no agent in the file.")
    if len(documents) > MAX_AGENTS:
        raise AgentFileError(f"There are more than {MAX_AGENTS} agents in the file.", details={"limit": MAX_AGENTS})
    parsed = tuple(_parse(document) for document in documents)
    seen: set[str] = set()
    for one in parsed:
        if one.agent.slug in seen:
            raise one.refusal(f"the agent “{one.agent.slug}” is there twice", path=("slug",))
        seen.add(one.agent.slug)
    return parsed


def dump_agents(agents: Iterable[AgentDocument]) -> str:
    """The agents as a file. ``parse_agents`` reads the same from it."""
    return "\n---\n".join(_dump(agent) for agent in agents) + "\n"


def _parse(document: YamlDocument) -> Parsed:
    try:
        agent = msgspec.convert(document.data, AgentDocument)
    except msgspec.ValidationError as error:
        problem, path = _understood(str(error))
        raise _refusal(document, problem, path=path) from error
    if isinstance(agent.visible_to, str) and agent.visible_to != EVERYONE:
        raise _refusal(document, f"it is “{EVERYONE}” or a list of groups", path=("visible_to",))
    return Parsed(agent, document)


def _understood(message: str) -> tuple[str, Path]:
    """What msgspec says, and where: "Expected `str`, got `int` - at `$.skills.always[0]`"."""
    problem, _, place = message.partition(" - at `$")
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", place)
    path: Path = tuple(int(index) if index else name for name, index in steps)
    named = re.fullmatch(r"Object (contains unknown|missing required) field `(.*)`", problem, re.DOTALL)
    if named is None:
        return problem.replace("`", ""), path
    if named[1] == "missing required":
        return f"the field “{named[2]}” is missing", path
    return "there is no such field", (*path, named[2])


def _refusal(document: YamlDocument, problem: str, *, path: Path) -> AgentFileError:
    line, field = document.line(path), ".".join(map(str, path))
    where = f"{field}: " if field else ""
    return AgentFileError(f"Line {line}: {where}{problem}.", details={"line": line, "field": field})


class _Dumper(yaml.SafeDumper):
    """Long texts as they are, line by line."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = (
        '"' if OTHER_BREAKS & set(text) else "|" if "\n" in text else None
    )  # only quoted are those written as they are
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _dump(agent: AgentDocument) -> str:
    plain: dict[str, Any] = msgspec.to_builtins(agent)
    shown = {name: value for name, value in plain.items() if value not in ({}, [], ())}
    if agent.visible_to == ():
        shown["visible_to"] = []
    text: str = yaml.dump(shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.rstrip("\n")
