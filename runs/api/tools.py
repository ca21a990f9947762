"""The endpoint that lists the tools that come with the product, so that a person can say which they do not want."""

from __future__ import annotations

from typing import Any, get_args

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.pagination import WholeList
from runs.tools.base import ToolKind
from runs.tools.registry import describe
from threads.api.schema import Shape


class ToolShape(Shape):
    """A tool. `changes` says that it changes something outside of the conversation, `untrusted` that it brings in what
    others wrote."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=get_args(ToolKind))
    changes = serializers.BooleanField()
    untrusted = serializers.BooleanField()


class ToolListView(generics.GenericAPIView[Any]):
    """The tools that agents can be given; those of MCP servers are not among them."""

    serializer_class = ToolShape
    pagination_class = WholeList

    @extend_schema(responses=ToolShape(many=True))
    def get(self, request: Request) -> Response:
        """All built-in tools."""
        return self.get_paginated_response(ToolShape(self.paginate_queryset(describe()), many=True).data)
