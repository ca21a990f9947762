"""The admin: every page opens, secrets stay in, history cannot be changed."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.apps import apps as django_apps
from django.contrib import admin as django_admin
from django.core import checks
from django.test import Client
from django.urls import get_resolver, reverse

from agents.models import Agent, ChatSettings, LanguageModel, Provider
from coday.accounts.authentication import authenticate
from coday.accounts.models import ApiToken, User
from coday.accounts.operations import create_token
from coday.kernel.ids import new_id
from runs.models import Run
from tests.support.mock_provider import MockProvider
from threads.models import Message, Thread
from usage.models import UsageRecord

KEY = "sk-planted-secret-1234567890"
SAID = "planted words that only the owner may read"


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(
        slug="house", name="House", kind="openai", base_url="http://127.0.0.1:9/v1", api_key=KEY
    )


@pytest.fixture
def rows(provider: Provider, owner: User) -> None:
    """One row of everything, with secrets in it."""
    model = LanguageModel.objects.create(provider=provider, slug="m", name="m", label="M")
    agent = Agent.objects.create(slug="a", name="A", language_model=model)
    ChatSettings.objects.create(user=None, agent=agent)
    ChatSettings.objects.create(user=owner, system_prompt=SAID)
    create_token(user=owner, name="laptop")
    thread = Thread.objects.create(owner=owner, title=SAID)
    run = Run.objects.create(
        thread=thread, number=1, lane=new_id(), user_id=owner.pk, username="owner", agent="a", model="m", title=SAID
    )
    Message.objects.create(thread=thread, run_id=run.pk, role="user", content=[{"type": "text", "text": SAID}])
    UsageRecord.objects.create(
        user_id=owner.pk,
        username="owner",
        thread_id=thread.pk,
        run_id=run.pk,
        model="m",
        provider="house",
        cost=Decimal(1),
    )


def _addresses() -> list[str]:
    return [f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in django_admin.site._registry]


def test_every_page_opens_and_shows_no_secret(page: Client, rows: None) -> None:
    opened = 0
    for address in _addresses():
        lists = page.get(reverse(f"{address}_changelist"), {"q": "house"}), page.get(reverse(f"{address}_changelist"))
        links = re.findall(rf'href="({reverse(f"{address}_changelist")}[0-9a-f-]+/change/[^"]*)"', lists[1].text)
        for answer in (*lists, *(page.get(link) for link in links)):
            assert answer.status_code == 200, answer.request["PATH_INFO"]
            assert KEY not in answer.text
            assert SAID not in answer.text
            opened += 1
    assert opened > 2 * len(_addresses())  # details were opened, too


def test_every_page_passes_the_checks_of_admin_pages() -> None:
    assert get_resolver().url_patterns  # loads the pages
    assert checks.run_checks(tags=[checks.Tags.admin]) == []


def test_messages_and_journal_are_not_there(db: None) -> None:
    names = {model._meta.label for model in django_admin.site._registry}
    assert names.isdisjoint({"threads.Message", "runs.RunEventRecord", "threads.ImageAttachment"})


@pytest.mark.parametrize("address", ["threads_thread", "runs_run", "usage_usagerecord"])
def test_history_is_read_only(page: Client, rows: None, address: str) -> None:
    assert page.get(reverse(f"admin:{address}_add")).status_code == 403
    model = django_apps.get_model(address.replace("_", ".", 1))
    row = model._default_manager.get()
    assert page.post(reverse(f"admin:{address}_change", args=[row.pk]), {"username": "x"}).status_code == 403
    assert page.post(reverse(f"admin:{address}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def test_abbreviations_are_written_as_people_write_them(page: Client, provider: Provider) -> None:
    tokens = page.get(reverse("admin:accounts_apitoken_changelist")).text
    form = page.get(reverse("admin:agents_provider_change", args=[provider.pk])).text
    assert "API token" in tokens
    assert "Base URL" in form
    assert "API key" in form
    assert not re.search("Api (token|key)|Base url", tokens + form)


def test_only_staff_gets_in(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get(reverse("admin:index")).status_code == 302


# --- Providers ----------------------------------------------------------------------------------------------------


def _fields(provider: Provider, **changes: str) -> dict[str, str]:
    return {"name": provider.name, "kind": "openai", "base_url": provider.base_url, "enabled": "on", **changes}


def _change(page: Client, provider: Provider, **changes: str) -> Provider:
    answer = page.post(reverse("admin:agents_provider_change", args=[provider.pk]), _fields(provider, **changes))
    assert answer.status_code in (200, 302)
    return Provider.objects.get(pk=provider.pk)


def test_an_empty_key_field_keeps_the_stored_key(page: Client, provider: Provider) -> None:
    changed = _change(page, provider, name="Other name")
    assert (changed.name, changed.api_key) == ("Other name", KEY)


def test_a_key_can_be_replaced_and_forgotten(page: Client, provider: Provider) -> None:
    assert _change(page, provider, new_key="sk-new").api_key == "sk-new"
    assert _change(page, provider, forget_key="on").api_key == ""


def test_a_stored_key_does_not_follow_to_another_address(page: Client, provider: Provider) -> None:
    elsewhere = "http://elsewhere.example/v1"
    assert _change(page, provider, base_url=elsewhere).base_url == provider.base_url
    assert _change(page, provider, base_url=elsewhere, new_key="sk-new").base_url == elsewhere


def test_the_slug_stays(page: Client, provider: Provider) -> None:
    assert _change(page, provider, slug="renamed").slug == "house"


def test_what_the_environment_owns_is_not_editable(page: Client, provider: Provider) -> None:
    Provider.objects.update(source=Provider.Source.ENVIRONMENT)
    changed = _change(page, provider, base_url="http://elsewhere.example/v1", new_key="sk-new", name="Renamed")
    assert (changed.base_url, changed.api_key, changed.name) == (provider.base_url, KEY, "Renamed")


@pytest.mark.django_db(transaction=True)
def test_the_connection_test_asks_the_provider(page: Client, provider: Provider) -> None:
    with MockProvider.in_thread() as mock:
        Provider.objects.update(base_url=mock.base_url)
        provider.refresh_from_db()
        address = reverse("admin:agents_provider_change", args=[provider.pk])
        answer = page.post(address, _fields(provider, agents_provider_test_connection="1"), follow=True)
    assert "House answers" in answer.text
    assert mock.requests[0].path.endswith("/models")
    assert mock.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.django_db(transaction=True)
def test_the_connection_test_says_what_is_wrong(page: Client, provider: Provider) -> None:
    chosen = {"action": "test_chosen", "_selected_action": [str(provider.pk)]}
    answer = page.post(reverse("admin:agents_provider_changelist"), chosen, follow=True)
    assert "House: The model&#x27;s provider is not available" in answer.text


# --- Tokens, defaults ---------------------------------------------------------------------------------------------


def test_a_new_token_is_shown_once(page: Client, owner: User) -> None:
    answer = page.post(reverse("admin:accounts_apitoken_add"), {"user": str(owner.pk), "name": "laptop"})
    found = re.search(r'<code id="token"[^>]*>([^<]+)</code>', answer.text)
    assert found is not None
    caller = authenticate(authorization=f"Bearer {found[1]}", session_key=None)
    assert caller is not None
    assert caller.user == owner
    assert found[1] not in page.get(reverse("admin:accounts_apitoken_changelist")).text


def test_a_token_can_be_revoked(page: Client, owner: User) -> None:
    token, _ = create_token(user=owner, name="laptop")
    page.post(reverse("admin:accounts_apitoken_changelist"), {"action": "revoke", "_selected_action": [str(token.pk)]})
    assert ApiToken.objects.get().revoked_at is not None


def test_one_default_takes_over_from_the_other(page: Client, rows: None) -> None:
    first = LanguageModel.objects.get()
    LanguageModel.objects.update(is_default=True)
    second = LanguageModel.objects.create(provider=first.provider, slug="n", name="n", label="N")
    fields = {
        "label": "N", "provider": str(first.provider_id), "name": "n", "enabled": "on", "context_window": "1000",
        "currency": "USD", "first_byte_timeout": "60", "chunk_timeout": "30", "agents_languagemodel_make_default": "1",
    }  # fmt: skip
    assert page.post(reverse("admin:agents_languagemodel_change", args=[second.pk]), fields).status_code == 302
    assert list(LanguageModel.objects.filter(is_default=True)) == [second]


def test_the_admin_has_its_own_content_security_policy(page: Client) -> None:
    assert "'unsafe-eval'" in page.get("/admin/").headers["Content-Security-Policy"]
    assert "unsafe" not in Client().get("/accounts/login/").headers["Content-Security-Policy"]
