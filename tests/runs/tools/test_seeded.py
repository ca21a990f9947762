"""The seeded agents name tools that there are."""

from __future__ import annotations

import pytest

from agents.seeds import ASSISTANT, DEMO, SEEDS, Seed
from runs.tools.registry import BUILTIN


@pytest.mark.parametrize("seed", [*SEEDS, DEMO], ids=lambda seed: seed.slug)
def test_a_seeded_agent_names_tools_that_there_are(seed: Seed) -> None:
    assert seed.tools.keys() <= BUILTIN.keys()


def test_the_demo_shows_every_tool() -> None:
    assert DEMO.tools.keys() == BUILTIN.keys()


def test_the_assistant_changes_nothing_without_asking() -> None:
    assert not [name for name, policy in ASSISTANT.tools.items() if BUILTIN[name].traits.changes and policy == "allow"]
