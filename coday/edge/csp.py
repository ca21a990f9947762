"""Content security policies: the page's strict one, and looser ones for pages that others wrote."""

from __future__ import annotations

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Chooses the policy by the path: ``settings.CONTENT_SECURITY_POLICIES`` holds one per path prefix."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The parts that the header is made of."""
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, directives in settings.CONTENT_SECURITY_POLICIES.items():
            if not report_only and request.path_info.startswith(prefix):
                parts.config = directives
        return parts
