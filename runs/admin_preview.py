"""A page of the admin that shows an agent as it would answer whoever looks at it: its prompt, and what it can do."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action

from agents.models import Agent
from coday.accounts.models import User
from coday.kernel.errors import CodayError
from runs.inputs import Asker
from runs.inspection import hypothetical_context, inspect_now


class PreviewedAgents(ModelAdmin):
    """For the admin of agents: a button that leads to the page."""

    actions_detail = ("preview",)

    @action(description="Preview", url_path="preview", permissions=["view"])
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page; back to the agent with the reason, where it would not answer."""
        agent = self.get_object(request, object_id)
        if not isinstance(agent, Agent) or not isinstance(request.user, User):
            return redirect("admin:agents_agent_changelist")
        asker = Asker(user_id=request.user.pk, username=request.user.username)
        try:
            effective = async_to_sync(inspect_now)(hypothetical_context(asker=asker, agent=agent.slug))
        except CodayError as error:
            self.message_user(request, f"{agent.name} would not answer you: {error.message}", messages.WARNING)
            return redirect("admin:agents_agent_change", object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"What {agent.name} is told",
            "opts": self.opts,
            "original": agent,
            "effective": effective,
        }
        return TemplateResponse(request, "admin/agents/agent/preview.html", context)
