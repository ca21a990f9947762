"""Servers of one protocol differ in a few request fields: what was learned of each model's server from its refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, Self, TypeVar

from agents.snapshot import ProviderSnapshot
from runs.errors import ProviderRequestError
from runs.inference.base import InferenceRequest
from runs.inference.exchange import Answer


class Dialect(Protocol):
    """A frozen value that says which request fields a server takes."""

    def without(self, refused: str) -> Self:
        """The dialect of a server that refused a request in these words; unchanged if they name none of the fields."""
        ...


D = TypeVar("D", bound=Dialect)


class Dialects(Generic[D]):
    """Opens answers in the dialect of each model's server.

    Args:
        guess: the dialect to begin with at a provider.
        send: one attempt to open an answer.
    """

    def __init__(
        self, guess: Callable[[ProviderSnapshot], D], send: Callable[[InferenceRequest, D], Awaitable[Answer]]
    ) -> None:
        self._guess = guess
        self._send = send
        self._learned: dict[tuple[str, str], D] = {}

    async def open(self, request: InferenceRequest) -> Answer:
        """Open an answer; a refusal that names one of the fields is obeyed, once, and remembered if that helped."""
        model = (request.model.provider.base_url, request.model.name)
        dialect = self._learned.get(model) or self._guess(request.model.provider)
        try:
            return await self._send(request, dialect)
        except ProviderRequestError as refusal:
            other = dialect.without(refusal.message)
            if other == dialect:
                raise
            try:
                answer = await self._send(request, other)
            except ProviderRequestError:
                raise refusal from None  # the field was named for another reason
        self._learned[model] = other
        return answer
