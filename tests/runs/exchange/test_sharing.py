"""A share shows what was said when it was made, to those whom it is for, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import Settings

from coday.accounts.audit import Actor
from coday.accounts.authentication import digest_of
from coday.accounts.models import AuditRecord, User
from coday.edge.limits import RateLimitedError
from coday.kernel.errors import InvalidInputError
from coday.kernel.ids import new_id
from runs.errors import RunNotFoundError, RunStateError
from runs.events import RunSnapshot
from runs.exchange import sharing
from runs.exchange.share_errors import (
    LinksForbiddenError,
    NobodyToShareWithError,
    NothingToShareError,
    ShareNotFoundError,
    ShareTooLargeError,
    TooManySharesError,
    UnknownNameError,
)
from runs.exchange.sharing import NewShare
from runs.exchange.shown import share_object, snapshot_object
from runs.inputs import Asker
from runs.models import Share, ToolCall
from tests.runs.api.history import History
from tests.runs.conversation import Cast, make_cast
from threads.content import ThinkingPart, ToolResultPart, ToolUsePart
from threads.errors import ThreadNotFoundError
from threads.operations import add_message, create_thread, delete_thread
from threads.snapshot import MessageSnapshot


@pytest.fixture
def history(db: None) -> History:
    """A thread of Ann's, with nobody behind its model."""
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))


def share(history: History, **what: Any) -> tuple[Share, str]:
    """Share as Ann does."""
    by = Actor(name="ann", id=history.asker.user_id)
    new = NewShare(**{"link": True, **what})
    return sharing.share(by=by, owner_id=history.asker.user_id, thread_id=history.thread_id, new=new)


def revoke(row: Share) -> None:
    sharing.revoke(by=Actor(name="ann"), owner_id=row.owner_id, share_id=row.pk)


def said(row: Share) -> list[str]:
    """The texts that a share shows."""
    shown = snapshot_object(Share.objects.get(pk=row.pk), images="/")
    messages = [message for run in shown["runs"] for message in run["messages"]]
    return [part["text"] for message in messages for part in message["content"] if part["type"] == "text"]


def received(user: User) -> list[UUID]:
    return [row.pk for row in sharing.received_shares(user_id=user.pk)]


# --- What is shown --------------------------------------------------------------------------------------------------


def test_it_shows_the_branch_as_it_was(history: History) -> None:
    first = history.turn(1)
    history.turn(2)
    row, _ = share(history)
    history.turn(3)
    assert said(row) == ["question 1", "answer 1", "question 2", "answer 2"]
    assert str(first.id) in row.runs


def test_other_branches_and_the_queue_are_not_in_it(history: History) -> None:
    first = history.turn(1)
    history.answer(history.rerun(first), "another answer")
    history.ask("is queued")
    row, _ = share(history)
    assert said(row) == ["question 1", "another answer"]


def test_one_run_is_shown_alone(history: History) -> None:
    history.turn(1)
    second = history.turn(2)
    history.turn(3)
    row, _ = share(history, run=second.id)
    assert said(row) == ["question 2", "answer 2"]
    assert row.runs == [str(second.id)]


def test_what_tools_got_and_gave_and_what_models_thought_is_not_in_it(history: History) -> None:
    run = history.ask("What does the safe hold?")
    history.start(run)
    call = ToolUsePart(id="c1", name="open_safe", arguments={"code": "s3cret-code"})
    chart = ToolUsePart(id="c2", name="show_chart", arguments={"title": "Gold"})
    _say(run, "assistant", ThinkingPart(text="s3cret thought", signature="s3cret-proof"), call, chart)
    _say(run, "tool", ToolResultPart(tool_call_id="c1", name="open_safe", content="s3cret gold"))
    given = {"code": "s3cret-code"}
    ToolCall.objects.create(run_id=run.id, call_id="c1", name="open_safe", status="succeeded", arguments=given,
                            content="s3cret gold", details={"sources": ["s3cret"]}, state={"key": "s3cret"})  # fmt: skip
    ToolCall.objects.create(
        run_id=run.id, call_id="c2", name="show_chart", kind="display", status="succeeded", arguments={"title": "Gold"}
    )
    history.say(run, "Gold.")
    history.finish(run)
    row, _ = share(history)
    shown = snapshot_object(row, images="/")
    assert "s3cret" not in repr(shown)
    assert "s3cret" not in row.document
    calls = {call["name"]: call for call in shown["runs"][0]["calls"]}
    assert "arguments" not in calls["open_safe"]
    assert calls["show_chart"]["arguments"] == {"title": "Gold"}


def _say(run: RunSnapshot, role: Any, *parts: Any) -> None:
    message = MessageSnapshot(
        id=new_id(), thread_id=run.thread_id, run_id=run.id, role=role, status="complete", content=parts,
        created_at=timezone.now(),
    )  # fmt: skip
    add_message(message)


def test_nothing_of_the_owner_is_in_it(history: History) -> None:
    User.objects.filter(pk=history.asker.user_id).update(email="ann@example.org")
    run = history.turn(1)
    row, _ = share(history)
    shown = repr(snapshot_object(row, images="/"))
    for private in ("ann", str(history.asker.user_id), str(run.id), str(history.thread_id)):
        assert private not in shown


def test_the_owner_brings_it_up_to_date(history: History) -> None:
    history.turn(1)
    row, token = share(history)
    history.turn(2)
    sharing.renew(by=Actor(name="ann"), owner_id=history.asker.user_id, share_id=row.pk)
    assert said(row) == ["question 1", "answer 1", "question 2", "answer 2"]
    assert sharing.find_by_token(token=token).pk == row.pk


# --- What can be shared ---------------------------------------------------------------------------------------------


def test_what_has_not_ended_is_not_shared(history: History) -> None:
    with pytest.raises(NothingToShareError):
        share(history)
    run = history.ask("Hello?")
    with pytest.raises(NothingToShareError):
        share(history)
    with pytest.raises(RunStateError):
        share(history, run=run.id)


def test_only_ones_own_is_shared(history: History, stranger: User) -> None:
    run = history.turn(1)
    actor = Actor.user(stranger)
    new = NewShare(link=True)
    with pytest.raises(ThreadNotFoundError):
        sharing.share(by=actor, owner_id=stranger.pk, thread_id=history.thread_id, new=new)
    other = History(history_of(stranger))
    other.turn(1)
    with pytest.raises(RunNotFoundError):
        sharing.share(by=actor, owner_id=stranger.pk, thread_id=other.thread_id, new=NewShare(link=True, run=run.id))


def history_of(user: User) -> Cast:
    return Cast(Asker(user_id=user.pk, username=user.username), create_thread(owner_id=user.pk, title="Mine").id)


def test_there_are_limits(history: History, settings: Settings) -> None:
    history.turn(1)
    history.turn(2)
    share(history)
    settings.CODAY_MAX_SHARES = 1
    with pytest.raises(TooManySharesError):
        share(history)
    settings.CODAY_MAX_SHARES = 5
    settings.CODAY_MAX_SHARE_BYTES = 10
    with pytest.raises(ShareTooLargeError):
        share(history)
    settings.CODAY_MAX_SHARE_BYTES, settings.CODAY_MAX_FORK_RUNS = 10_000, 1
    with pytest.raises(ShareTooLargeError):
        share(history)


# --- For whom -------------------------------------------------------------------------------------------------------


def test_it_is_there_for_those_who_are_named(history: History, teammate: User, stranger: User) -> None:
    history.turn(1)
    row, token = share(history, link=False, people=["teammate"])
    assert (token, received(teammate), received(stranger)) == ("", [row.pk], [])
    assert sharing.get_share(user_id=teammate.pk, share_id=row.pk) == row
    with pytest.raises(ShareNotFoundError):
        sharing.get_share(user_id=stranger.pk, share_id=row.pk)


def test_it_is_there_for_those_who_are_in_the_group(history: History, teammate: User) -> None:
    group = Group.objects.create(name="Team")
    group.user_set.add(teammate, User.objects.get(pk=history.asker.user_id))
    history.turn(1)
    row, _ = share(history, link=False, groups=["Team"])
    assert received(teammate) == [row.pk]
    group.user_set.remove(teammate)
    assert received(teammate) == []
    with pytest.raises(ShareNotFoundError):
        sharing.get_share(user_id=teammate.pk, share_id=row.pk)


def test_a_wrong_name_is_told_of_its_field_and_not_too_often(history: History, teammate: User) -> None:
    Group.objects.create(name="Not Ann's")
    history.turn(1)
    for field, name in (("people", "Teammate"), ("groups", "Not Ann's"), ("groups", "None")):
        with pytest.raises(UnknownNameError) as caught:
            share(history, link=False, **{field: [name]})
        assert caught.value.details == {"field": field, "names": [name]}
    User.objects.filter(pk=teammate.pk).update(is_active=False)
    with pytest.raises(UnknownNameError):
        share(history, people=["teammate"])
    with pytest.raises(RateLimitedError):
        share(history, people=[f"guess-{number}" for number in range(50)])
    assert not Share.objects.exists()


def test_somebody_else_has_to_be_named(history: History) -> None:
    history.turn(1)
    with pytest.raises(NobodyToShareWithError):
        share(history, link=False)
    with pytest.raises(InvalidInputError, match="yourself"):
        share(history, people=["ann"])


def test_nobody_sees_what_was_revoked(history: History, teammate: User) -> None:
    history.turn(1)
    row, token = share(history, people=["teammate"])
    revoke(row)
    revoke(row)
    gone(row, token, teammate)
    kept = Share.objects.get(pk=row.pk)
    assert (kept.document, kept.runs) == ("", [])
    assert share_object(kept)["state"] == "revoked"


def gone(row: Share, token: str, reader: User) -> None:
    """Nobody can see it any more, and nobody is told why."""
    assert received(reader) == []
    with pytest.raises(ShareNotFoundError):
        sharing.find_by_token(token=token)
    for user_id in (reader.pk, row.owner_id):
        with pytest.raises(ShareNotFoundError):
            sharing.get_share(user_id=user_id, share_id=row.pk)


def test_nobody_sees_what_has_expired(history: History, teammate: User) -> None:
    history.turn(1)
    row, token = share(history, people=["teammate"], expires_at=timezone.now() + timedelta(hours=1))
    Share.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    gone(row, token, teammate)


def test_nothing_is_kept_of_what_has_expired(history: History, teammate: User) -> None:
    history.turn(1)
    expired, _ = share(history)
    lasting, _ = share(history, link=False, people=["teammate"])
    Share.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert [sharing.forget_expired(), sharing.forget_expired()] == [1, 0]
    expired.refresh_from_db()
    assert (expired.document, expired.runs, share_object(expired)["state"]) == ("", [], "expired")
    assert said(lasting) == ["question 1", "answer 1"]


def test_nobody_sees_what_somebody_shared_who_may_not_log_in_any_more(history: History, teammate: User) -> None:
    history.turn(1)
    row, token = share(history, people=["teammate"])
    User.objects.filter(pk=history.asker.user_id).update(is_active=False)
    gone(row, token, teammate)


def test_what_is_shared_ends_with_its_conversation(history: History, teammate: User) -> None:
    history.turn(1)
    row, token = share(history, people=["teammate"])
    delete_thread(user_id=history.asker.user_id, thread_id=history.thread_id)
    assert not Share.objects.exists()
    gone(row, token, teammate)


# --- Links ----------------------------------------------------------------------------------------------------------


def test_a_link_has_a_token_that_is_stored_nowhere(history: History) -> None:
    history.turn(1)
    row, token = share(history)
    assert len(token) == 43  # 256 bits
    stored = Share.objects.get(pk=row.pk)
    assert stored.token_digest == digest_of(token)
    assert token not in repr(vars(stored))
    assert sharing.find_by_token(token=token) == row
    with pytest.raises(ShareNotFoundError):
        sharing.find_by_token(token=token[:-1])
    with pytest.raises(ShareNotFoundError):
        sharing.find_by_token(token="")


def test_a_share_without_a_link_is_found_by_no_token(history: History, teammate: User) -> None:
    history.turn(1)
    row, _ = share(history, link=False, people=["teammate"])
    assert row.token_digest == ""
    with pytest.raises(ShareNotFoundError):
        sharing.find_by_token(token="")


def test_a_link_ends_some_day(history: History, teammate: User) -> None:
    history.turn(1)
    assert share(history)[0].expires_at is not None
    assert share(history, link=False, people=["teammate"])[0].expires_at is None
    for days in (-1, 400):
        with pytest.raises(InvalidInputError):
            share(history, expires_at=timezone.now() + timedelta(days=days))


def test_a_site_may_forbid_links(history: History, teammate: User, settings: Settings) -> None:
    history.turn(1)
    row, token = share(history)
    settings.CODAY_SHARE_LINKS = False
    with pytest.raises(LinksForbiddenError):
        share(history)
    with pytest.raises(ShareNotFoundError):
        sharing.find_by_token(token=token)
    assert share_object(row)["state"] == "expired"
    share(history, link=False, people=["teammate"])


def test_whoever_has_a_link_learns_no_name_unless_the_owner_says_so(history: History, teammate: User) -> None:
    history.turn(1)
    assert not share(history)[0].shows_name
    assert share(history, link=False, people=["teammate"])[0].shows_name
    assert share(history, show_name=True)[0].shows_name


def test_the_audit_log_tells_of_it(history: History, teammate: User) -> None:
    history.turn(1)
    row, _ = share(history, people=["teammate"])
    sharing.count_view(row)
    sharing.count_view(row)
    revoke(row)
    told = [record.details for record in AuditRecord.objects.filter(object_id=row.pk).order_by("id")]
    assert [(details["action"], details.get("views")) for details in told] == [("shared", None), ("revoked", 2)]
    assert (told[0]["people"], told[0]["link"]) == (["teammate"], True)
