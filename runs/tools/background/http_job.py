"""``http_job``: starts a job at a registered endpoint. Its end comes by a callback, by asking, or with the deadline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import msgspec
from django.utils import timezone

from coday.kernel.database import in_database
from coday.kernel.errors import CodayError, InvalidInputError
from coday.kernel.guarded.client import GuardedClient
from coday.kernel.guarded.errors import AnswerTooLargeError, EncodedAnswerError, FetchTimeoutError, UnreachableError
from coday.kernel.guarded.policy import FetchPolicy
from runs import background
from runs.background import Started
from runs.inference.base import ToolDefinition
from runs.tools.arguments import check_arguments
from runs.tools.background.endpoints import JOB_ID, Endpoint, describe_endpoints, find_endpoint
from runs.tools.background.protocol import HEADERS, MAX_BYTES, Answer, Outcome, read_answer, request_body
from runs.tools.base import Invocation, Settled, Tool, ToolTraits

POLL_SECONDS = 4.0  # less than a tick
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_MAYBE_TAKEN = (FetchTimeoutError, UnreachableError, AnswerTooLargeError, EncodedAnswerError)


class HttpJob(Tool):
    """Starts a job. The operation is there before the request leaves; whatever comes back, the job is started once."""

    traits = ToolTraits(kind="async", title="Job", timeout=60.0, changes=True, untrusted=True)

    @property
    def definition(self) -> ToolDefinition:
        """An endpoint, and what its job is given."""
        endpoint = {"type": "string", "maxLength": 60, "description": "Its name, as list_job_endpoints gives it."}
        given = {
            "type": "object",
            "description": "What the job is given; the endpoint's input_schema says what it takes.",
        }
        return ToolDefinition(
            name="http_job",
            description="Starts a job at one of the registered endpoints and answers at once. The job's result arrives in"
            " this conversation by itself when it has ended: do not wait for it and do not start it again.",
            parameters={
                "type": "object",
                "properties": {"endpoint": endpoint, "input": given},
                "required": ["endpoint"],
                "additionalProperties": False,
            },
        )

    async def call(self, invocation: Invocation) -> Settled:
        """Start the job.

        Raises:
            EndpointNotFoundError, InvalidInputError, TooManyOperationsError: before anything left.
            JobRefusedError, FetchError: the endpoint did not take it.
        """
        endpoint = await in_database(find_endpoint, slug=str(invocation.arguments["endpoint"]))
        given = invocation.arguments.get("input", {})
        complaints = check_arguments(endpoint.input_schema, given)
        if complaints:
            raise InvalidInputError(f"The input does not fit the endpoint: {' '.join(complaints)}")
        deadline_at = timezone.now() + timedelta(seconds=endpoint.deadline)
        started = await self._note(invocation, endpoint, deadline_at=deadline_at)
        body = request_body(given=given, token=started.token, deadline_at=deadline_at)
        try:
            answer = read_answer(
                await _client().fetch(endpoint.url, method="POST", headers=_headers(endpoint), body=body)
            )
        except CodayError as error:
            if _may_be_taken(error):
                return _goes_on(
                    started, "The endpoint did not confirm the job, which may have been started all the same"
                )
            await in_database(background.settle, operation_id=started.id, status="failed")
            raise
        return await self._taken(endpoint, started, answer)

    async def _note(self, invocation: Invocation, endpoint: Endpoint, *, deadline_at: datetime) -> Started:
        return await in_database(
            background.start,
            run=invocation.context.run,
            call_id=invocation.call_id,
            tool=self.definition.name,
            summary=f"Job: {endpoint.name}",
            deadline_at=deadline_at,
            state={"endpoint": endpoint.slug},
            callback=True,
        )

    async def _taken(self, endpoint: Endpoint, started: Started, answer: Answer) -> Settled:
        if answer.outcome:
            failed = answer.outcome.status == "failed"
            await in_database(background.settle, operation_id=started.id, status=answer.outcome.status)
            return Settled(answer.outcome.result or "The job has ended, without a result.", is_error=failed)
        if answer.job_id and endpoint.poll_url:
            state = {"endpoint": endpoint.slug, "job_id": answer.job_id}
            await in_database(background.watch, operation_id=started.id, state=state)
        return _goes_on(started, "The job was started")


def _goes_on(started: Started, what: str) -> Settled:
    return Settled(f"{what}. Its result arrives by itself (operation {started.id}).", operation=started.id)


def _may_be_taken(error: CodayError) -> bool:
    """Whether the request reached somebody: then the job must not be started a second time."""
    if isinstance(error.__cause__, _NEVER_LEFT):
        return False
    return isinstance(error, _MAYBE_TAKEN)


def _client(*, seconds: float | None = None) -> GuardedClient:
    """Follows no redirect: a job is started at the address that an admin registered."""
    policy = FetchPolicy.from_settings()
    return GuardedClient(policy=replace(policy, redirects=0, size=MAX_BYTES, seconds=seconds or policy.seconds))


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {**endpoint.headers, **HEADERS}


# --- How it goes ------------------------------------------------------------------------------------------------------


async def ask_how_it_goes(state: Mapping[str, Any]) -> Outcome | None:
    """How a job ended; ``None`` while it goes on, and while nobody says so."""
    try:
        endpoint = await in_database(find_endpoint, slug=str(state["endpoint"]))
        if not endpoint.poll_url:
            return None
        url = endpoint.poll_url.replace(JOB_ID, str(state["job_id"]))
        fetched = await _client(seconds=POLL_SECONDS).fetch(url, headers=_headers(endpoint))
        return read_answer(fetched).outcome
    except CodayError:  # it is asked again, until the deadline
        return None


class ListJobEndpoints(Tool):
    """Says where jobs can be started."""

    traits = ToolTraits(title="Endpoints for jobs", timeout=10.0)

    @property
    def definition(self) -> ToolDefinition:
        """No arguments."""
        return ToolDefinition(
            name="list_job_endpoints",
            description="Lists the endpoints at which http_job can start jobs: what each does, and what input it takes.",
            parameters={"type": "object", "properties": {}, "additionalProperties": False},
        )

    async def call(self, invocation: Invocation) -> Settled:
        """The endpoints as JSON."""
        found = await in_database(describe_endpoints)
        return Settled(msgspec.json.encode(found).decode() if found else "No endpoint is registered.")
