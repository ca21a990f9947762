"""The endpoints of threads and their images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.errors import AgentNotFoundError, ModelNotFoundError
from agents.queries import enabled_agents, enabled_models
from coday.accounts.authentication import Caller, caller_of
from coday.edge.parameters import parameters_of
from coday.edge.serializers import body_of
from coday.kernel.errors import InvalidInputError
from threads import operations
from threads.api.pages import cursor_of, page_object, position_of
from threads.api.requests import ImageUpload, NewThread, ThreadChanges, ThreadQuery
from threads.api.schema import ImageShape, ThreadShape, page_of
from threads.covering import covering_now
from threads.errors import ImageNotFoundError, ImageTooLargeError
from threads.models import ImageAttachment, Thread
from threads.queries import (
    ListPosition,
    behind,
    find_threads,
    get_image,
    get_thread,
    thread_snapshot,
    thread_snapshots,
)
from threads.snapshot import ThreadSnapshot
from threads.wire import JsonObject, image_object, thread_object

MULTIPART_MARGIN = 64 * 1024  # bytes that a form adds to its file


class CallerView(APIView):
    """An endpoint of the caller's own objects."""

    @property
    def caller(self) -> Caller:
        """Who is calling."""
        return caller_of(self.request)

    @property
    def user_id(self) -> UUID:
        """Whose objects exist here."""
        return self.caller.user.pk


class ThreadListView(CallerView):
    """``threads/``"""

    @extend_schema(operation_id="threads_list", parameters=[ThreadQuery], responses=page_of("Thread", ThreadShape))
    def get(self, request: Request) -> Response:
        """The caller's conversations, pinned ones first, then by their last change."""
        query = parameters_of(request.query_params, ThreadQuery)
        threads = self.found(query)
        limit = query["limit"]
        found = list(behind(threads, position_of(query["cursor"]))[: limit + 1])
        shown = found[:limit]
        more = {"cursor": cursor_of(ListPosition.of(shown[-1]))} if len(found) > limit else None
        return Response(page_object(request, self.objects(shown), next_page=more))

    def found(self, query: dict[str, Any]) -> QuerySet[Thread]:
        """The threads that are as asked for."""
        return find_threads(
            user_id=self.user_id,
            text=query["q"],
            archived=query["archived"],
            folder=query.get("folder"),
            tag=query.get("tag", ""),
        )

    @extend_schema(operation_id="threads_create", request=NewThread, responses={201: ThreadShape})
    def post(self, request: Request) -> Response:
        """Make an empty conversation."""
        fields = _checked(body_of(request, NewThread), user_id=self.user_id)
        thread = covering_now(partial(operations.create_thread, owner_id=self.user_id, **fields))
        return Response(thread_object(thread), status=201)

    def objects(self, threads: Sequence[Thread]) -> list[JsonObject]:
        """What the list shows of these threads."""
        return [thread_object(thread) for thread in thread_snapshots(threads)]


class ThreadView(CallerView):
    """``threads/{id}/``"""

    changes: type[ThreadChanges] = ThreadChanges

    @extend_schema(operation_id="threads_get", responses=ThreadShape)
    def get(self, request: Request, thread_id: UUID) -> Response:
        """One conversation."""
        return Response(thread_object(thread_snapshot(get_thread(user_id=self.user_id, thread_id=thread_id))))

    @extend_schema(operation_id="threads_update", request=ThreadChanges, responses=ThreadShape)
    def patch(self, request: Request, thread_id: UUID) -> Response:
        """Rename, pin, archive, tag or file a conversation, choose its agent and model."""
        get_thread(user_id=self.user_id, thread_id=thread_id)  # to others no field says more than that it is not there
        changes = _checked(body_of(request, self.changes), user_id=self.user_id)
        thread = covering_now(partial(self.update, thread_id=thread_id, changes=changes))
        return Response(thread_object(thread))

    def update(self, *, thread_id: UUID, changes: Mapping[str, Any]) -> ThreadSnapshot:
        """Write what was asked for."""
        return operations.update_thread(user_id=self.user_id, thread_id=thread_id, changes=changes)


def _checked(fields: dict[str, Any], *, user_id: UUID) -> dict[str, Any]:
    """The fields of a thread with an agent and a model that exist; null is the default, as empty is."""
    chosen: dict[str, Any] = {name: fields[name] or "" for name in ("agent", "model") if name in fields}
    if chosen.get("agent") and not enabled_agents(user_id=user_id).filter(slug=chosen["agent"]).exists():
        raise AgentNotFoundError(details={"field": "agent"})
    if chosen.get("model") and not enabled_models().filter(slug=chosen["model"]).exists():
        raise ModelNotFoundError(details={"field": "model"})
    return {**fields, **chosen}


# --- Images -------------------------------------------------------------------------------------------------------


class ImageListView(CallerView):
    """``threads/{id}/images/``"""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="images_create", request={"multipart/form-data": ImageUpload}, responses={201: ImageShape}
    )
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Upload a PNG, JPEG, GIF or WebP image, as the field `file` of a form."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        _refuse_by_length(request)
        try:
            file = body_of(request, ImageUpload)["file"]
        except ParseError as error:
            raise InvalidInputError("The body is no complete form.", code="malformed_form") from error
        image = operations.add_image(
            user_id=self.user_id, thread_id=thread_id, name=file.name or "", file=file, size=file.size
        )
        return Response(image_object(image), status=201)


def _refuse_by_length(request: Request) -> None:
    """Look at the announced length, before the form is taken apart."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    limit = settings.CODAY_MAX_IMAGE_BYTES
    if announced.isdecimal() and int(announced) > limit + MULTIPART_MARGIN:
        raise ImageTooLargeError(field="file", details={"limit": limit, "unit": "bytes"})


class AnyAccept(BaseContentNegotiation):
    """An image has the type that it has, whatever the client would like; errors are JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """DRF's contract."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ImageView(CallerView):
    """``threads/{id}/images/{image_id}/``"""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="images_get", responses={(200, "image/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, thread_id: UUID, image_id: UUID) -> HttpResponse:
        """The image's bytes, for those who may see its conversation."""
        return image_response(get_image(user_id=self.user_id, thread_id=thread_id, image_id=image_id))


def image_response(image: ImageAttachment) -> HttpResponse:
    """An image's bytes.

    Raises:
        ImageNotFoundError: its file is lost.
    """
    try:
        with image.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise ImageNotFoundError from error
    return HttpResponse(content, headers=_headers_of_upload(image.media_type))


def _headers_of_upload(media_type: str) -> dict[str, str]:
    """Whatever these bytes are, they are shown as an image, are saved as a file, and are never run as a page."""
    return {
        "Content-Type": media_type,
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400, immutable",
    }
