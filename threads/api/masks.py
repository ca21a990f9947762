"""The endpoint of a thread's masks: what the tokens in an anonymous conversation stand for, for its owner alone."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from threads.api.schema import Shape, page_of
from threads.api.views import CallerView
from threads.masks import masks_of
from threads.queries import get_thread


class MaskShape(Shape):
    """What a token stands for."""

    token = serializers.CharField()
    category = serializers.CharField()
    value = serializers.CharField()


class MaskListView(CallerView):
    """``threads/{id}/masks/``"""

    @extend_schema(operation_id="masks_list", responses=page_of("Mask", MaskShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """The masks of a conversation, in the order in which they were made. None where it is not anonymous."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, ListQuery)
        masks = masks_of(thread_id=thread_id).entries
        shown = [{"token": mask.token, "category": mask.category, "value": mask.value} for mask in masks]
        return Response({"results": shown, "next": None, "previous": None})
