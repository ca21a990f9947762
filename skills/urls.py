"""Addresses of skills and their sources, below the API's root. Those of the skills of a thread are in ``threads.urls``."""

from __future__ import annotations

from django.urls import path

from skills import api

api_urlpatterns = [
    path("skills/", api.Skills.as_view(), name="skills"),
    path("skills/<slug:skill_slug>/", api.OneSkill.as_view(), name="skill"),
    path("skills/<slug:skill_slug>/sources/", api.Sources.as_view(), name="skill-sources"),
    path("skills/<slug:skill_slug>/sources/<uuid:source_id>/", api.OneSource.as_view(), name="skill-source"),
    path(
        "skills/<slug:skill_slug>/sources/<uuid:source_id>/refresh/",
        api.RefreshedSource.as_view(),
        name="skill-source-refresh",
    ),
]
