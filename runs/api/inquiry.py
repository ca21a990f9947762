"""The endpoint of questions about many runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.limits import count_run
from coday.edge.serializers import body_of
from runs.api.base import RunCallerView, driven
from runs.api.schema_inquiry import NewRunQuestion, RunQuestionShape
from runs.capture import Created
from runs.inputs import Asker
from runs.inquiry import Inquiry, RunQuestion, inquire
from runs.search.find import RunFilters
from runs.wire import run_object


class RunQuestionView(RunCallerView):
    """``run-questions/``"""

    @extend_schema(operation_id="run_questions_create", request=NewRunQuestion, responses={202: RunQuestionShape})
    def post(self, request: Request) -> Response:
        """Ask an agent about runs: those that are named, or all that are as the filter says. As many are quoted in the new
        run's input as its model can read, those that matter most first; a `step` of the kind `context` says which."""
        asked = _question_of(body_of(request, NewRunQuestion))
        count_run(user_id=self.user_id)
        captured: list[Inquiry] = []

        def capture(*, asker: Asker) -> Created:
            captured.append(inquire(asker=asker, asked=asked))
            return captured[-1].created

        run = driven(lambda driver: driver.capture(capture, asker=self.asker))
        counts = {"selected": captured[-1].selected, "included": captured[-1].included}
        return Response({"run": run_object(run), **counts}, status=202)


def _question_of(body: dict[str, Any]) -> RunQuestion:
    given = dict(body.pop("filter", {}))
    runs: list[UUID] = body.pop("runs", [])
    words = given.pop("q", "")
    return RunQuestion(runs=tuple(dict.fromkeys(runs)), filters=RunFilters(**given), words=words, **body)
