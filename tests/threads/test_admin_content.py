"""What was said, in the admin: to nobody without the permission, and never unnoticed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coday.accounts.models import AuditRecord, User
from coday.kernel.ids import new_id
from threads.content import ImagePart, TextPart, ToolResultPart, ToolUsePart, dump_parts
from threads.masks import mask_texts
from threads.models import Message, Thread
from threads.privacy.findings import Finding

SECRET, VALUE, TOKEN = "a plan for Tuesday", "Erika", "{{pii:PERSON_1}}"


@pytest.fixture
def thread(db: None) -> Thread:
    """Somebody's anonymous thread, in which a name was said."""
    owner = User.objects.create_user("ann")
    thread = Thread.objects.create(owner=owner, anonymous=True, title="A title")
    mask_texts(thread_id=thread.pk, texts=[VALUE], findings=[[Finding(0, 5, "PERSON", 1.0)]])
    said = (TextPart(f"{TOKEN} has {SECRET}."), ImagePart(id=new_id(), alt="a photo"))
    told = (ToolUsePart("c", "note", {"of": TOKEN}), ToolResultPart("c", "note", f"Noted for {TOKEN}."))
    for role, parts in (("user", said), ("assistant", told)):
        Message.objects.create(thread=thread, run_id=new_id(), role=role, content=dump_parts(parts))
    return thread


def clerk(*permissions: str, superuser: bool = False) -> Client:
    """A browser of somebody on the staff with these permissions."""
    user = User.objects.create_user(f"clerk {new_id()}", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def address(thread: Thread) -> str:
    return reverse("admin:threads_thread_what_was_said", args=[thread.pk])


def looks() -> list[tuple[str, str]]:
    """Who looked at what, by the audit log."""
    noted = AuditRecord.objects.filter(action__in=("content_read", "masks_revealed")).order_by("id")
    return list(noted.values_list("action", "object_id"))


EVERYTHING_ELSE = ("view_thread", "change_thread", "add_thread", "delete_thread", "reveal_masks", "view_run")


@pytest.mark.parametrize("permissions", [(), ("view_thread",), EVERYTHING_ELSE, ("read_content",)])
def test_without_the_permission_nothing_is_shown(thread: Thread, permissions: tuple[str, ...]) -> None:
    client = clerk(*permissions)
    for answer in (client.get(address(thread)), client.post(address(thread))):
        assert answer.status_code == 403
        assert SECRET not in answer.text
    assert looks() == []


def test_who_may_read_sees_masks_and_is_noted(thread: Thread) -> None:
    client = clerk("view_thread", "read_content")
    button = client.get(reverse("admin:threads_thread_change", args=[thread.pk])).text
    assert address(thread) in button
    for _ in range(2):
        shown = client.get(address(thread)).text
        assert SECRET in shown
        assert TOKEN in shown
        assert f"Noted for {TOKEN}." in shown
        assert VALUE not in shown
        assert "Show the values" not in shown
    assert looks() == [("content_read", str(thread.pk))] * 2
    noted = AuditRecord.objects.filter(action="content_read")[0]
    assert (noted.object_type, noted.details) == ("threads.thread", {"messages": 2})
    assert SECRET not in f"{noted.object_label}{noted.details}"


def test_values_take_another_permission_and_another_press(thread: Thread) -> None:
    reader = clerk("view_thread", "read_content")
    refused = reader.post(address(thread))
    assert refused.status_code == 403
    assert VALUE not in refused.text
    assert looks() == []

    client = clerk("view_thread", "read_content", "reveal_masks")
    page = client.get(address(thread)).text
    assert "Show the values" in page
    assert VALUE not in page
    shown = client.post(address(thread))
    assert f"{VALUE} has {SECRET}." in shown.text
    assert TOKEN not in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    assert [action for action, _ in looks()] == ["content_read", "masks_revealed"]


def test_a_superuser_may_and_is_noted(thread: Thread) -> None:
    client = clerk(superuser=True)
    assert SECRET in client.get(address(thread)).text
    assert VALUE in client.post(address(thread)).text
    assert [action for action, _ in looks()] == ["content_read", "masks_revealed"]


def test_no_list_and_no_other_page_tells_it(thread: Thread) -> None:
    client = clerk(superuser=True)
    for name in ("admin:threads_thread_changelist", "admin:accounts_auditrecord_changelist"):
        shown = client.get(reverse(name)).text
        assert not [told for told in (SECRET, VALUE, TOKEN) if told in shown]
    shown = client.get(reverse("admin:threads_thread_change", args=[thread.pk])).text
    assert not [told for told in (SECRET, VALUE, TOKEN) if told in shown]


def test_what_was_removed_is_not_shown_and_pages_go_back(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    client = clerk(superuser=True)
    monkeypatch.setattr("threads.admin_content.PAGE", 1)
    newest = client.get(address(thread)).text
    assert SECRET not in newest
    older = Message.objects.order_by("-id")[0]
    assert f"?before={older.pk}" in newest
    assert SECRET in client.get(f"{address(thread)}?before={older.pk}").text
    assert client.get(f"{address(thread)}?before=x").status_code == 404
    Message.objects.update(removed=True)
    assert SECRET not in client.get(address(thread)).text


def test_a_form_from_elsewhere_reveals_nothing(thread: Thread) -> None:
    client = clerk(superuser=True)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    answer = strict.post(address(thread))
    assert answer.status_code == 403
    assert VALUE not in answer.text
    assert looks() == []
