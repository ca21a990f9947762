"""Every address."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from agents.urls import api_urlpatterns as agents_api
from coday.accounts.urls import api_urlpatterns as accounts_api
from coday.edge.problems import unknown_address
from runs.urls import api_urlpatterns as runs_api
from skills.urls import api_urlpatterns as skills_api
from threads.urls import api_urlpatterns as threads_api
from usage.urls import api_urlpatterns as usage_api

admin.autodiscover()

DOCS = SpectacularSwaggerSplitView.as_view(url_name="schema", http_method_names=["get", "head"])

urlpatterns = [
    path("favicon.ico", RedirectView.as_view(url=static("img/icon.svg")), name="favicon"),
    path("admin/", admin.site.urls),
    path("", include("coday.accounts.urls")),
    path("", include("runs.urls")),
    path("api/v1/", include([*accounts_api, *agents_api, *usage_api, *skills_api, *threads_api, *runs_api])),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", DOCS, name="docs"),
    re_path("^api/", unknown_address),
]
handler500 = "coday.edge.problems.server_error"
