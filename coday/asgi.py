"""The ASGI application: HTTP to Django, sockets to the consumers."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coday.settings")

_http: Any = get_asgi_application()  # first: it loads the apps that the consumers need
get_resolver().url_patterns  # noqa: B018 - or the first visitor would wait until all addresses are loaded

from coday.edge.bodies import LimitedBodies  # noqa: E402
from runs.routing import websocket_urlpatterns  # noqa: E402
from threads.errors import ImageTooLargeError  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": LimitedBodies(_http, form_error=ImageTooLargeError),
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
