"""The sockets' addresses."""

from django.urls import path, re_path

from coday.edge.consumers import UnknownSocket
from runs.consumers import ThreadConsumer, ThreadListConsumer

websocket_urlpatterns = [
    path("ws/threads/", ThreadListConsumer.as_asgi()),
    path("ws/threads/<uuid:thread_id>/", ThreadConsumer.as_asgi()),
    re_path("", UnknownSocket.as_asgi()),
]
