"""The endpoints of folders of threads."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from coday.edge.serializers import body_of
from threads import folders
from threads.api.pages import page_object
from threads.api.requests import FolderChanges, NewFolder
from threads.api.schema import Shape, page_of
from threads.api.views import CallerView
from threads.folders import Folder
from threads.wire import JsonObject


class FolderShape(Shape):
    """A folder of conversations: `position` from 0, `threads` those in it that are not archived."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    threads = serializers.IntegerField()


class FolderListView(CallerView):
    """``thread-folders/``"""

    @extend_schema(operation_id="thread_folders_list", responses=page_of("Folder", FolderShape))
    def get(self, request: Request) -> Response:
        """The caller's folders, in their order."""
        parameters_of(request.query_params, ListQuery)
        found = folders.folders_of(user_id=self.user_id)
        return Response(page_object(request, [_folder_object(folder) for folder in found], next_page=None))

    @extend_schema(operation_id="thread_folders_create", request=NewFolder, responses={201: FolderShape})
    def post(self, request: Request) -> Response:
        """Make a folder behind the others."""
        folder = folders.create_folder(user_id=self.user_id, name=body_of(request, NewFolder)["name"])
        return Response(_folder_object(folder), status=201)


class FolderView(CallerView):
    """``thread-folders/{id}/``"""

    @extend_schema(operation_id="thread_folders_update", request=FolderChanges, responses=FolderShape)
    def patch(self, request: Request, folder_id: UUID) -> Response:
        """Rename a folder, or put it at another place; the others make room."""
        folders.get_folder(user_id=self.user_id, folder_id=folder_id)
        changes = body_of(request, FolderChanges)
        return Response(_folder_object(folders.change_folder(user_id=self.user_id, folder_id=folder_id, **changes)))

    @extend_schema(operation_id="thread_folders_delete", responses={204: None})
    def delete(self, request: Request, folder_id: UUID) -> Response:
        """Delete a folder. Its conversations stay, in no folder."""
        folders.delete_folder(user_id=self.user_id, folder_id=folder_id)
        return Response(status=204)


def _folder_object(folder: Folder) -> JsonObject:
    return {"id": str(folder.id), "name": folder.name, "position": folder.position, "threads": folder.threads}
