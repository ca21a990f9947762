"""Addresses of the chat page, of runs, and of threads with their runs."""

from __future__ import annotations

from django.urls import path

from runs.api.runs import CancelView, RerunView, RetryView, RunListView, RunView, ThreadRunListView
from runs.api.streams import by_accept, stream_new_run, stream_thread
from runs.api.threads import EventListView, MessageListView, ThreadListView, ThreadView
from runs.web import chat, healthz, metrics, readyz

api_urlpatterns = [
    path("threads/", ThreadListView.as_view(), name="threads"),
    path("threads/<uuid:thread_id>/", ThreadView.as_view(), name="thread"),
    path("threads/<uuid:thread_id>/messages/", MessageListView.as_view(), name="thread-messages"),
    path(
        "threads/<uuid:thread_id>/runs/",
        by_accept(ThreadRunListView.as_view(), method="POST", stream=stream_new_run),
        name="thread-runs",
    ),
    path(
        "threads/<uuid:thread_id>/events/",
        by_accept(EventListView.as_view(), method="GET", stream=stream_thread),
        name="thread-events",
    ),
    path("runs/", RunListView.as_view(), name="runs"),
    path("runs/<uuid:run_id>/", RunView.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel/", CancelView.as_view(), name="run-cancel"),
    path("runs/<uuid:run_id>/retry/", RetryView.as_view(), name="run-retry"),
    path("runs/<uuid:run_id>/rerun/", RerunView.as_view(), name="run-rerun"),
]

urlpatterns = [
    path("", chat, name="chat"),
    path("threads/<uuid:thread_id>/", chat, name="chat-thread"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
