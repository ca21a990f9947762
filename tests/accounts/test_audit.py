"""The audit log: who did what, from where; names and never values; nothing in it can be changed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import reverse

from agents.models import Agent, LanguageModel, Provider
from coday.accounts.audit import Action, Actor, record
from coday.accounts.models import ApiToken, AuditRecord, User
from coday.accounts.operations import create_token
from coday.accounts.site import AdminSite, AuditedAdmin
from tests.conftest import PASSWORD

HOME = "203.0.113.5"
KEY = "sk-planted-secret-1234567890"
WORDS = "planted words"


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    AuditRecord.objects.all().delete()
    client.defaults["REMOTE_ADDR"] = HOME
    return client


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(
        slug="house", name="House", kind="openai", base_url="http://127.0.0.1:9/v1", api_key="sk-old"
    )


def _records() -> list[AuditRecord]:
    records = list(AuditRecord.objects.order_by("id"))
    stored = str(list(AuditRecord.objects.values()))
    for secret in (KEY, WORDS, PASSWORD):
        assert secret not in stored
    return records


# --- The admin ----------------------------------------------------------------------------------------------------


def test_every_page_of_the_admin_is_audited() -> None:
    """Whatever is registered, by whomever, whatever its base class is."""
    assert isinstance(django_admin.site._wrapped, AdminSite)  # type: ignore[attr-defined]
    for model, model_admin in django_admin.site._registry.items():
        assert isinstance(model_admin, AuditedAdmin), model
    site = AdminSite()
    site.register(Agent, django_admin.ModelAdmin)
    site.register([ApiToken, LanguageModel])
    assert all(isinstance(it, AuditedAdmin) for it in site._registry.values())


def test_a_change_names_its_fields(page: Client, admin: User, provider: Provider) -> None:
    body = {"name": WORDS, "kind": "openai", "base_url": provider.base_url, "enabled": "on", "new_key": KEY}
    page.post(reverse("admin:agents_provider_change", args=[provider.pk]), body)
    [row] = _records_but_labels()
    assert (row.action, row.actor, row.actor_id, row.address) == ("changed", "admin", admin.pk, HOME)
    assert (row.object_type, row.object_id) == ("agents.provider", str(provider.pk))
    assert row.fields == ["API key", "Name"]


def _records_but_labels() -> list[AuditRecord]:
    """Labels are what a row is called: that much may be seen."""
    AuditRecord.objects.update(object_label="")
    return _records()


def test_additions_deletions_and_buttons_are_recorded(page: Client) -> None:
    body: dict[str, Any] = {
        "name": "A", "slug": "a", "max_iterations": 5, "max_delegations": 5, "max_depth": 1, "position": 1, "enabled": "on",
        "everyone": "on", "agent_skills-TOTAL_FORMS": 0, "agent_skills-INITIAL_FORMS": 0,
    }  # fmt: skip
    added = page.post(
        reverse("admin:agents_agent_add"), {**body, "instructions": WORDS, "agents_agent_make_default": "1"}
    )
    assert added.status_code == 302
    agent = Agent.objects.get(slug="a")
    assert agent.is_default
    page.post(reverse("admin:agents_agent_delete", args=[agent.pk]), {"post": "yes"})
    assert [(row.action, row.object_id) for row in _records()] == [
        ("added", str(agent.pk)),
        ("deleted", str(agent.pk)),
    ]
    assert AuditRecord.objects.get(action="added").details == {"action": "make_default"}


def test_changes_in_a_list_and_of_a_password_are_recorded(page: Client, owner: User) -> None:
    agent = Agent.objects.create(slug="a", name="A", position=1)
    body = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": agent.pk,
        "form-0-position": 7,
        "_save": "Save",
    }
    page.post(reverse("admin:agents_agent_changelist"), body)
    password = {"password1": PASSWORD + "!", "password2": PASSWORD + "!", "usable_password": "true"}
    page.post(reverse("admin:auth_user_password_change", args=[owner.pk]), password)
    changed = [(row.object_type, row.fields) for row in _records()]
    assert changed == [("agents.agent", ["Position"]), ("accounts.user", ["password"])]


def test_actions_of_a_list_are_recorded(page: Client, owner: User) -> None:
    token, _ = create_token(user=owner, name="laptop")
    AuditRecord.objects.all().delete()
    page.post(reverse("admin:accounts_apitoken_changelist"), {"action": "revoke", "_selected_action": [str(token.pk)]})
    acted, revoked = _records()
    assert (acted.action, acted.details["action"], acted.details["objects"]) == ("acted", "revoke", [str(token.pk)])
    assert (revoked.action, revoked.actor, revoked.details) == ("token_revoked", "admin", {"for": "owner"})
    page.post(reverse("admin:accounts_apitoken_changelist"), {"action": "made up", "_selected_action": ["x"]})
    page.post(reverse("admin:accounts_apitoken_changelist"), {"action": "revoke"})
    assert AuditRecord.objects.count() == 2


def test_what_failed_is_not_recorded(page: Client, provider: Provider) -> None:
    page.post(reverse("admin:agents_provider_change", args=[provider.pk]), {"name": ""})
    assert _records() == []


# --- Logins and tokens --------------------------------------------------------------------------------------------


def test_logins_of_the_staff_are_recorded(client: Client, admin: User, owner: User) -> None:
    for name, password in (
        ("admin", "wrong"),
        ("admin", PASSWORD),
        ("owner", "wrong"),
        ("owner", PASSWORD),
        (WORDS, "x"),
    ):
        client.post("/accounts/login/", {"username": name, "password": password}, REMOTE_ADDR=HOME)
        client.post("/accounts/logout/", REMOTE_ADDR=HOME)
    rows = [(row.action, row.actor, row.address) for row in _records()]
    assert rows == [("login_failed", "admin", HOME), ("logged_in", "admin", HOME), ("logged_out", "admin", HOME)]


def test_tokens_are_recorded_with_who_made_them(
    owner: User, client: Client, browser_of: Callable[[User], Client]
) -> None:
    body = {"username": "owner", "password": PASSWORD, "name": "laptop"}
    made = client.post("/api/v1/tokens/", body, content_type="application/json", REMOTE_ADDR=HOME).json()
    browser = browser_of(owner)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    browser.delete(f"/api/v1/tokens/{made['id']}/", headers={"X-CSRFToken": "a" * 32}, REMOTE_ADDR=HOME)
    rows = _records()
    assert [(row.action, row.actor, row.address, row.object_id) for row in rows] == [
        ("token_made", "owner", HOME, made["id"]),
        ("token_revoked", "owner", HOME, made["id"]),
    ]
    assert made["token"] not in str([vars(row) for row in rows])


def test_the_log_outlives_the_user(owner: User) -> None:
    create_token(user=owner)
    name, key = owner.username, owner.pk
    owner.delete()
    row = AuditRecord.objects.get()
    assert (row.actor, row.actor_id) == (name, key)


# --- Reading it ---------------------------------------------------------------------------------------------------


def test_nothing_in_it_can_be_changed(page: Client) -> None:
    record(action=Action.BACKUP_MADE, by=Actor.command("backup"))
    row = AuditRecord.objects.get()
    address = "admin:accounts_auditrecord"
    assert page.get(reverse(f"{address}_add")).status_code == 403
    assert page.post(reverse(f"{address}_change", args=[row.pk]), {"actor": "x"}).status_code == 403
    assert page.post(reverse(f"{address}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    page.post(reverse(f"{address}_changelist"), chosen)
    assert AuditRecord.objects.get().actor == "manage.py backup"


def test_it_is_filtered_and_taken_along(page: Client) -> None:
    record(action=Action.BACKUP_MADE, by=Actor(name="=cmd|' /C calc'!A0"), fields=["a", "b"])
    record(action=Action.KEYS_ROTATED, by=Actor.command("rotate_keys"), details={"rotated": 3})
    address = reverse("admin:accounts_auditrecord_changelist")
    shown = page.get(address, {"action__exact": "keys_rotated"}).text
    assert "manage.py rotate_keys" in shown
    assert "calc" not in shown

    chosen = {"select_across": "1", "_selected_action": [str(AuditRecord.objects.all()[0].pk)]}
    table = page.post(address, {**chosen, "action": "export_csv"})
    rows = list(csv.DictReader(io.StringIO(table.getvalue().decode())))
    assert table.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert [row["action"] for row in rows][:2] == ["backup_made", "keys_rotated"]
    assert (rows[0]["actor"][:2], rows[0]["fields"]) == ("'=", "a, b")  # no formula

    filtered = page.post(f"{address}?action__exact=keys_rotated", {**chosen, "action": "export_json_lines"})
    [line] = filtered.getvalue().decode().splitlines()
    assert json.loads(line)["details"] == {"rotated": 3}


def test_people_without_the_right_do_not_see_it(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    client.force_login(owner)
    assert client.get(reverse("admin:accounts_auditrecord_changelist")).status_code == 403
