"""A stored key goes to the address that it was stored for, and to no other (line 14)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from agents.environment import WantedProvider
from agents.models import Provider
from agents.provisioning import list_models, provision
from agents.queries import provider_snapshot
from coday.accounts.models import User
from tests.support.mock_provider import MockProvider, Reply
from tests.support.server import free_port

KEY = "sk-planted-secret"
HOME = "http://127.0.0.1:9/v1"
NOTHING = {"CODAY_LOCAL_MODEL": "off", "OLLAMA_HOST": f"127.0.0.1:{free_port()}"}


@pytest.fixture
def thief() -> Iterator[MockProvider]:
    """A server that waits for a key that is not meant for it."""
    with MockProvider.in_thread() as running:
        yield running


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(slug="house", name="House", kind="openai", base_url=HOME, api_key=KEY)


def _save(client: Client, provider: Provider, **changes: str) -> Provider:
    fields = {"name": "House", "kind": "openai", "base_url": provider.base_url, "enabled": "on", **changes}
    client.post(reverse("admin:agents_provider_change", args=[provider.pk]), fields)
    return Provider.objects.get(pk=provider.pk)


@pytest.mark.django_db(transaction=True)
def test_another_address_needs_the_key_again(
    client: Client, admin: User, provider: Provider, thief: MockProvider
) -> None:
    """Line 14: in the admin, also with the button that saves and asks the provider at once."""
    client.force_login(admin)
    kept = _save(client, provider, base_url=thief.base_url, agents_provider_test_connection="1")
    assert (kept.base_url, kept.api_key) == (HOME, KEY)
    assert thief.requests == []
    forgotten = _save(client, provider, base_url=thief.base_url, forget_key="on", agents_provider_test_connection="1")
    assert (forgotten.base_url, forgotten.api_key) == (thief.base_url, "")
    assert all(KEY not in str(request.headers) for request in thief.requests)


def test_no_detour_brings_the_key_elsewhere(client: Client, admin: User, provider: Provider) -> None:
    """Line 14: no address first, or another kind, and then the other address."""
    client.force_login(admin)
    for first in ({"base_url": "", "kind": "demo"}, {"kind": "anthropic"}, {"slug": "other"}):
        moved = _save(client, provider, **first)
        moved = _save(client, moved, base_url="http://elsewhere.example/v1")
        assert (moved.base_url != "http://elsewhere.example/v1") or moved.api_key != KEY
        Provider.objects.filter(pk=provider.pk).update(base_url=HOME, api_key=KEY, kind="openai")


def test_what_belongs_to_the_environment_is_not_moved_in_the_admin(
    client: Client, admin: User, provider: Provider
) -> None:
    """Line 14."""
    Provider.objects.update(source=Provider.Source.ENVIRONMENT)
    client.force_login(admin)
    assert _save(client, provider, base_url="http://elsewhere.example/v1").base_url == HOME


@pytest.mark.django_db
def test_an_environment_with_another_address_and_no_key_has_no_key(thief: MockProvider) -> None:
    """Line 14: the key of an earlier start is not kept for the new address."""
    first = {**NOTHING, "OPENAI_BASE_URL": HOME, "OPENAI_API_KEY": KEY, "CODAY_DEFAULT_MODEL": "m"}
    provision(first)
    assert provider_snapshot(Provider.objects.get(slug="openai")).api_key == KEY
    provision({**NOTHING, "OPENAI_BASE_URL": thief.base_url})
    moved = provider_snapshot(Provider.objects.get(slug="openai"))
    assert (moved.base_url, moved.api_key) == (thief.base_url, "")
    assert all(KEY not in str(request.headers) for request in thief.requests)


@pytest.mark.parametrize("kind", [Provider.Kind.OPENAI, Provider.Kind.ANTHROPIC])
def test_a_redirect_does_not_take_the_key_along(thief: MockProvider, kind: Provider.Kind) -> None:
    """Line 14: adapters are tested in ``tests/runs/inference``; this is the question at the start."""
    with MockProvider.in_thread() as home:
        home.reply(Reply(status=307, headers={"Location": f"{thief.base_url}/models"}))
        wanted = WantedProvider(slug="house", name="House", kind=kind, base_url=home.base_url, api_key=KEY)
        assert list_models(wanted) == []
        assert len(home.requests) == 1
    assert thief.requests == []
