"""Measures inside of an installation, whose settings are in the environment; prints the figures as JSON."""

from __future__ import annotations

import django

django.setup()

import msgspec  # noqa: E402
import uvloop  # noqa: E402

from benchmarks.tools import calls, equipment, window  # noqa: E402
from benchmarks.tools.figures import Figure  # noqa: E402


async def measure() -> list[Figure]:
    """All figures, one after the other."""
    return [*await calls.measure(), *await equipment.measure(), *await window.measure()]


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(measure())).decode())
