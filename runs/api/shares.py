"""The endpoints of shares: make, list, read, renew, revoke, and go on with a copy."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.audit import Actor
from coday.edge.addresses import address_of
from coday.edge.limits import RateLimit
from coday.edge.pagination import CursorPages
from coday.edge.parameters import CursorQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from runs.api.base import RunCallerView
from runs.api.schema_shares import NewShareBody, ReceivedShareShape, ReceivedSnapshotShape, ShareShape
from runs.exchange import sharing
from runs.exchange.copying import copy_share
from runs.exchange.shown import received_object, share_object, snapshot_object
from runs.models import Share
from threads.api.schema import ThreadShape, page_of
from threads.queries import get_thread, thread_snapshot
from threads.wire import thread_object

_looks = RateLimit()


def count_look(address: str) -> None:
    """Count a look at what links lead to, from this IP address.

    Raises:
        RateLimitedError: too many.
    """
    per_minute = settings.CODAY_SHARED_PER_MINUTE
    _looks.take(address, per_second=per_minute / 60, burst=per_minute)


class SharingView(RunCallerView):
    """Shares are made, changed and copied by somebody, who is noted."""

    @property
    def actor(self) -> Actor:
        """Who does it, for the audit log."""
        return Actor.user(self.caller.user, address=address_of(self.request._request))  # noqa: SLF001

    def copied(self, row: Share) -> Response:
        """A thread of the caller's own with the runs of this share."""
        thread_id = copy_share(row, by=self.asker)
        thread = get_thread(user_id=self.user_id, thread_id=thread_id)
        return Response(thread_object(thread_snapshot(thread)), status=201)


class ThreadShareListView(SharingView):
    """``threads/{id}/shares/``"""

    @extend_schema(operation_id="thread_shares_list", parameters=[CursorQuery], responses=page_of("Share", ShareShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """What was shared of a conversation, newest first, ended shares included."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        found = pages.paginate_queryset(sharing.own_shares(user_id=self.user_id, thread_id=thread_id), request) or []
        return pages.get_paginated_response([share_object(row) for row in found])

    @extend_schema(operation_id="shares_create", request=NewShareBody, responses={201: ShareShape})
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Share the branch that is shown, or one run, as it is now. The link's address is told here and never again."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        new = sharing.NewShare(**body_of(request, NewShareBody))
        row, token = sharing.share(by=self.actor, owner_id=self.user_id, thread_id=thread_id, new=new)
        link = request.build_absolute_uri(reverse("shared", kwargs={"token": token})) if token else ""
        return Response(share_object(row, link=link), status=201)


class ShareListView(SharingView):
    """``shares/``"""

    @extend_schema(operation_id="shares_list", parameters=[CursorQuery], responses=page_of("Share", ShareShape))
    def get(self, request: Request) -> Response:
        """What the caller has shared, newest first, ended shares included."""
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        found = pages.paginate_queryset(sharing.own_shares(user_id=self.user_id), request) or []
        return pages.get_paginated_response([share_object(row) for row in found])


class ReceivedShareListView(SharingView):
    """``shares/received/``"""

    @extend_schema(
        operation_id="shares_received", parameters=[CursorQuery], responses=page_of("ReceivedShare", ReceivedShareShape)
    )
    def get(self, request: Request) -> Response:
        """What others share with the caller, by name or by group, newest first."""
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        found = pages.paginate_queryset(sharing.received_shares(user_id=self.user_id), request) or []
        return pages.get_paginated_response([received_object(row) for row in found])


class ShareView(SharingView):
    """``shares/{id}/``"""

    @extend_schema(operation_id="shares_get", responses=ReceivedSnapshotShape)
    def get(self, request: Request, share_id: UUID) -> Response:
        """What a share shows, for its owner and for those whom it is for."""
        row = sharing.get_share(user_id=self.user_id, share_id=share_id)
        images = f"{reverse('share', kwargs={'share_id': row.pk})}images/"
        return Response({**received_object(row), "snapshot": snapshot_object(row, images=images)})

    @extend_schema(operation_id="shares_revoke", responses={204: None})
    def delete(self, request: Request, share_id: UUID) -> Response:
        """Revoke a share: nobody can see it any more, and nothing of what it showed is kept."""
        sharing.revoke(by=self.actor, owner_id=self.user_id, share_id=share_id)
        return Response(status=204)


class RenewShareView(SharingView):
    """``shares/{id}/renew/``"""

    @extend_schema(operation_id="shares_renew", request=EmptyBody, responses=ShareShape)
    def post(self, request: Request, share_id: UUID) -> Response:
        """Take the snapshot anew, for the same readers and under the same link."""
        sharing.get_own_share(user_id=self.user_id, share_id=share_id)
        body_of(request, EmptyBody)
        return Response(share_object(sharing.renew(by=self.actor, owner_id=self.user_id, share_id=share_id)))


class CopyShareView(SharingView):
    """``shares/{id}/copy/``"""

    @extend_schema(operation_id="shares_copy", request=EmptyBody, responses={201: ThreadShape})
    def post(self, request: Request, share_id: UUID) -> Response:
        """Go on with a copy: a conversation of the caller's own with the runs that are shown."""
        row = sharing.get_share(user_id=self.user_id, share_id=share_id)
        body_of(request, EmptyBody)
        return self.copied(row)


class CopyLinkView(SharingView):
    """``shared/{token}/copy/``"""

    @extend_schema(operation_id="shared_copy", request=EmptyBody, responses={201: ThreadShape})
    def post(self, request: Request, token: str) -> Response:
        """The same for whoever has the link, and is logged in."""
        count_look(address_of(request._request))  # noqa: SLF001
        row = sharing.find_by_token(token=token)
        body_of(request, EmptyBody)
        return self.copied(row)
