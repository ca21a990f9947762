"""Admin of runs, of what puts them in order, of what goes on after them, and of what needs the engine to be set up."""

from runs.admin import (
    agents,
    background,
    feedback,
    notifications,
    organize,
    providers,
    retention,
    reuse,
    runs,
    servers,
    sharing,
)

__all__ = [
    "agents",
    "background",
    "feedback",
    "notifications",
    "organize",
    "providers",
    "retention",
    "reuse",
    "runs",
    "servers",
    "sharing",
]
