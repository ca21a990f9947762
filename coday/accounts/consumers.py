"""Sockets that open only for a known caller on a page of ours, and close when that caller's credential ends."""

from __future__ import annotations

import asyncio

from django.conf import settings

from coday.accounts.authentication import SUBPROTOCOL, Caller, caller_of_scope
from coday.accounts.limits import count_request
from coday.edge.consumers import BaseConsumer, error_frame, glimpse_ref
from coday.edge.csrf import origin_allowed
from coday.edge.limits import RateLimitedError
from coday.kernel.database import DATABASE_AWAY
from coday.kernel.errors import CodayError, UnavailableError

CREDENTIALS_GONE = 4401
REJOIN = 1012
RECHECK_SECONDS = 4.0


class AuthenticatedConsumer(BaseConsumer):
    """Refuses with 403 before the socket opens; then ``open`` decides, and finally ``opened`` may send.

    ``caller`` is set before ``open`` is called. ``open`` raises a ``CodayError`` to refuse. The credential is looked at
    again for every frame, and every few seconds for a socket that only listens.
    """

    caller: Caller
    _rechecks: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Authenticate, check the Origin, count, ask ``open``, accept."""
        try:
            caller = await caller_of_scope(self.scope)
            if caller is None or not self._origin_allowed(caller):
                await self.close()
                return
            self.caller = caller
            count_request(user_id=caller.user.pk, token_id=caller.token_id)
            await self.open()
        except (CodayError, *DATABASE_AWAY):
            await self.close()
            return
        await self.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in self.scope.get("subprotocols", ()) else None)
        self._rechecks = asyncio.create_task(self._recheck())
        await self.opened()

    async def disconnect(self, code: int) -> None:
        """The socket is closed."""
        if self._rechecks:
            self._rechecks.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame of a caller who is still who they were, and does not send too many."""
        try:
            count_request(user_id=self.caller.user.pk, token_id=self.caller.token_id)  # first: it costs least
        except RateLimitedError as error:
            await self.send_frame(error_frame(error, ref=glimpse_ref(text_data)))
            return
        try:
            good = await self._is_still_good()
        except DATABASE_AWAY:
            await self.send_frame(error_frame(UnavailableError(), ref=glimpse_ref(text_data)))
            return
        if good:
            await super().receive(text_data, bytes_data)
        else:
            await self.close(CREDENTIALS_GONE)

    async def _recheck(self) -> None:
        """Close when the credential has ended, or when nobody can tell for so long that it may have."""
        away = False
        while True:
            try:
                good, away = await self._is_still_good(), False
            except DATABASE_AWAY:
                good, away = not away, True
            if not good:
                await self.close(REJOIN if away else CREDENTIALS_GONE)
                return
            await asyncio.sleep(RECHECK_SECONDS)

    async def _is_still_good(self) -> bool:
        try:
            caller = await caller_of_scope(self.scope)
        except CodayError:
            return False
        return caller is not None and caller.user.pk == self.caller.user.pk

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
