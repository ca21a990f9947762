"""Tools whose calls go on after their run: they answer "in progress", and a system run brings the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from runs.tools.background.http_job import HttpJob, ListJobEndpoints, ask_how_it_goes
from runs.tools.background.protocol import Outcome
from runs.tools.background.remind_me import RemindMe
from runs.tools.base import Tool

BACKGROUND_TOOLS: tuple[Tool, ...] = (RemindMe(), HttpJob(), ListJobEndpoints())

Poller: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Outcome | None]]
POLLERS: Mapping[str, Poller] = {"http_job": ask_how_it_goes}
"""How an operation of a tool is asked for its end, by the tool's name: takes the operation's state, gives ``None`` while it
goes on."""
