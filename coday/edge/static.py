"""Static files: their addresses hold a version, so that a page gets all its modules from one, and browsers keep them."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware

_ADDRESS = re.compile(r"/static/(?:[0-9a-f]{12}/)?(?P<name>.+)")


class StaticFilesMiddleware(ServeStaticMiddleware):  # type: ignore[misc]  # it has no types
    """Serves them. At the address of another version, or of none, there is this version's file, which nobody may keep: while
    servers are being replaced, the new ones are asked for what pages of the old ones name, and the other way round."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Django's contract."""
        current = self._current_address(request.path_info)
        response: HttpResponseBase
        if current is None:
            response = await super().__call__(request)
        else:
            response = await self.aserve(self.files[current], request)
            response["Cache-Control"] = "no-store"
        return response

    def _current_address(self, path: str) -> str | None:
        """Where in this version the file is that was asked for in another one."""
        address = _ADDRESS.fullmatch(path)
        if address is None or path in self.files:
            return None
        current = f"{self.static_prefix}{address['name']}"
        return current if current in self.files else None
