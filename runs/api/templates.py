"""The endpoints of templates, and of the groups that they can be shared with."""

from __future__ import annotations

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.pagination import CursorPages
from coday.edge.parameters import ListQuery, PageQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from runs.api.base import RunCallerView, driven
from runs.api.schema import RunShape
from runs.api.schema_templates import (
    ExpandedShape,
    GivenArguments,
    NewTemplate,
    OwnGroupsShape,
    TemplateChanges,
    TemplateQuery,
    TemplateShape,
    TemplateStart,
    TemplateVersionShape,
)
from runs.inputs import RunUserInput, TemplateCommand
from runs.models import RunTemplateVersion
from runs.reuse import asking, library, templates
from runs.reuse.expansion import expand
from runs.reuse.library import Template, get_template
from runs.wire import run_object
from threads.api.pages import page_object
from threads.api.schema import page_of
from threads.wire import JsonObject, time


class OwnGroupListView(RunCallerView):
    """``groups/``"""

    @extend_schema(operation_id="groups_list", responses=OwnGroupsShape)
    def get(self, request: Request) -> Response:
        """The groups that the caller is in, by name."""
        parameters_of(request.query_params, ListQuery)
        groups = library.groups_of(user_id=self.user_id)
        return Response({"results": [{"name": name} for name in groups.values_list("name", flat=True)]})


class TemplateListView(RunCallerView):
    """``run-templates/``"""

    @extend_schema(
        operation_id="run_templates_list", parameters=[TemplateQuery], responses=page_of("RunTemplate", TemplateShape)
    )
    def get(self, request: Request) -> Response:
        """The caller's templates and those that are shared with them, newest first."""
        archived = parameters_of(request.query_params, TemplateQuery)["archived"]
        rows = library.listed_templates(user_id=self.user_id)
        pages = CursorPages()
        page = pages.paginate_queryset(rows if archived is None else rows.filter(archived=archived), request) or []
        found = library.described(page, user_id=self.user_id)
        response: Response = pages.get_paginated_response([template_object(template) for template in found])
        return response

    @extend_schema(operation_id="run_templates_create", request=NewTemplate, responses={201: TemplateShape})
    def post(self, request: Request) -> Response:
        """Save a template: of commands, of what these runs were told, or of both."""
        template = templates.create_template(asker=self.asker, **body_of(request, NewTemplate))
        return Response(template_object(template), status=201)


class TemplateView(RunCallerView):
    """``run-templates/{id}/``"""

    @extend_schema(operation_id="run_templates_get", responses=TemplateShape)
    def get(self, request: Request, template_id: UUID) -> Response:
        """One template."""
        row = get_template(user_id=self.user_id, template_id=template_id)
        parameters_of(request.query_params, ListQuery)
        return Response(template_object(*library.described([row], user_id=self.user_id)))

    @extend_schema(operation_id="run_templates_update", request=TemplateChanges, responses=TemplateShape)
    def patch(self, request: Request, template_id: UUID) -> Response:
        """Change a template of one's own. What it says is saved as a new version."""
        get_template(user_id=self.user_id, template_id=template_id)
        changes = body_of(request, TemplateChanges)
        template = templates.change_template(user_id=self.user_id, template_id=template_id, changes=changes)
        return Response(template_object(template))

    @extend_schema(operation_id="run_templates_delete", responses={204: None})
    def delete(self, request: Request, template_id: UUID) -> Response:
        """Delete a template of one's own. Its runs stay; schedules that start it stop."""
        templates.delete_template(user_id=self.user_id, template_id=template_id)
        return Response(status=204)


class TemplateVersionListView(RunCallerView):
    """``run-templates/{id}/versions/``"""

    @extend_schema(
        operation_id="run_template_versions_list",
        parameters=[PageQuery],
        responses=page_of("RunTemplateVersion", TemplateVersionShape),
    )
    def get(self, request: Request, template_id: UUID) -> Response:
        """What a template said in each of its versions, newest first."""
        template = get_template(user_id=self.user_id, template_id=template_id)
        limit = parameters_of(request.query_params, PageQuery)["limit"]
        versions = template.versions.order_by("-number")[:limit]
        return Response(page_object(request, [_version_object(version) for version in versions], next_page=None))


class RestoreVersionView(RunCallerView):
    """``run-templates/{id}/versions/{number}/restore/``"""

    @extend_schema(operation_id="run_template_versions_restore", request=EmptyBody, responses=TemplateShape)
    def post(self, request: Request, template_id: UUID, number: int) -> Response:
        """Have a template say again what it said in this version. That is a new version."""
        get_template(user_id=self.user_id, template_id=template_id)
        body_of(request, EmptyBody)
        template = templates.restore_version(user_id=self.user_id, template_id=template_id, number=number)
        return Response(template_object(template))


class TemplatePreviewView(RunCallerView):
    """``run-templates/{id}/preview/``"""

    @extend_schema(operation_id="run_templates_preview", request=GivenArguments, responses=ExpandedShape)
    def post(self, request: Request, template_id: UUID) -> Response:
        """What a template says with these arguments. Nothing is started."""
        get_template(user_id=self.user_id, template_id=template_id)
        body = body_of(request, GivenArguments)
        command = TemplateCommand(
            template=str(template_id), arguments=body.get("arguments", {}), version=body.get("version")
        )
        given, source = expand(RunUserInput(commands=(command,)), user_id=self.user_id)
        shown: JsonObject = {
            "commands": msgspec.to_builtins(given.queue, str_keys=True),
            "on_failure": given.on_failure,
            "agent": source.agent,
            "model": source.model,
        }
        return Response({name: value for name, value in shown.items() if value != ""})


class TemplateStartView(RunCallerView):
    """``run-templates/{id}/start/``"""

    @extend_schema(operation_id="run_templates_start", request=TemplateStart, responses={202: RunShape})
    def post(self, request: Request, template_id: UUID) -> Response:
        """Start a run from a template, in a new conversation where none is given."""
        get_template(user_id=self.user_id, template_id=template_id)
        body = body_of(request, TemplateStart)
        count_run(user_id=self.user_id)
        run = driven(
            lambda driver: driver.capture(
                asking.start,
                asker=self.asker,
                template_id=template_id,
                thread_id=body.pop("thread", None),
                arguments=body.pop("arguments", {}),
                **body,
            )
        )
        return Response(run_object(run), status=202)


def template_object(template: Template) -> JsonObject:
    """A template for the doors: absent rather than empty where nobody is named."""
    shown: JsonObject = {
        "id": str(template.id),
        "slug": template.slug,
        "name": template.name,
        "description": template.description,
        "version": template.version,
        "owner": template.owner,
        "mine": template.mine,
        "groups": list(template.groups),
        "archived": template.archived,
        "parameters": [_parameter_object(parameter) for parameter in template.parameters],
        "commands": template.commands,
        "on_failure": template.on_failure,
        "agent": template.agent or None,
        "model": template.model or None,
        "schedules": template.schedules,
        "created_at": time(template.created_at),
        "updated_at": time(template.updated_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _version_object(version: RunTemplateVersion) -> JsonObject:
    shown: JsonObject = {
        "number": version.number,
        "note": version.note or None,
        "parameters": [_parameter_object(parameter) for parameter in version.parameters],
        "commands": version.commands,
        "on_failure": version.on_failure,
        "agent": version.agent or None,
        "model": version.model or None,
        "created_at": time(version.created_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _parameter_object(parameter: JsonObject) -> JsonObject:
    """Always with what the contract promises."""
    return {"label": parameter["name"], "type": "text", "required": False, **parameter}
