"""REST: what the caller used."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.authentication import caller_of
from coday.edge.pagination import CursorPages
from coday.edge.parameters import parameters_of
from usage.models import UsageRecord
from usage.queries import records_of_user, totals
from usage.serializers import UsagePageJson, UsageQuery, UsageRecordJson, UsageTotalsJson


class Usage(generics.GenericAPIView[UsageRecord]):
    """The caller's usage records."""

    serializer_class = UsageRecordJson
    pagination_class = CursorPages

    @extend_schema(parameters=[UsageQuery], responses=UsagePageJson)
    def get(self, request: Request) -> Response:
        """List what your model calls used, newest first, with totals."""
        query = parameters_of(request.query_params, UsageQuery)
        filters = {name: query[name] for name in ("since", "until", "thread", "run", "model") if name in query}
        records = records_of_user(user_id=caller_of(request).user.pk, **filters)
        page = self.paginate_queryset(records)
        response = self.get_paginated_response(self.get_serializer(page, many=True).data)
        response.data["totals"] = UsageTotalsJson(totals(records=records)).data
        return response
