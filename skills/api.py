"""REST: the skills that the caller may use, and what they do with their own ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coday.accounts.authentication import caller_of
from coday.edge.pagination import WholeList
from coday.edge.parameters import parameters_of
from coday.edge.parsers import LimitedJSONParser
from coday.edge.serializers import EmptyBody, body_of
from coday.kernel.errors import InvalidInputError
from skills import operations
from skills.errors import SourceTooLargeError
from skills.models import Skill, SkillSource
from skills.queries import get_own_skill, get_skill, get_source, read_source, visible_skills, with_contents
from skills.serializers import (
    NewSkill,
    NewSource,
    PartQuery,
    SkillChanges,
    SkillJson,
    SourceJson,
    SourceTextJson,
    SourceUpload,
    WholeSkillJson,
)


class Skills(generics.ListAPIView[Skill]):
    """Skills that you may use, and all of your own, by name."""

    serializer_class = SkillJson
    pagination_class = WholeList

    def get_queryset(self) -> QuerySet[Skill]:
        """By name."""
        skills = visible_skills(user_id=caller_of(self.request).user.pk).defer("instructions")
        return with_contents(skills).prefetch_related("groups")

    def get_serializer_context(self) -> dict[str, Any]:
        """Adds who asks."""
        return {**super().get_serializer_context(), "user_id": caller_of(self.request).user.pk}

    @extend_schema(request=NewSkill, responses={201: WholeSkillJson})
    def post(self, request: Request) -> Response:
        """Make a skill of your own."""
        user_id = caller_of(request).user.pk
        skill = operations.create_skill(owner_id=user_id, **body_of(request, NewSkill))
        return Response(_whole(skill, user_id=user_id), status=201)


class OneSkill(APIView):
    """``skills/{skill_slug}/``"""

    @extend_schema(responses=WholeSkillJson)
    def get(self, request: Request, skill_slug: str) -> Response:
        """A skill that you may use, or one of your own."""
        user_id = caller_of(request).user.pk
        return Response(_whole(get_skill(slug=skill_slug, user_id=user_id), user_id=user_id))

    @extend_schema(request=SkillChanges, responses=WholeSkillJson)
    def patch(self, request: Request, skill_slug: str) -> Response:
        """Change one of your own skills: the fields that you send."""
        user_id = caller_of(request).user.pk
        get_own_skill(slug=skill_slug, user_id=user_id)  # to others no field says more than that it is not there
        skill = operations.update_skill(user_id=user_id, slug=skill_slug, changes=body_of(request, SkillChanges))
        return Response(_whole(skill, user_id=user_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, skill_slug: str) -> Response:
        """Delete one of your own skills, with its sources."""
        operations.delete_skill(user_id=caller_of(request).user.pk, slug=skill_slug)
        return Response(status=204)


def _whole(skill: Skill, *, user_id: UUID) -> Any:
    [row] = with_contents(Skill.objects.filter(pk=skill.pk))
    return WholeSkillJson(row, context={"user_id": user_id}).data


# --- Sources ------------------------------------------------------------------------------------------------------

_NEW_SOURCE = {"application/json": NewSource, "multipart/form-data": SourceUpload}


class Sources(APIView):
    """``skills/{skill_slug}/sources/``"""

    parser_classes = [LimitedJSONParser, MultiPartParser]

    @extend_schema(request=_NEW_SOURCE, responses={201: SourceJson})
    def post(self, request: Request, skill_slug: str) -> Response:
        """Add a source to one of your own skills: a file as the field `file` of a form, a text with its title, or the address
        of a page, which is fetched."""
        skill = get_own_skill(slug=skill_slug, user_id=caller_of(request).user.pk)
        source = _from_form(request, skill) if _is_form(request) else _from_json(request, skill)
        return Response(SourceJson(source).data, status=201)


def _is_form(request: Request) -> bool:
    return request.content_type.lower().startswith("multipart/")


def _from_form(request: Request, skill: Skill) -> SkillSource:
    try:
        fields = body_of(request, SourceUpload)
    except ParseError as error:
        raise InvalidInputError("The body is no complete form.", code="malformed_form") from error
    file = fields["file"]
    if file.size > settings.CODAY_MAX_SOURCE_BYTES:
        raise SourceTooLargeError(field="file", details={"limit": settings.CODAY_MAX_SOURCE_BYTES, "unit": "bytes"})
    operations.check_room(skill=skill)
    reading = operations.read_file(content=file.read(), name=file.name or "", title=fields["title"])
    return operations.add_source(skill=skill, reading=reading)


def _from_json(request: Request, skill: Skill) -> SkillSource:
    fields = body_of(request, NewSource)
    operations.check_room(skill=skill)
    if "url" in fields:
        reading = operations.read_page(url=fields["url"], title=fields.get("title", ""))
    else:
        reading = operations.read_text(title=fields["title"], text=fields["text"])
    return operations.add_source(skill=skill, reading=reading)


class OneSource(APIView):
    """``skills/{skill_slug}/sources/{source_id}/``"""

    @extend_schema(parameters=[PartQuery], responses=SourceTextJson)
    def get(self, request: Request, skill_slug: str, source_id: UUID) -> Response:
        """A source of a skill that you may use, with a part of its text."""
        skill = get_skill(slug=skill_slug, user_id=caller_of(request).user.pk)
        source = get_source(skill=skill, source_id=source_id)
        query = parameters_of(request.query_params, PartQuery)
        part = read_source(source_id=source_id, skill_ids=[skill.pk], offset=query["offset"], limit=query["limit"])
        text = {"text": part.text, "offset": part.offset}
        more = {"next_offset": part.next_offset} if part.next_offset is not None else {}
        return Response({**SourceJson(source).data, **text, **more})

    @extend_schema(responses={204: None})
    def delete(self, request: Request, skill_slug: str, source_id: UUID) -> Response:
        """Delete a source of one of your own skills."""
        skill = get_own_skill(slug=skill_slug, user_id=caller_of(request).user.pk)
        operations.delete_source(skill=skill, source_id=source_id)
        return Response(status=204)


class RefreshedSource(APIView):
    """``skills/{skill_slug}/sources/{source_id}/refresh/``"""

    @extend_schema(request=EmptyBody, responses=SourceJson)
    def post(self, request: Request, skill_slug: str, source_id: UUID) -> Response:
        """Fetch a page of one of your own skills again. If that fails, its text stays."""
        skill = get_own_skill(slug=skill_slug, user_id=caller_of(request).user.pk)
        get_source(skill=skill, source_id=source_id)
        body_of(request, EmptyBody)
        return Response(SourceJson(operations.refresh_page(skill=skill, source_id=source_id)).data)
