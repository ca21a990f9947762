"""Runs ``@copilotkit/aimock``, a mock model provider that nobody of this project wrote, as a process of its own.

Installed from ``tests/aimock/package-lock.json``; its answers are in ``tests/aimock/fixtures.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import npm

FOLDER = Path(__file__).resolve().parent.parent / "aimock"
_CLI = FOLDER / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
_LISTENING = re.compile(r"listening on (http://\S+)")


@contextmanager
def running_aimock() -> Iterator[str]:
    """Start it on a free port; its base URL for OpenAI and Anthropic, without a trailing slash."""
    npm.install(FOLDER)
    command = ["node", str(_CLI), "--port", "0", "--fixtures", str(FOLDER / "fixtures.json"), "--strict"]
    with npm.running(*command, ready=_LISTENING) as listening:
        yield f"{listening[1]}/v1"
