"""Rate limits of a user and a token: the same buckets at each door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient, Client
from pytest_django import Settings

from coday.accounts import limits
from coday.accounts.limits import count_run
from coday.accounts.models import User
from coday.accounts.operations import create_token
from coday.edge.limits import RateLimitedError
from tests.edge.test_consumers import HOST, EchoConsumer

ADDRESS = "/api/v1/chat-settings/"
FOR_EVER = 1e6  # seconds
Limit = Callable[..., None]


@pytest.fixture
def limit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Sets how many requests may come at once, with no more to come during a test."""

    def set_limit(*, user: float = 100.0, token: float = 100.0) -> None:
        monkeypatch.setattr(limits, "BURST_SECONDS", FOR_EVER)
        settings.CODAY_USER_REQUESTS_PER_SECOND = user / FOR_EVER
        settings.CODAY_TOKEN_REQUESTS_PER_SECOND = token / FOR_EVER

    return set_limit


def _bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(user=user)[1]}"}


def test_rest_refuses_a_token_that_asks_too_often(owner: User, stranger: User, client: Client, limit: Limit) -> None:
    limit(token=3)
    first, second = _bearer(owner), _bearer(owner)
    answers = [client.get(ADDRESS, headers=first) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    problem = answers[-1].json()
    assert (problem["code"], problem["retryable"]) == ("rate_limited", True)
    assert answers[-1].headers["Retry-After"] == str(problem["details"]["retry_after"])
    for other in (second, _bearer(stranger)):
        assert client.get(ADDRESS, headers=other).status_code == 200


def test_a_user_shares_one_limit_among_tokens_and_sessions(
    owner: User, client: Client, browser_of: Callable[[User], Client], limit: Limit
) -> None:
    limit(user=3)
    for _ in range(3):
        assert client.get(ADDRESS, headers=_bearer(owner)).status_code == 200
    assert client.get(ADDRESS, headers=_bearer(owner)).status_code == 429
    assert browser_of(owner).get(ADDRESS).status_code == 429


def test_who_is_nobody_has_no_bucket(owner: User, client: Client, limit: Limit) -> None:
    limit(user=1, token=1)
    wrong = [client.get(ADDRESS, headers={"Authorization": "Bearer wrong"}).status_code for _ in range(5)]
    assert wrong == [401] * 5
    assert client.get(ADDRESS, headers=_bearer(owner)).status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_event_streams_are_counted_as_well(owner: User, limit: Limit) -> None:
    limit(token=2)
    headers = await sync_to_async(_bearer)(owner)
    client = AsyncClient()
    address = "/api/v1/threads/00000000-0000-0000-0000-000000000000/events/"
    answers = [await client.get(address, headers={**headers, "Accept": "text/event-stream"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[-1].json()["code"] == "rate_limited"


@pytest.mark.django_db(transaction=True)
async def test_a_socket_answers_with_an_error_and_stays_open(owner: User, limit: Limit) -> None:
    limit(token=3)
    headers = await sync_to_async(_bearer)(owner)
    carrier = (b"authorization", headers["Authorization"].encode())
    socket = WebsocketCommunicator(EchoConsumer.as_asgi(), "/", [HOST, carrier])
    assert (await socket.connect())[0]  # it counts, too
    answers = []
    for number in range(4):
        await socket.send_json_to({"type": "echo", "text": "x", "ref": str(number)})
        answers.append(await socket.receive_json_from())
    assert [answer["type"] for answer in answers] == ["echo", "echo", "error", "error"]
    assert (answers[2]["code"], answers[2]["ref"], answers[2]["retryable"]) == ("rate_limited", "2", True)
    assert answers[2]["details"]["retry_after"] >= 1
    for junk in ("{", "[" * 1000):
        await socket.send_to(text_data=junk)
        assert (await socket.receive_json_from())["code"] == "rate_limited"
    assert not (await WebsocketCommunicator(EchoConsumer.as_asgi(), "/", [HOST, carrier]).connect())[0]
    await socket.disconnect()


def test_runs_have_a_limit_of_their_own(owner: User, stranger: User, settings: Settings) -> None:
    settings.CODAY_RUNS_PER_MINUTE = 2.0
    count_run(user_id=owner.pk)
    count_run(user_id=owner.pk)
    with pytest.raises(RateLimitedError):
        count_run(user_id=owner.pk)
    count_run(user_id=stranger.pk)
