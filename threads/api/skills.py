"""The endpoints of the skills that are active in a thread."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from threads.api.pages import page_object
from threads.api.schema import ThreadShape, ThreadSkillShape, page_of
from threads.api.views import CallerView
from threads.queries import get_thread, thread_snapshot
from threads.skills import ActiveSkill, activate_skill, deactivate_skill, skills_of_thread
from threads.wire import JsonObject, thread_object, time


class ThreadSkillListView(CallerView):
    """``threads/{id}/skills/``"""

    @extend_schema(operation_id="thread_skills_list", responses=page_of("ThreadSkill", ThreadSkillShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """The skills that are active in a conversation, in the order in which they were activated, and who did that."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, ListQuery)
        active = skills_of_thread(thread_id=thread_id)
        return Response(page_object(request, [_skill_object(skill) for skill in active], next_page=None))


class ThreadSkillView(CallerView):
    """``threads/{id}/skills/{skill_slug}/``"""

    @extend_schema(operation_id="thread_skills_activate", request=EmptyBody, responses=ThreadShape)
    def put(self, request: Request, thread_id: UUID, skill_slug: str) -> Response:
        """Activate a skill in a conversation, from the next model call on."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        body_of(request, EmptyBody)
        activate_skill(user_id=self.user_id, thread_id=thread_id, slug=skill_slug, by="person")
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        return Response(thread_object(thread_snapshot(thread)))

    @extend_schema(operation_id="thread_skills_deactivate", responses={204: None})
    def delete(self, request: Request, thread_id: UUID, skill_slug: str) -> Response:
        """Take a skill back out of a conversation. What was said with it stays."""
        deactivate_skill(user_id=self.user_id, thread_id=thread_id, slug=skill_slug)
        return Response(status=204)


def _skill_object(skill: ActiveSkill) -> JsonObject:
    shown: JsonObject = {
        "slug": skill.slug,
        "by": skill.by,
        "run_id": str(skill.run_id) if skill.run_id else "",
        "tool_call_id": skill.tool_call_id,
        "activated_at": time(skill.activated_at),
    }
    return {name: value for name, value in shown.items() if value != ""}
