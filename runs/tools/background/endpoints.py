"""The endpoints that an admin registered for jobs, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from coday.kernel.crypto import UnreadableSecretError
from coday.kernel.errors import CodayError, InvalidInputError, NotFoundError
from coday.kernel.guarded.targets import parse_target
from runs.models import JobEndpoint
from runs.tools.schemas import compiled
from skills.mcp import parse_headers

JOB_ID = "{job_id}"


class EndpointNotFoundError(NotFoundError):
    """No enabled endpoint has this slug. The message names those that there are, for the model."""

    code = "job_endpoint_not_found"
    message = "There is no such endpoint."


class EndpointUnreadableError(CodayError):
    """The stored headers were encrypted with a secret that is no longer configured."""

    code = "job_endpoint_unreadable"
    message = "The endpoint's stored headers can no longer be read. An admin has to enter them again."
    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where jobs are started. ``deadline`` is seconds; ``poll_url`` is empty where nobody is asked how a job stands."""

    slug: str
    name: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    input_schema: Mapping[str, Any]
    deadline: int
    poll_url: str


def find_endpoint(*, slug: str) -> Endpoint:
    """An enabled endpoint, its headers in clear.

    Raises:
        EndpointNotFoundError, EndpointUnreadableError
    """
    try:
        row = _enabled().filter(slug=slug).first()
    except UnreadableSecretError as error:
        raise EndpointUnreadableError from error
    if row is None:
        known = ", ".join(_enabled().values_list("slug", flat=True)) or "none"
        raise EndpointNotFoundError(f"There is no such endpoint. Those that there are: {known}.")
    return Endpoint(
        slug=row.slug,
        name=row.name,
        url=row.url,
        headers=dict(parse_headers(row.headers)),
        input_schema=row.input_schema,
        deadline=row.deadline,
        poll_url=row.poll_url,
    )


def describe_endpoints() -> list[dict[str, Any]]:
    """The enabled endpoints as a model is told of them; no address and no header is."""
    rows = _enabled().defer("headers")
    return [
        {"endpoint": row.slug, "name": row.name, "description": row.description, "input_schema": row.input_schema}
        for row in rows
    ]


def check_addresses(*, url: str, poll_url: str) -> None:
    """Check an endpoint's addresses: its headers go to both.

    Raises:
        InvalidInputError: one is none, or the two are not at one origin; ``details["field"]`` names it.
    """
    place = parse_target(url)
    if not poll_url:
        return
    if JOB_ID not in poll_url or JOB_ID in poll_url.split("/", 3)[2:3]:
        raise InvalidInputError(f"The poll URL has {JOB_ID} in the place of the job's id.", field="poll_url")
    if parse_target(poll_url.replace(JOB_ID, "1")).origin != place.origin:
        raise InvalidInputError(
            "The poll URL has to be at the same scheme, host and port as the URL.", field="poll_url"
        )


def check_input_schema(schema: Any) -> None:
    """Check that inputs can be checked against a schema.

    Raises:
        InvalidInputError: it is no JSON schema of an object.
    """
    if not isinstance(schema, dict):
        raise InvalidInputError("The schema has to be a JSON object.", field="input_schema")
    if schema and schema.get("type") != "object":
        raise InvalidInputError("The schema has to be of the type object.", field="input_schema")
    compiled(schema)


def _enabled() -> QuerySet[JobEndpoint]:
    return JobEndpoint.objects.filter(enabled=True)
