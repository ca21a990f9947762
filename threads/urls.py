"""Addresses of what a thread is by itself. Those of threads as a whole are in ``runs.urls``: deleting one ends its runs."""

from __future__ import annotations

from django.urls import path

from threads.api.views import ImageListView, ImageView

api_urlpatterns = [
    path("threads/<uuid:thread_id>/images/", ImageListView.as_view(), name="thread-images"),
    path("threads/<uuid:thread_id>/images/<uuid:image_id>/", ImageView.as_view(), name="thread-image"),
]
