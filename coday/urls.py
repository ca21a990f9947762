"""Every address."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from runs.urls import api_urlpatterns as runs_api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("coday.accounts.urls")),
    path("", include("runs.urls")),
    path("api/v1/", include("threads.urls")),
    path("api/v1/", include(runs_api)),
]
