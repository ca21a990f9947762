"""Addresses of the chat page, of runs, and of threads with their runs."""

from __future__ import annotations

from django.urls import path

from runs.api.runs import CancelView, RerunView, RetryView, RunListView, RunView, ThreadRunListView
from runs.api.streams import by_accept, stream_new_run, stream_thread
from runs.api.threads import EventListView, MessageListView, ThreadListView, ThreadView
from runs.web import chat

api_urlpatterns = [
    path("threads/", ThreadListView.as_view()),
    path("threads/<uuid:thread_id>/", ThreadView.as_view()),
    path("threads/<uuid:thread_id>/messages/", MessageListView.as_view()),
    path(
        "threads/<uuid:thread_id>/runs/",
        by_accept(ThreadRunListView.as_view(), method="POST", stream=stream_new_run),
    ),
    path(
        "threads/<uuid:thread_id>/events/",
        by_accept(EventListView.as_view(), method="GET", stream=stream_thread),
    ),
    path("runs/", RunListView.as_view()),
    path("runs/<uuid:run_id>/", RunView.as_view()),
    path("runs/<uuid:run_id>/cancel/", CancelView.as_view()),
    path("runs/<uuid:run_id>/retry/", RetryView.as_view()),
    path("runs/<uuid:run_id>/rerun/", RerunView.as_view()),
]

urlpatterns = [
    path("", chat, name="chat"),
    path("threads/<uuid:thread_id>/", chat, name="chat-thread"),
]
