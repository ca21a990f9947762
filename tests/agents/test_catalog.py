"""First values of a model's row."""

from __future__ import annotations

import pytest

from agents.catalog import UNKNOWN_WINDOW, Abilities, abilities_of, describe, worth_offering


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o-mini", Abilities(vision=True, tools=True)),
        ("gpt-4.1", Abilities(vision=True, tools=True)),
        ("gpt-5.4", Abilities(vision=True, tools=True, reasoning=True)),
        ("o3-mini", Abilities(tools=True, reasoning=True)),
        ("claude-3-5-haiku-latest", Abilities(vision=True, tools=True, output_limit=8_192)),
        ("anthropic/claude-sonnet-4-6", Abilities(vision=True, tools=True, reasoning=True, output_limit=32_000)),
        ("models/gemini-2.5-pro", Abilities(vision=True, tools=True, reasoning=True)),
        ("llama3.2:3b", Abilities(tools=True)),
        ("house-model", Abilities(tools=True)),
    ],
)
def test_abilities(name: str, expected: Abilities) -> None:
    assert abilities_of(name) == expected


def test_prices_hold_at_their_own_address_only() -> None:
    own = describe("gpt-4o", base_url="https://api.openai.com/v1")
    elsewhere = describe("gpt-4o", base_url="http://127.0.0.1:9/v1")
    assert own.input_price
    assert own.output_price
    assert (elsewhere.input_price, elsewhere.output_price) == (None, None)
    assert own.context_window == elsewhere.context_window == 128_000


def test_what_the_server_says_counts_first() -> None:
    assert describe("gpt-4o", base_url="http://127.0.0.1:9/v1", context_window=999).context_window == 999
    assert describe("house-model", base_url="http://127.0.0.1:9/v1").context_window == UNKNOWN_WINDOW


def test_what_cannot_chat_is_not_offered() -> None:
    listed = ["text-embedding-3-small", "house-chat", "whisper-1", "dall-e-3", "other"]
    assert worth_offering(listed, base_url="http://127.0.0.1:9/v1", limit=9) == ["house-chat", "other"]
    assert worth_offering(listed, base_url="http://127.0.0.1:9/v1", limit=1) == ["house-chat"]
    assert worth_offering(["gpt-4o", "x"], base_url="https://api.openai.com/v1", limit=9) == ["gpt-4o"]
