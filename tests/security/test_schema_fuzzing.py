"""Line 21: whatever fits the OpenAPI schema, or does not, the answer is one that the schema tells of, and never a fault.

The examples are made from the schema, so that a new endpoint is covered when it is there. The server is a real one, which
still stands when all is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.server import CodayServer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PATIENCE = 30.0  # seconds until an answer has to be there
UNLIMITED = {"CODAY_MAX_QUEUED_RUNS": "5"}


@cache
def described() -> BaseSchema:
    """The API as the OpenAPI schema describes it."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schemathesis.openapi.from_dict(document)


def labels() -> list[str]:
    """The name of every operation: its method and path."""
    return [
        f"{method.upper()} {path}" for path, methods in described().raw_schema["paths"].items() for method in methods
    ]


@dataclass(frozen=True)
class Target:
    """A running server, and what its admin has there."""

    base_url: str
    headers: dict[str, str]
    objects: dict[str, str]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    data_dir = tmp_path_factory.mktemp("server")
    with CodayServer(data_dir=data_dir, environment=UNLIMITED) as server:
        login = {"username": server.admin_username, "password": server.admin_password}
        token = httpx.post(f"{server.base_url}/api/v1/tokens/", json=login).json()
        headers = {"Authorization": f"Bearer {token['token']}"}
        with httpx.Client(base_url=f"{server.base_url}/api/v1/", headers=headers) as client:
            thread = client.post("threads/", json={}).json()["id"]
            said = {"input": {"type": "user", "text": "Hi"}}
            run = client.post(f"threads/{thread}/runs/", json=said).json()["id"]
            yield Target(server.base_url, headers, {"thread_id": thread, "run_id": run})
            assert client.get("threads/").status_code == 200
    assert "Traceback" not in server.text


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
@pytest.mark.parametrize("label", labels())
def test_every_answer_is_one_that_the_schema_tells_of(
    target: Target, label: str, mode: schemathesis.GenerationMode
) -> None:
    operation = described().find_operation_by_label(label)
    assert operation is not None
    named = {} if label.startswith("DELETE") else target.objects
    own = {one.name: named[one.name] for one in operation.path_parameters if one.name in named}
    checks = [*CHECKS, negative_data_rejection] if mode.is_negative else CHECKS

    @settings(max_examples=6, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(mode, path_parameters=own or None))
    def answers(case: schemathesis.Case[Any]) -> None:
        response = case.call(base_url=target.base_url, headers=target.headers, timeout=PATIENCE)
        case.validate_response(response, checks=checks, headers=target.headers)

    answers()
