"""The bootstrap command."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from agents.models import ChatSettings
from coday.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("CODAY_ADMIN_PASSWORD", "")


def _bootstrap() -> str:
    output = StringIO()
    call_command("bootstrap", stdout=output)
    return output.getvalue()


def test_the_admins_random_password_is_printed_once() -> None:
    output = _bootstrap()
    password = output.partition("with the password ")[2].partition(" (")[0]
    admin = User.objects.get(username="admin")
    assert len(password) >= 16
    assert admin.check_password(password)
    assert admin.is_superuser
    assert _bootstrap() == ""


def test_the_admins_password_from_the_environment_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODAY_ADMIN_PASSWORD", "planted password")
    assert "planted" not in _bootstrap()
    assert User.objects.get().check_password("planted password")
    monkeypatch.setenv("CODAY_ADMIN_PASSWORD", "another one")
    _bootstrap()
    assert User.objects.get().check_password("planted password")  # it is the admin's now


def test_an_existing_user_is_nobodys_admin(owner: User) -> None:
    _bootstrap()
    assert list(User.objects.values_list("username", "is_superuser")) == [("owner", False)]


def test_there_is_one_row_of_site_settings() -> None:
    _bootstrap()
    _bootstrap()
    assert ChatSettings.objects.filter(user=None).count() == 1


def test_a_second_start_writes_nothing(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    _bootstrap()
    with django_assert_max_num_queries(25) as queries:
        _bootstrap()
    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "DELETE"))]
    assert writes == []
