"""Guessing passwords: slowed down alike at each door that takes one, and nobody is locked out by a stranger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from coday.accounts.models import LoginFailures, User
from coday.accounts.throttle import FORGOTTEN_AFTER, TooManyLoginsError, admit
from tests.conftest import PASSWORD

HOME = "203.0.113.5"
ELSEWHERE = "198.51.100.7"
Door = Callable[[Client, str, str, str], tuple[int, str]]


def _page(client: Client, username: str, password: str, address: str) -> tuple[int, str]:
    body = {"username": username, "password": password}
    answer = client.post("/accounts/login/", body, REMOTE_ADDR=address)
    return answer.status_code, answer.headers.get("Retry-After", "")


def _admin(client: Client, username: str, password: str, address: str) -> tuple[int, str]:
    answer = client.post("/admin/login/", {"username": username, "password": password}, REMOTE_ADDR=address)
    return answer.status_code, answer.headers.get("Retry-After", "")


def _api(client: Client, username: str, password: str, address: str) -> tuple[int, str]:
    body = {"username": username, "password": password}
    answer = client.post("/api/v1/tokens/", body, content_type="application/json", REMOTE_ADDR=address)
    return answer.status_code, answer.headers.get("Retry-After", "")


DOORS: dict[str, tuple[Door, int, int]] = {
    "page": (_page, 302, 200),
    "admin": (_admin, 302, 200),
    "api": (_api, 201, 401),
}


def _later(seconds: float) -> None:
    """As if so much time had gone by."""
    for row in LoginFailures.objects.all():
        LoginFailures.objects.filter(pk=row.pk).update(last_at=row.last_at - timedelta(seconds=seconds))


@pytest.mark.parametrize("name", DOORS)
def test_each_door_slows_down_who_guesses(name: str, admin: User, client: Client) -> None:
    log_in, right, wrong = DOORS[name]
    for _ in range(5):
        assert log_in(client, "admin", "guess", HOME) == (wrong, "")
    assert log_in(client, "admin", PASSWORD, HOME) == (429, "1")  # it is not even looked at
    _later(1)
    assert log_in(client, "admin", PASSWORD, HOME)[0] == right


@pytest.mark.parametrize("guessed", DOORS)
@pytest.mark.parametrize("tried", DOORS)
def test_the_doors_count_together(guessed: str, tried: str, admin: User, client: Client) -> None:
    for _ in range(5):
        DOORS[guessed][0](client, "admin", "guess", HOME)
    assert DOORS[tried][0](client, "admin", PASSWORD, HOME)[0] == 429


def test_the_refusal_has_a_code_and_a_sentence(admin: User, client: Client) -> None:
    for _ in range(5):
        _api(client, "admin", "guess", HOME)
    body = {"username": "admin", "password": "guess"}
    problem = client.post("/api/v1/tokens/", body, content_type="application/json", REMOTE_ADDR=HOME).json()
    assert (problem["code"], problem["retryable"], problem["details"]) == ("too_many_logins", True, {"retry_after": 1})
    for page in ("/accounts/login/", "/admin/login/"):
        assert "Too many attempts" in client.post(page, body, REMOTE_ADDR=HOME).text


def test_a_person_whose_password_others_guess_gets_in_from_elsewhere(owner: User, client: Client) -> None:
    for number in range(60):
        with suppress(TooManyLoginsError):
            admit(username="owner", address=f"203.0.113.{number % 3}")
    assert _api(client, "owner", PASSWORD, "203.0.113.1")[0] == 429
    assert _api(client, "owner", PASSWORD, ELSEWHERE)[0] == 201


def test_waits_grow_to_a_limit_and_waiting_always_helps(owner: User) -> None:
    waits: list[int] = []
    for _ in range(20):
        try:
            admit(username="owner", address=HOME)
        except TooManyLoginsError as error:
            waits.append(error.details["retry_after"])
            with pytest.raises(TooManyLoginsError):  # impatience costs nothing
                admit(username="owner", address=HOME)
            _later(waits[-1])
    assert waits[:5] == [1, 2, 4, 8, 16]
    _later(10_000)
    admit(username="owner", address=HOME)


def test_an_address_that_tries_many_names_is_slowed_down(db: None, settings: Settings) -> None:
    settings.CODAY_LOGIN_ADDRESS_TRIES = 10
    for number in range(10):
        admit(username=f"user{number}", address=HOME)
    with pytest.raises(TooManyLoginsError):
        admit(username="another", address=HOME)
    admit(username="another", address=ELSEWHERE)


def test_one_customers_ipv6_network_is_one_address(db: None) -> None:
    for number in range(5):
        admit(username="owner", address=f"2001:db8:1:2:{number}::1")
    with pytest.raises(TooManyLoginsError):
        admit(username="owner", address="2001:db8:1:2:ffff::1")
    admit(username="owner", address="2001:db8:1:3::1")
    admit(username="owner", address="no address")


def test_a_right_password_is_no_failure(owner: User, client: Client) -> None:
    for _ in range(60):
        assert _api(client, "owner", PASSWORD, HOME)[0] == 201
    for _ in range(4):
        _api(client, "owner", "typo", HOME)
    assert _api(client, "owner", PASSWORD, HOME)[0] == 201
    for _ in range(4):
        assert _api(client, "owner", "typo", HOME)[0] == 401


def test_names_that_do_not_exist_are_slowed_down_as_well(db: None, client: Client) -> None:
    answers = [_api(client, "nobody", "guess", HOME)[0] for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_old_failures_are_forgotten(db: None) -> None:
    admit(username="owner", address=HOME)
    LoginFailures.objects.update(last_at=timezone.now() - FORGOTTEN_AFTER - timedelta(seconds=1))
    admit(username="other", address=ELSEWHERE)
    assert set(LoginFailures.objects.values_list("count", flat=True)) == {1}
    assert LoginFailures.objects.count() == 2


def test_neither_names_nor_passwords_are_kept_or_logged(
    owner: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Line 23."""
    with caplog.at_level(logging.DEBUG):
        for _ in range(6):
            _page(client, "owner", "planted-guess", HOME)
    assert "too many failed attempts" in caplog.text
    assert HOME in caplog.text
    stored = str(list(LoginFailures.objects.values()))
    for secret in ("planted-guess", "owner"):
        assert secret not in caplog.text
        assert secret not in stored


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_time_are_all_counted() -> None:
    def attempt(_number: int) -> bool:
        try:
            admit(username="owner", address=HOME)
        except TooManyLoginsError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=8) as pool:
        admitted = sum(pool.map(attempt, range(24)))
    assert admitted == 5
