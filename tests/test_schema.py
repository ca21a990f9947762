"""The OpenAPI schema and its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse


def test_the_schema_is_valid_and_complete(tmp_path: Path) -> None:
    """Without a warning: an endpoint whose types cannot be told is one."""
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))


@pytest.mark.django_db
def test_every_operation_tells_how_it_fails(client: Client) -> None:
    schema = client.get(reverse("schema"), {"format": "json"}).json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) > 20
    for operation in operations:
        content = operation["responses"]["default"]["content"]
        assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert {"bearer", "session"} <= set(schema["components"]["securitySchemes"])


@pytest.mark.django_db
def test_the_pages_load_nothing_from_elsewhere(client: Client) -> None:
    page = client.get(reverse("docs"))
    assert page.status_code == 200
    assert f'src="{settings.STATIC_URL}drf_spectacular_sidecar/' in page.text
    assert "//" not in page.text.replace("<!--", "").split("<body>")[1]
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert "script-src 'self'" in policy
