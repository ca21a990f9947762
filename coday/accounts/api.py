"""REST: API tokens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coday.accounts.audit import Actor
from coday.accounts.authentication import Caller, caller_of, optional_caller_of
from coday.accounts.models import ApiToken
from coday.accounts.operations import create_token, create_token_by_password, revoke_token
from coday.accounts.queries import tokens_of
from coday.accounts.serializers import NewToken, Token, TokenPage, TokenRequest
from coday.edge.addresses import address_of
from coday.edge.pagination import CursorPages
from coday.edge.parameters import CursorQuery, parameters_of
from coday.kernel.errors import ForbiddenError, UnauthenticatedError


class Tokens(generics.GenericAPIView[ApiToken]):
    """The caller's API tokens."""

    serializer_class = Token
    pagination_class = CursorPages

    def get_permissions(self) -> list[BasePermission]:
        """Whoever knows a password may make a token."""
        return [AllowAny() if self.request.method == "POST" else IsAuthenticated()]

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Their own, and those that still work."""
        return tokens_of(user_id=caller_of(self.request).user.pk)

    @extend_schema(parameters=[CursorQuery], responses=TokenPage)
    def get(self, request: Request) -> Response:
        """List your tokens, newest first. The tokens themselves are never told again."""
        parameters_of(request.query_params, CursorQuery)
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=TokenRequest, responses={201: NewToken})
    def post(self, request: Request) -> Response:
        """Make a token, by username and password or in a session. It is told now and never again."""
        asked = TokenRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        token, clear = _make_token(optional_caller_of(request), address_of(request), **asked.validated_data)
        body = NewToken({"id": token.pk, "token": clear, "name": token.name}).data
        return Response(body, status=status.HTTP_201_CREATED)


class TokenDetail(APIView):
    """One of the caller's API tokens."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke a token: it opens no door any more."""
        user = caller_of(request).user
        revoke_token(user_id=user.pk, token_id=token_id, by=Actor.user(user, address=address_of(request)))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _make_token(caller: Caller | None, address: str, *, name: str, **credentials: Any) -> tuple[ApiToken, str]:
    if credentials:
        return create_token_by_password(name=name, address=address, **credentials)
    if caller is None:
        raise UnauthenticatedError("Send a username and a password, or log in.")
    if caller.carrier != "session":
        raise ForbiddenError("A token cannot make another token: send the username and the password.")
    return create_token(user=caller.user, name=name, by=Actor.user(caller.user, address=address))
