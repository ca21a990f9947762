"""The commands of stdio servers: what an operator allows in ``CODAY_MCP_COMMANDS``, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runs.tools.mcp.errors import McpCommandsError


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and what is added to the few variables of the environment that it inherits."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_commands(setting: Any) -> Mapping[str, Command]:
    """The setting's commands by name: each a list of arguments, or ``{"command": [...], "env": {...}}``.

    Raises:
        McpCommandsError: it is something else.
    """
    if not isinstance(setting, dict):
        raise McpCommandsError("CODAY_MCP_COMMANDS has to be a JSON object of names and commands.")
    return {str(name): _command(str(name), value) for name, value in setting.items()}


def _command(name: str, value: Any) -> Command:
    arguments, environment = (value.get("command"), value.get("env", {})) if isinstance(value, dict) else (value, {})
    if not _is_texts(arguments) or not arguments:
        raise McpCommandsError(f"The command {name!r} in CODAY_MCP_COMMANDS has to be a list of texts.")
    if not isinstance(environment, dict) or not _is_texts(list(environment.values())):
        raise McpCommandsError(f"The env of {name!r} in CODAY_MCP_COMMANDS has to be an object of texts.")
    return Command(tuple(arguments), dict(environment))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) and "\0" not in entry for entry in value)
