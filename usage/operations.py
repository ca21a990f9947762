"""Writes: one row per model call, priced when it is written, so that a later price changes no old bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from coday.kernel.prepared import PreparedInsert
from usage.models import UsageRecord

PER_MILLION = Decimal(1_000_000)

_insert = PreparedInsert(UsageRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices per million tokens, ``None`` where unknown. Cached input without its own price costs what input costs."""

    input_price: Decimal | None = None
    cached_input_price: Decimal | None = None
    output_price: Decimal | None = None
    currency: str = "USD"


def record(
    *,
    user_id: UUID,
    username: str,
    thread_id: UUID,
    run_id: UUID,
    purpose: str,
    agent: str,
    model: str,
    provider: str,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int,
    reasoning_tokens: int,
    prices: Prices,
    estimated: bool = False,
    complete: bool = True,
    started_at: datetime | None = None,
    first_token_at: datetime | None = None,
) -> None:
    """Write down what one model call cost.

    Args:
        purpose: one of ``UsageRecord.Purpose``.
        agent, model, provider: slugs.
        input_tokens, output_tokens: include the cached and the reasoning ones.
        estimated: the provider told no figures.
        complete: the call ran to its end; an interrupted one costs too.
        started_at, first_token_at: when the call began, and the model to speak; it ends now.
    """
    row = UsageRecord(
        user_id=user_id,
        username=username,
        thread_id=thread_id,
        run_id=run_id,
        purpose=purpose,
        agent=agent,
        model=model,
        provider=provider,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached_tokens,
        reasoning_tokens=reasoning_tokens,
        estimated=estimated,
        complete=complete,
        started_at=started_at,
        first_token_at=first_token_at,
        cost=cost_of(prices, input_tokens=input_tokens, output_tokens=output_tokens, cached_tokens=cached_tokens),
        currency=prices.currency,
    )
    _insert(row)


def cost_of(prices: Prices, *, input_tokens: int, output_tokens: int, cached_tokens: int) -> Decimal | None:
    """The price of one call in ``prices.currency``, or ``None`` where a price is unknown: unknown is not free."""
    if prices.input_price is None or prices.output_price is None:
        return None
    cached_price = prices.input_price if prices.cached_input_price is None else prices.cached_input_price
    cached = min(cached_tokens, input_tokens)
    total = (input_tokens - cached) * prices.input_price + cached * cached_price + output_tokens * prices.output_price
    return total / PER_MILLION


def pseudonymise(*, user_id: UUID, pseudonym_id: UUID, pseudonym: str) -> int:
    """Have the bills of a person who is gone name nobody, and no conversation; figures stay. Returns how many there were.

    Part of the caller's transaction.
    """
    records = UsageRecord.objects.filter(user_id=user_id)
    return records.update(user_id=pseudonym_id, username=pseudonym, thread_id=pseudonym_id)
