"""Admin of what everybody's runs came to: the page of the product's own analytics, with ways into the list of runs."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin

from agents.queries import names_of_agents, names_of_models
from runs.models import RunTemplate


class AnalyticsPages(ModelAdmin):
    """Runs, with a page of what they came to."""

    def get_urls(self) -> list[URLPattern]:
        """One more page, before the one that takes every other address for a run."""
        view = self.admin_site.admin_view(self.analytics)
        return [path("analytics/", view, name="runs_run_analytics"), *super().get_urls()]

    def analytics(self, request: HttpRequest) -> HttpResponse:
        """The page, for those who may see everybody's figures; it asks the REST door for them."""
        if not request.user.has_perm("runs.view_all_analytics"):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Analytics",
            "opts": self.opts,
            "names": {
                "agent": names_of_agents(),
                "model": names_of_models(),
                "template": {str(pk): name for pk, name in RunTemplate.objects.values_list("pk", "name")},
            },
        }
        return TemplateResponse(request, "admin/runs/run/analytics.html", context)
