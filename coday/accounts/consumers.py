"""Sockets that open only for a known caller on a page of ours."""

from __future__ import annotations

from django.conf import settings

from coday.accounts.authentication import SUBPROTOCOL, Caller, caller_of_scope
from coday.edge.consumers import BaseConsumer
from coday.edge.csrf import origin_allowed
from coday.kernel.errors import CodayError


class AuthenticatedConsumer(BaseConsumer):
    """Refuses with 403 before the socket opens; then ``open`` decides, and finally ``opened`` may send.

    ``caller`` is set before ``open`` is called. ``open`` raises a ``CodayError`` to refuse.
    """

    caller: Caller

    async def connect(self) -> None:
        """Authenticate, check the Origin, ask ``open``, accept."""
        try:
            caller = await caller_of_scope(self.scope)
            if caller is None or not self._origin_allowed(caller):
                await self.close()
                return
            self.caller = caller
            await self.open()
        except CodayError:
            await self.close()
            return
        await self.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in self.scope.get("subprotocols", ()) else None)
        await self.opened()

    async def open(self) -> None:
        """Check whether this caller may open this socket, and prepare it. Nothing can be sent yet."""

    async def opened(self) -> None:
        """Send the first frames."""

    def _origin_allowed(self, caller: Caller) -> bool:
        return origin_allowed(
            headers=self.scope["headers"],
            allowed_hosts=settings.ALLOWED_HOSTS,
            trusted_origins=settings.CSRF_TRUSTED_ORIGINS,
            missing_allowed=caller.carrier == "bearer",
        )
