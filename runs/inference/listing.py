"""The names of a provider's models, which OpenAI's and Anthropic's protocols list alike. It is the connection test, too."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import msgspec

from agents.snapshot import ProviderSnapshot
from runs.errors import ProviderProtocolError
from runs.inference.exchange import get_document


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model] | None  # Ollama says null for none


_decode = msgspec.json.Decoder(_Models).decode


async def list_models(
    client: httpx.AsyncClient,
    provider: ProviderSnapshot,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """The names, sorted. Raises as ``exchange.get_document`` does, or ``ProviderProtocolError`` for what is no list."""
    body = await get_document(client, provider, "models", headers=headers, params=params)
    try:
        models = _decode(body).data or ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderProtocolError(details={"provider": provider.slug}) from error
    return tuple(sorted(model.id for model in models))
