"""The endpoint of a run's command queue."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from runs import commands
from runs.api.base import RunCallerView
from runs.api.schema_commands import CommandShape
from runs.queries import get_run
from threads.api.schema import page_of


class CommandListView(RunCallerView):
    """``runs/{id}/commands/``"""

    @extend_schema(operation_id="run_commands_list", responses=page_of("Command", CommandShape))
    def get(self, request: Request, run_id: UUID) -> Response:
        """What a run was told to do, and what was said to it while it ran, in order. A run that was given one prompt has no
        list: it is that prompt."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        parameters_of(request.query_params, ListQuery)
        rows = commands.of_run(run_id=run.pk) if run.commanded else []
        return Response({"results": [commands.command_object(row) for row in rows], "next": None, "previous": None})
