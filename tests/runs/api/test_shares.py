"""Shares over REST, and the pages that show them: who sees what, and what is told to nobody."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from coday.accounts.models import User
from runs.models import Share
from tests.runs.api.history import History
from tests.runs.api.site import png
from threads.models import ImageAttachment, Message, Thread
from threads.operations import add_image

ClientOf = Callable[[User], Client]
SHARES = "/api/v1/shares/"


@pytest.fixture
def ann(history: History) -> Client:
    """Whose conversation it is."""
    history.turn(1)
    return history.client()


def shared(client: Client, history: History, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{history.url}shares/", {"link": True, **body}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def path_of(share: dict[str, Any]) -> str:
    """Where a link leads, on this site."""
    return str(share["link"]).removeprefix("http://testserver")


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def results(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(address).json()["results"]
    return found


# --- REST -----------------------------------------------------------------------------------------------------------


def test_the_address_of_a_link_is_told_once(ann: Client, history: History) -> None:
    made = shared(ann, history)
    assert made["link"].startswith("http://testserver/shared/")
    for address in (SHARES, f"{history.url}shares/"):
        [listed] = results(ann, address)
        assert "link" not in listed
        assert (listed["id"], listed["has_link"], listed["state"]) == (made["id"], True, "live")


def test_readers_find_it_and_read_it(ann: Client, history: History, teammate: User, client_of: ClientOf) -> None:
    made = shared(ann, history, link=False, people=["teammate"])
    reader = client_of(teammate)
    [listed] = results(reader, f"{SHARES}received/")
    assert (listed["id"], listed["owner"]) == (made["id"], "ann")
    assert results(reader, SHARES) == []
    shown = reader.get(f"{SHARES}{made['id']}/").json()
    texts = [part["text"] for message in shown["snapshot"]["runs"][0]["messages"] for part in message["content"]]
    assert texts == ["question 1", "answer 1"]
    assert "people" not in shown


def test_a_reader_changes_nothing(ann: Client, history: History, teammate: User, client_of: ClientOf) -> None:
    made = shared(ann, history, people=["teammate"])
    reader = client_of(teammate)
    address = f"{SHARES}{made['id']}/"
    assert reader.delete(address).status_code == 404
    assert reader.post(f"{address}renew/", {}, content_type="application/json").status_code == 404
    assert reader.get(f"{history.url}shares/").status_code == 404
    assert reader.get(history.url).status_code == 404
    assert reader.get(address).status_code == 200


def test_wrong_names_are_told_at_their_fields(ann: Client, history: History) -> None:
    Group.objects.create(name="Others")
    for field, name in (("people", "nobody"), ("groups", "Others")):
        answer = ann.post(f"{history.url}shares/", {field: [name]}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_name")
        assert answer.json()["details"]["field"] == field


@pytest.mark.parametrize("body", [{"people": "ann"}, {"link": "maybe"}, {"run": "1"}, {"expires_at": "soon"}, {"a": 1}])
def test_a_body_that_breaks_a_rule_is_refused(ann: Client, history: History, body: dict[str, Any]) -> None:
    assert ann.post(f"{history.url}shares/", body, content_type="application/json").status_code == 400
    assert not Share.objects.exists()


def test_a_copy_is_the_readers_own(ann: Client, history: History, teammate: User, client_of: ClientOf) -> None:
    made = shared(ann, history, people=["teammate"])
    reader = client_of(teammate)
    for address in (f"{SHARES}{made['id']}/copy/", f"/api/v1{path_of(made)}copy/"):
        thread = reader.post(address, {}, content_type="application/json")
        assert thread.status_code == 201, thread.content
        said = results(reader, f"/api/v1/threads/{thread.json()['id']}/messages/")
        assert {message["role"] for message in said} == {"user", "assistant"}
    assert Thread.objects.filter(owner=teammate).count() == 2


def test_a_copy_needs_a_login(ann: Client, history: History) -> None:
    made = shared(ann, history)
    assert Client().post(f"/api/v1{path_of(made)}copy/").status_code == 401


# --- The page of a link ---------------------------------------------------------------------------------------------


def test_whoever_has_the_link_reads_it(ann: Client, history: History) -> None:
    path = path_of(shared(ann, history))
    answer = Client().get(path)
    assert answer.status_code == 200
    assert b"answer 1" in answer.content
    assert b"ann" not in answer.content
    assert not answer.cookies


def test_nothing_of_it_is_kept_indexed_or_told_elsewhere(ann: Client, history: History) -> None:
    path = path_of(shared(ann, history))
    chat = log_in(User.objects.get(username="ann")).get("/")
    for address in (path, f"{path[:-5]}xxxx/", f"{path}images/{history.thread_id}/"):
        headers = Client().get(address).headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"] == chat.headers["Content-Security-Policy"]
    assert b'<meta name="referrer" content="no-referrer">' in Client().get(path).content


def test_what_is_not_there_looks_always_the_same(ann: Client, history: History, teammate: User, stranger: User) -> None:
    expired, revoked = shared(ann, history), shared(ann, history, people=["teammate"])
    Share.objects.filter(pk=expired["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ann.delete(f"{SHARES}{revoked['id']}/").status_code == 204
    links = [path_of(expired), path_of(revoked), f"/shared/{'x' * 43}/", "/shared/x/"]
    answers = [Client().get(path) for path in links]
    foreign = shared(ann, history, people=["teammate"])
    pages = [f"/shares/{revoked['id']}/", f"/shares/{history.thread_id}/", f"/shares/{foreign['id']}/"]
    answers += [log_in(stranger).get(path) for path in pages]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    told = [log_in(stranger).get(f"/api/v1{path}") for path in pages]
    assert len({(answer.status_code, answer.content) for answer in told}) == 1


def test_looks_are_counted_but_not_the_owners(ann: Client, history: History) -> None:
    path = path_of(shared(ann, history))
    Client().get(path)
    Client().head(path)
    Client().get(path)
    log_in(User.objects.get(username="ann")).get(path)
    assert results(ann, SHARES)[0]["views"] == 2


def test_too_many_looks_are_refused(ann: Client, history: History, settings: Settings) -> None:
    settings.CODAY_SHARED_PER_MINUTE = 2
    path = path_of(shared(ann, history))
    answers = [Client(REMOTE_ADDR="192.0.2.77").get(path) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"]


def test_who_is_not_logged_in_is_asked_to_for_what_is_for_people(ann: Client, history: History) -> None:
    made = shared(ann, history)
    answer = Client().get(f"/shares/{made['id']}/")
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/accounts/login/")


def test_the_text_of_a_page_cannot_leave_its_place(ann: Client, history: History) -> None:
    run = history.ask("</script><script>alert(1)</script>")
    history.answer(run, "<img src=x onerror=alert(1)>")
    page = Client().get(path_of(shared(ann, history))).content
    assert b"<script>alert" not in page
    assert b"<img src=x" not in page


# --- Images ---------------------------------------------------------------------------------------------------------


def test_only_the_images_in_it_are_served(ann: Client, history: History, teammate: User, stranger: User) -> None:
    shown, other = image_of(history), image_of(history)
    run = history.turn(2)
    message = Message.objects.filter(run_id=run.id, role="user").get()
    message.content = [{"type": "image", "id": str(shown.pk)}, *message.content]
    message.save()
    made = shared(ann, history, run=str(run.id), people=["teammate"])
    for client, base in ((Client(), path_of(made)), (log_in(teammate), f"/shares/{made['id']}/")):
        answer = client.get(f"{base}images/{shown.pk}/")
        assert (answer.status_code, answer.content) == (200, png())
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.get(f"{base}images/{other.pk}/").status_code == 404
    assert log_in(stranger).get(f"/shares/{made['id']}/images/{shown.pk}/").status_code == 404
    ann.delete(f"{SHARES}{made['id']}/")
    assert Client().get(f"{path_of(made)}images/{shown.pk}/").status_code == 404


def image_of(history: History) -> ImageAttachment:
    """An image of the conversation."""
    image = add_image(
        user_id=history.asker.user_id, thread_id=history.thread_id, name="dot.png", file=io.BytesIO(png()),
        size=len(png()),
    )  # fmt: skip
    return ImageAttachment.objects.get(pk=image.id)
