"""Measures, in an installation of its own on SQLite, what issue 4 sets targets for, and prints a Markdown table.

The measuring itself (``inside.py``) runs as a process with that installation's settings, against a mock provider in another
one and MCP servers over stdio.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks.__main__ import machine
from benchmarks.coday import install
from benchmarks.targets import running_provider
from benchmarks.tools.figures import Figure

COMMAND = [sys.executable, "-m", "benchmarks.tools.mcp_server"]


def main() -> None:
    """Measure and print."""
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="coday-benchmark-") as directory, running_provider() as provider:
        commands = msgspec.json.encode({"benchmark": COMMAND}).decode()
        services = {"CODAY_MCP_COMMANDS": commands, "CODAY_MCP_CONNECT_SECONDS": "60"}
        installation = install(Path(directory), provider, services=services)
        env = {**os.environ, **installation.env}
        command = [sys.executable, "-m", "benchmarks.tools.inside"]
        told = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    print("|  | median | slowest | target |\n| --- | --- | --- | --- |")
    for figure in msgspec.json.decode(told, type=list[Figure]):
        print(figure.row)


if __name__ == "__main__":
    main()
