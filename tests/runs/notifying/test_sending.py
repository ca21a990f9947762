"""How targets are told: signed, tried again, given up, and never led into a network that is not public."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from django.utils import timezone
from pytest_django import Settings

from coday.accounts.models import User
from coday.kernel.database import in_database
from coday.kernel.guarded.errors import AddressRefusedError, InvalidAddressError
from coday.kernel.ids import new_id
from runs.execution.clock import TICK, do_chores
from runs.models import Notification, NotificationTarget, Run
from runs.notifying import sending
from runs.notifying.letters import Letter
from runs.notifying.sending import KEPT, PATIENCE, PAUSES, claim_due, post
from runs.notifying.signing import new_secret
from runs.notifying.targets import change_target, create_target
from tests.kernel.test_guarded import serving
from tests.runs.conversation import Conversation
from tests.runs.notifying.conftest import EVERYTHING, Hook, let_pass, notifications, target_now, tick
from tests.support.hooks import Receiver, verify
from tests.support.replies import PATIENCE as WAIT


async def test_a_refusal_is_tried_again_with_longer_and_longer_pauses(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [500]
    await talk.ask()
    pauses = []
    for attempt in range(1, len(PAUSES) + 2):
        before = timezone.now()
        await tick()
        [told] = await notifications()
        assert told.attempts == attempt == len(hook.receiver.requests)
        assert told.last_error == "The address answered with the status 500."
        if told.next_at:
            pauses.append(round((told.next_at - before).total_seconds()))
        await tick()  # nothing is due
        await let_pass()
    assert [abs(pause - given.total_seconds()) < WAIT for pause, given in zip(pauses, PAUSES, strict=True)] == [
        True
    ] * 7
    assert (told.next_at, told.delivered_at) == (None, None)
    assert len({headers["webhook-id"] for headers, _ in hook.receiver.requests}) == 1
    for headers, body in hook.receiver.requests:
        verify(hook.secret, headers, body)
    target = await target_now()
    assert target.enabled
    assert target.failing_since


async def test_what_gets_through_ends_the_trouble(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [503, 204]
    await talk.ask()
    await tick()
    await let_pass()
    await tick()
    [told] = await notifications()
    assert told.delivered_at
    assert (told.attempts, told.last_error, told.next_at) == (2, "", None)
    target = await target_now()
    assert (target.failing_since, target.last_error) == (None, "")


async def test_an_address_that_is_gone_is_told_nothing_more(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [410]
    await talk.ask()
    await talk.ask()
    await tick()
    target = await target_now()
    assert not target.enabled
    assert target.stopped_because == "The address answered with the status 410."
    assert {told.next_at for told in await notifications()} == {None}
    await talk.ask()
    await tick()
    assert len(hook.receiver.requests) == 2

    hook.receiver.statuses = [204]
    changed = await in_database(
        change_target, user_id=talk.asker.user_id, target_id=target.pk, changes={"enabled": True}
    )
    assert (changed.stopped_because, changed.failing_since) == ("", None)
    await tick()
    assert len(hook.receiver.requests) == 2, "what was while it was off is not told"
    await talk.ask()
    await tick()
    assert len(hook.receiver.requests) == 3


async def test_an_address_that_fails_for_days_is_switched_off(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [500]
    long_ago = timezone.now() - PATIENCE - timedelta(minutes=1)
    await in_database(NotificationTarget.objects.update, failing_since=long_ago)
    await talk.ask()
    await tick()
    target = await target_now()
    assert not target.enabled
    assert target.stopped_because == "Nothing got through for 3 days. The address answered with the status 500."


async def test_who_dies_while_sending_leaves_it_to_be_told_again(talk: Conversation, hook: Hook) -> None:
    """At least once: the receiver had it, but nobody is left who knows."""
    await hook.add(talk)
    await talk.ask()
    hook.receiver.statuses = [None, 204]
    sending_it = asyncio.create_task(tick())
    await asyncio.wait_for(hook.receiver.arrived.wait(), WAIT)
    sending_it.cancel()
    await asyncio.wait([sending_it])
    [told] = await notifications()
    assert (told.attempts, told.delivered_at) == (1, None)
    assert told.next_at
    assert told.next_at > timezone.now()
    await tick()
    assert len(hook.receiver.requests) == 1, "another one may still be at it"
    await let_pass()
    await tick()
    assert len(hook.receiver.requests) == 2
    [first, second] = [headers["webhook-id"] for headers, _ in hook.receiver.requests]
    assert first == second
    assert (await notifications())[0].delivered_at


async def test_one_that_does_not_answer_takes_no_room_from_others(
    talk: Conversation, hook: Hook, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    silent = Receiver(statuses=[None])
    async with serving(silent.handle) as at:
        settings.CODAY_FETCH_ALLOW = [*settings.CODAY_FETCH_ALLOW, f"127.0.0.1:{at.port}"]
        await hook.add(talk, name="Silent", url=at.at("/"))
        for _ in range(sending.AT_ONCE_TO_ONE + 2):
            await talk.ask()
        target = await hook.add(talk)
        await talk.ask()
        await tick()
        silent.over.set()
    assert hook.receiver.kinds == ["run.completed"]
    told = await notifications()
    assert [one.last_error for one in told if one.target_id == target.pk] == [""]
    others = [one for one in told if one.target_id != target.pk]
    assert {one.last_error for one in others if one.attempts} == {"The server took too long."}


async def test_two_never_send_the_same(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [500]
    await talk.ask()
    await tick()
    await let_pass()
    first, second = await in_database(lambda: (claim_due(), claim_due()))
    assert (len(first), second) == (1, [])


async def test_what_was_deleted_is_not_told(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [500]
    run = await talk.ask()
    await tick()
    await in_database(Run.objects.filter(pk=run.id).update, deleted_at=timezone.now())
    await let_pass()
    await tick()
    [told] = await notifications()
    assert (told.next_at, told.last_error, len(hook.receiver.requests)) == (None, "The run was deleted.", 1)


async def test_a_suspended_person_is_told_nothing(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    hook.receiver.statuses = [500]
    await talk.ask()
    await tick()
    await in_database(User.objects.update, is_active=False)
    await talk.driver.idle()
    await let_pass()
    await tick()
    assert len(hook.receiver.requests) == 1


async def test_old_ones_are_forgotten(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    await talk.ask()
    await talk.ask()
    await tick()
    [old, young] = await notifications()
    long_ago = timezone.now() - KEPT - timedelta(hours=1)
    await in_database(Notification.objects.filter(pk=old.pk).update, created_at=long_ago)
    await do_chores(3_600 * 400_000)
    assert [told.pk for told in await notifications()] == [young.pk]


# --- Where nothing is sent to ---------------------------------------------------------------------------------------


@pytest.fixture
async def receiver(settings: Settings) -> AsyncIterator[tuple[Receiver, str]]:
    """A server on an address that is not public, which nobody has allowed."""
    inside = Receiver()
    settings.CODAY_FETCH_PORTS = list(range(1, 65_536))
    async with serving(inside.handle) as at:
        yield inside, at.at("/")


def a_letter(url: str) -> Letter:
    return Letter(id=new_id(), target_id=new_id(), url=url, secret=new_secret(), body=b"{}")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1"],  # noqa: S104
)
async def test_nothing_is_sent_inside(receiver: tuple[Receiver, str], host: str) -> None:
    inside, url = receiver
    answer = await post(a_letter(url.replace("127.0.0.1", host)))
    assert not answer.taken
    assert inside.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook", "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/",
        "http://[fd00::1]/", "https://10.0.0.1/", "https://hooks.example.org:22/", "http://localhost/",
    ],
)  # fmt: skip
def test_no_target_leads_inside(owner: User, url: str) -> None:
    with pytest.raises(AddressRefusedError):
        create_target(user_id=owner.pk, values={"name": "x", "url": url, "events": EVERYTHING, "enabled": True})
    target, _ = create_target(
        user_id=owner.pk,
        values={"name": "x", "url": "https://hooks.example.org/", "events": EVERYTHING, "enabled": True},
    )
    with pytest.raises(AddressRefusedError):
        change_target(user_id=owner.pk, target_id=target.pk, changes={"url": url})


@pytest.mark.parametrize("url", ["ftp://example.org/", "https://me:pass@example.org/", "example.org", "javascript:x"])
def test_no_target_is_no_address(owner: User, url: str) -> None:
    with pytest.raises(InvalidAddressError):
        create_target(user_id=owner.pk, values={"name": "x", "url": url, "events": EVERYTHING, "enabled": True})


async def test_a_redirect_is_not_followed(hook: Hook, receiver: tuple[Receiver, str]) -> None:
    inside, url = receiver
    hook.receiver.statuses, hook.receiver.location = [307], url
    answer = await post(a_letter(hook.url))
    assert not answer.taken
    assert (len(hook.receiver.requests), inside.requests) == (1, [])


async def test_an_endless_answer_is_not_read(settings: Settings) -> None:
    asked = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        asked.set()
        while True:
            await response.write(b"x" * 65_536)

    async with serving(handle) as at:
        settings.CODAY_FETCH_ALLOW = [f"127.0.0.1:{at.port}"]
        answer = await asyncio.wait_for(post(a_letter(at.at("/"))), WAIT)
    assert asked.is_set()
    assert answer.taken


def test_a_chore_is_over_before_the_next_tick() -> None:
    assert sending.SECONDS + sending.SENDING < TICK
