"""Rotation of keys: every stored secret is saved with the newest one, or nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from agents.models import Provider
from coday.accounts.authentication import authenticate
from coday.accounts.models import AuditRecord, User
from coday.kernel.crypto import EncryptedTextField, UnreadableSecretError, is_current
from coday.kernel.rotation import EncryptedColumn, encrypted_columns

OLD, NEW, LOST = "old-key", "new-key", "lost-key"
SECRET = "sk-planted-secret"
COLUMN = EncryptedColumn(Provider, "api_key")


@pytest.fixture
def rows(db: None, settings: Settings) -> list[Provider]:
    """Three secrets of the old key and a provider without one; then the new key comes."""
    settings.ENCRYPTION_KEYS = [OLD]
    made = [_provider(slug=f"p{number}", api_key=f"{SECRET}-{number}") for number in range(3)]
    made.append(_provider(slug="none", api_key=""))
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return made


def _provider(**values: str) -> Provider:
    return Provider.objects.create(name="P", kind="openai", base_url="http://127.0.0.1:9/v1", **values)


def _rotate(*arguments: str) -> str:
    output = StringIO()
    call_command("rotate_keys", *arguments, stdout=output)
    return output.getvalue()


def _stored() -> dict[str, str]:
    """What the database holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, api_key FROM agents_provider")
        return dict(cursor.fetchall())


def test_the_old_key_is_not_needed_any_more(rows: list[Provider], settings: Settings) -> None:
    assert "api_key: 3 saved again, 0 with the newest key already" in _rotate()
    settings.ENCRYPTION_KEYS = [NEW]
    assert sorted(Provider.objects.values_list("api_key", flat=True)) == ["", *(f"{SECRET}-{n}" for n in range(3))]
    assert _stored()["none"] == ""
    assert "0 saved again, 3 with" in _rotate()


def test_a_dry_run_counts_and_changes_nothing(rows: list[Provider]) -> None:
    before = _stored()
    assert "api_key: 3 to save again, 0 with the newest key already" in _rotate("--dry-run")
    assert _stored() == before
    assert not AuditRecord.objects.exists()


def test_one_secret_that_cannot_be_read_stops_everything(rows: list[Provider], settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [LOST]
    lost = _provider(slug="lost", api_key=f"{SECRET}-lost")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    before = _stored()
    with pytest.raises(CommandError) as refused:
        _rotate()
    assert f"agents.Provider.api_key of {lost.pk}" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert before["lost"] not in str(refused.value)
    assert _stored() == before


def test_it_is_audited(rows: list[Provider]) -> None:
    _rotate()
    row = AuditRecord.objects.get()
    assert (row.action, row.actor, row.details) == ("keys_rotated", "manage.py rotate_keys", {"rotated": 3})


def test_what_others_write_meanwhile_stays(rows: list[Provider]) -> None:
    changes = [lambda: Provider.objects.filter(pk=rows[0].pk).update(api_key="sk-newer")]

    def in_between(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and changes:
            changes.pop()()
        return execute(sql, *rest)

    with connection.execute_wrapper(in_between):
        assert not COLUMN.rotate(rows[0].pk)  # it has the newest key by now
    assert Provider.objects.get(pk=rows[0].pk).api_key == "sk-newer"


def test_what_is_gone_meanwhile_stays_away(rows: list[Provider]) -> None:
    pk = rows[0].pk
    rows[0].delete()
    assert not COLUMN.rotate(pk)


def test_every_encrypted_field_is_found() -> None:
    fields = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField)
    }
    assert {str(column) for column in encrypted_columns()} == fields
    assert str(COLUMN) in fields


# --- SECRET_KEY ---------------------------------------------------------------------------------------------------


def test_a_new_secret_key_keeps_sessions_while_the_old_one_is_named(
    owner: User, client: Client, settings: Settings
) -> None:
    client.force_login(owner)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "x" * 50
    assert authenticate(authorization=None, session_key=session) is not None
    assert client.get("/").status_code == 200  # and gives the session the new key
    settings.SECRET_KEY_FALLBACKS = []
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert authenticate(authorization=None, session_key=session) is not None
    settings.SECRET_KEY = "y" * 50
    assert authenticate(authorization=None, session_key=session) is None


def test_a_new_secret_key_reads_what_the_old_one_encrypted(db: None, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    _provider(slug="p", api_key=SECRET)
    assert is_current(_stored()["p"])
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(UnreadableSecretError):
        Provider.objects.get(slug="p")
