"""What is known about models by their name: window, prices and abilities, as first values that an admin may correct.

Windows and prices come from the data inside ``genai-prices``, without a network; abilities from the families below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, TieredPrices

UNKNOWN_WINDOW = 32_768
MAX_LABEL_CHARS = 100
OWN_MODELS = {  # of the providers' own servers, the most useful first
    "api.openai.com": ("gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-4.1", "gpt-4o"),
    "api.anthropic.com": ("claude-sonnet-4-6", "claude-opus-4-6", "claude-haiku-4-5"),
}
_NO_CHAT = re.compile(
    r"embed|whisper|tts|transcribe|audio|realtime|moderation|dall-e|image|sora|rerank|davinci|babbage|instruct-beta|live"
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model takes and does beside text."""

    vision: bool = False
    tools: bool = False
    reasoning: bool = False
    output_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """First values of a model's row. Prices are US dollars per million tokens, ``None`` where nobody knows them."""

    label: str
    context_window: int
    abilities: Abilities
    input_price: Decimal | None = None
    cached_input_price: Decimal | None = None
    output_price: Decimal | None = None


_FAMILIES: tuple[tuple[str, Abilities], ...] = (
    (r"claude-(opus|sonnet|haiku|fable|mythos)-\d", Abilities(True, True, True, 32_000)),
    (r"claude-3-7", Abilities(True, True, True, 32_000)),
    (r"claude-3-5", Abilities(True, True, False, 8_192)),
    (r"claude-3", Abilities(True, True, False, 4_096)),
    (r"gpt-oss", Abilities(tools=True, reasoning=True)),
    (r"gpt-[5-9]", Abilities(True, True, True)),
    (r"(gpt-4o|gpt-4\.1|gpt-4\.5|gpt-4-turbo|chatgpt-4o)", Abilities(True, True)),
    (r"gpt-(4|3\.5)", Abilities(tools=True)),
    (r"o[134]-mini", Abilities(tools=True, reasoning=True)),
    (r"o[134]\b", Abilities(True, True, True)),
    (r"gemini-(2\.5|[3-9])", Abilities(True, True, True)),
    (r"gemini", Abilities(True, True)),
    (r"grok-[4-9]", Abilities(True, True, True)),
    (r"grok", Abilities(tools=True)),
    (r"deepseek-r|qwq|magistral", Abilities(reasoning=True)),
    (r"deepseek", Abilities(tools=True)),
    (r"qwen.*vl|pixtral|mistral-(small|medium)|llama-?4", Abilities(True, True)),
    (r"qwen3", Abilities(tools=True, reasoning=True)),
    (r"llama-?3\.2-vision|llava|gemma-?3|moondream|minicpm-v", Abilities(vision=True)),
    (r"qwen|mistral|mixtral|ministral|codestral|devstral|llama-?3\.[1-9]|command-r", Abilities(tools=True)),
)


def describe(name: str, *, base_url: str, context_window: int | None = None) -> ModelFacts:
    """What is known about a model.

    Args:
        name: the provider's id for it.
        base_url: of the provider. Prices hold for the known providers' own addresses only: the same weights elsewhere
            cost something else, or nothing.
        context_window: what the server itself said about it.
    """
    label = name.rpartition("/")[2][:MAX_LABEL_CHARS]
    known = _known(name, base_url)
    if known is None:
        return ModelFacts(
            label=label, context_window=context_window or _window_elsewhere(name), abilities=abilities_of(name)
        )
    prices = known.get_prices(datetime.now(UTC))
    return ModelFacts(
        label=known.name if known.name and known.name[0].isupper() else label,
        context_window=context_window or known.context_window or UNKNOWN_WINDOW,
        abilities=abilities_of(name),
        input_price=_base_price(prices.input_mtok),
        cached_input_price=_base_price(prices.cache_read_mtok),
        output_price=_base_price(prices.output_mtok),
    )


def abilities_of(name: str) -> Abilities:
    """By family. Of others it is assumed that they call tools, as nearly all do now: a server that refuses them says so, and
    its adapter goes on without. Nothing else is assumed until an admin says so."""
    bare = name.lower().rpartition("/")[2]
    return next((abilities for pattern, abilities in _FAMILIES if re.match(pattern, bare)), Abilities(tools=True))


def worth_offering(names: list[str], *, base_url: str, limit: int) -> list[str]:
    """Of the models that a server lists, those to begin with: our choice for known providers, else what can chat."""
    known = OWN_MODELS.get(urlsplit(base_url).netloc, ())
    if known and not names:
        return list(known)  # it could not be asked
    return [name for name in known if name in names] or [name for name in names if not _NO_CHAT.search(name.lower())][
        :limit
    ]


def _known(name: str, base_url: str) -> ModelInfo | None:
    try:
        return get_snapshot().find_provider_model(name, None, None, base_url)[1]
    except LookupError:
        return None


def _window_elsewhere(name: str) -> int:
    """The window of a model of this name at whichever provider is known for it."""
    try:
        known = get_snapshot().find_provider_model(name.rpartition("/")[2], None, None, None)[1]
    except LookupError:
        return UNKNOWN_WINDOW
    return known.context_window or UNKNOWN_WINDOW


def _base_price(price: Decimal | TieredPrices | None) -> Decimal | None:
    return price.base if isinstance(price, TieredPrices) else price
