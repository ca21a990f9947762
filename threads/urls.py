"""Addresses of what a thread is by itself. Those of threads as a whole are in ``runs.urls``: deleting one ends its runs."""

from __future__ import annotations

from django.urls import path

from threads.api.folders import FolderListView, FolderView
from threads.api.masks import MaskListView
from threads.api.skills import ThreadSkillListView, ThreadSkillView
from threads.api.views import ImageListView, ImageView

api_urlpatterns = [
    path("threads/<uuid:thread_id>/images/", ImageListView.as_view(), name="thread-images"),
    path("threads/<uuid:thread_id>/images/<uuid:image_id>/", ImageView.as_view(), name="thread-image"),
    path("threads/<uuid:thread_id>/masks/", MaskListView.as_view(), name="thread-masks"),
    path("thread-folders/", FolderListView.as_view(), name="thread-folders"),
    path("thread-folders/<uuid:folder_id>/", FolderView.as_view(), name="thread-folder"),
    path("threads/<uuid:thread_id>/skills/", ThreadSkillListView.as_view(), name="thread-skills"),
    path("threads/<uuid:thread_id>/skills/<slug:skill_slug>/", ThreadSkillView.as_view(), name="thread-skill"),
]
