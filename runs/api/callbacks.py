"""Where a job's server says that the job has ended: no login, but a token that is good once."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coday.edge.addresses import address_of
from coday.edge.limits import RateLimit
from coday.edge.parsers import LimitedJSONParser
from coday.edge.serializers import EmptyBody, StrictSerializer, body_of
from coday.kernel.errors import TooLargeError
from runs import background
from runs.api.base import driven
from runs.tools.background.protocol import MAX_BYTES, as_text

_calls = RateLimit()


class CallbackBody(StrictSerializer):
    """How a job ended, and with which result (any JSON; text is taken as it is)."""

    status = serializers.ChoiceField(choices=["succeeded", "failed"])
    result = serializers.JSONField(required=False, allow_null=True)


class CallbackParser(LimitedJSONParser):
    """JSON that is no longer than a result may be."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read and decode the body.

        Raises:
            TooLargeError, ParseError
        """
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLargeError("The request's body is too large.", details={"limit": MAX_BYTES})
        return super().parse(BytesIO(body), media_type, parser_context)


class CallbackView(APIView):
    """``tool-callbacks/{token}/``"""

    authentication_classes = []
    permission_classes = []
    parser_classes = [CallbackParser]

    @extend_schema(
        operation_id="tool_callbacks_create", request=CallbackBody, responses=EmptyBody, auth=[],
        description="Tell that a job has ended, at the address that came with it. It works once, before the job's deadline.",
    )  # fmt: skip
    def post(self, request: Request, token: str) -> Response:
        """Take the result. To whoever has no token that is good, nothing is there."""
        per_minute = settings.CODAY_CALLBACKS_PER_MINUTE
        _calls.take(address_of(request._request), per_second=per_minute / 60, burst=per_minute)  # noqa: SLF001
        background.find_by_token(token=token)
        body = body_of(request, CallbackBody)
        result = as_text(body.get("result"))
        driven(lambda driver: driver.capture(background.receive, token=token, status=body["status"], result=result))
        return Response({})
