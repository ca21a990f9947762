"""Whoever runs the site sees with whom something is shared, not what; and ends it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coday.accounts.audit import Actor
from coday.accounts.models import AuditRecord, User
from runs.exchange import sharing
from runs.exchange.sharing import NewShare
from runs.models import Share
from tests.runs.api.history import History
from tests.runs.conversation import make_cast

LIST = "admin:runs_share_changelist"


@pytest.fixture
def row(db: None, teammate: User) -> Share:
    """What Ann shares with the teammate and by a link."""
    history = History(make_cast(base_url="http://127.0.0.1:9/v1", title="A s3cret title"))
    history.answer(history.ask("A s3cret question"), "A s3cret answer")
    new = NewShare(link=True, people=["teammate"])
    by = Actor(name="ann")
    return sharing.share(by=by, owner_id=history.asker.user_id, thread_id=history.thread_id, new=new)[0]


def page_of(row: Share) -> str:
    return reverse("admin:runs_share_change", args=[row.pk])


def revoke(client: Client, row: Share) -> Any:
    chosen = {"action": "revoke_chosen", "_selected_action": str(row.pk)}
    return client.post(reverse(LIST), chosen)


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_shows_readers_and_no_content(admin: User, row: Share) -> None:
    client = log_in(admin)
    for address in (reverse(LIST), page_of(row), f"{reverse(LIST)}?q=teammate&link=yes"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "s3cret" not in answer.content.decode()
        assert row.token_digest not in answer.content.decode()
    assert "teammate" in client.get(page_of(row)).content.decode()
    assert str(row.pk) not in client.get(f"{reverse(LIST)}?link=no").content.decode()


def test_it_ends_a_share_and_says_so_in_the_audit_log(admin: User, row: Share) -> None:
    revoke(log_in(admin), row)
    row.refresh_from_db()
    assert (row.document, row.revoked_at is None) == ("", False)
    told = AuditRecord.objects.filter(object_id=row.pk, actor="admin").get()
    assert told.details["action"] == "revoked"


def test_whoever_may_only_look_ends_nothing(stranger: User, row: Share) -> None:
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    stranger.user_permissions.add(Permission.objects.get(codename="view_share"))
    revoke(log_in(stranger), row)
    row.refresh_from_db()
    assert row.revoked_at is None
    assert log_in(stranger).post(page_of(row), {"title": "Mine"}).status_code == 403
