"""REST of threads and their images, as far as nothing has to run."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from agents.models import Agent, LanguageModel, Provider
from coday.accounts.models import User
from threads.api.pages import cursor_of
from threads.models import ImageAttachment, Thread
from threads.operations import create_thread
from threads.queries import ListPosition
from threads.wire import image_url

URL = "/api/v1/threads/"
ABSENT = UUID(int=0)


@pytest.fixture
def client(owner: User, client_of: Callable[[User], Client]) -> Client:
    """The owner's."""
    return client_of(owner)


@pytest.fixture
def thread(owner: User) -> Thread:
    """The owner's thread."""
    return Thread.objects.get(pk=create_thread(owner_id=owner.pk, title="Plans").id)


@pytest.fixture
def choices(db: None) -> None:
    """An agent and a model that exist, and one of each that does not any more."""
    provider = Provider.objects.create(slug="p", name="P", kind="demo")
    for slug, enabled in (("small", True), ("gone", False)):
        LanguageModel.objects.create(provider=provider, slug=slug, name=slug, label=slug, enabled=enabled)
    for slug, enabled in (("helper", True), ("retired", False)):
        Agent.objects.create(slug=slug, name=slug, enabled=enabled)


def send(client: Client, method: str, url: str, body: Any) -> Any:
    """A JSON request."""
    return client.generic(
        method, url, body if isinstance(body, bytes) else msgspec.json.encode(body), content_type="application/json"
    )


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (2, 3)) -> bytes:
    """A real image."""
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, kind)
    return buffer.getvalue()


def upload(client: Client, thread_id: UUID, content: bytes, *, name: str = "dot.png", **extra: Any) -> Any:
    """Send a file as a form."""
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(f"{URL}{thread_id}/images/", {"file": file}, **extra)


# --- One thread -----------------------------------------------------------------------------------------------------


def test_a_thread_is_made_with_what_is_asked(client: Client, choices: None) -> None:
    answer = send(client, "POST", URL, {"title": "Trip", "agent": "helper", "model": "small"})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["title"], shown["agent"], shown["model"]) == ("Trip", "helper", "small")
    assert client.get(f"{URL}{shown['id']}/").json() == shown


@pytest.mark.parametrize("body", [{}, {"title": "", "agent": "", "model": None}])
def test_an_empty_thread_has_no_empty_fields(client: Client, body: dict[str, Any]) -> None:
    shown = send(client, "POST", URL, body).json()
    assert not {"title", "agent", "model", "head"} & shown.keys()
    assert (shown["tags"], shown["pinned"], shown["archived"], shown["last_seq"]) == ([], False, False, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"agent": "nobody"}, 404, "agent_not_found"),
        ({"agent": "retired"}, 404, "agent_not_found"),
        ({"model": "gone"}, 404, "model_not_found"),
        ({"title": "x" * 201}, 400, "invalid_input"),
        ({"title": "a\0b"}, 400, "invalid_input"),
        ({"titel": "x"}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
        (b"{", 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'"\\ud800"', 400, "malformed_json"),
    ],
)
def test_a_bad_thread_is_refused(client: Client, choices: None, body: Any, status: int, code: str) -> None:
    answer = send(client, "POST", URL, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Thread.objects.exists()


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    answer = client.post(URL, "title=x", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_thread_is_changed_and_the_change_is_journalled(client: Client, thread: Thread, choices: None) -> None:
    changes = {
        "title": "Trip",
        "agent": "helper",
        "model": "small",
        "tags": ["a", "b"],
        "pinned": True,
        "archived": True,
    }
    answer = send(client, "PATCH", f"{URL}{thread.pk}/", changes)
    assert answer.status_code == 200
    assert changes.items() <= answer.json().items()
    assert answer.json()["last_seq"] == 1


@pytest.mark.parametrize("nothing", [None, ""])
def test_agent_and_model_go_back_to_the_default(
    client: Client, thread: Thread, choices: None, nothing: str | None
) -> None:
    send(client, "PATCH", f"{URL}{thread.pk}/", {"agent": "helper", "model": "small"})
    shown = send(client, "PATCH", f"{URL}{thread.pk}/", {"agent": nothing, "model": nothing}).json()
    assert not {"agent", "model"} & shown.keys()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "x" * 201}, "invalid_input"),
        ({"title": None}, "invalid_input"),
        ({"tags": ["x" * 51]}, "invalid_input"),
        ({"tags": [str(number) for number in range(21)]}, "invalid_input"),
        ({"tags": ["a\0"]}, "invalid_input"),
        ({"tags": "a"}, "invalid_input"),
        ({"pinned": "perhaps"}, "invalid_input"),
        ({"owner": "me"}, "invalid_input"),
        ({"head": str(ABSENT)}, "run_not_found"),
        ({"agent": "retired"}, "agent_not_found"),
        ({"model": "gone"}, "model_not_found"),
    ],
)
def test_a_bad_change_changes_nothing(
    client: Client, thread: Thread, choices: None, changes: dict[str, Any], code: str
) -> None:
    before = client.get(f"{URL}{thread.pk}/").json()
    answer = send(client, "PATCH", f"{URL}{thread.pk}/", {"archived": True, **changes})
    assert answer.json()["code"] == code
    assert client.get(f"{URL}{thread.pk}/").json() == before


def test_an_unknown_method_or_thread_is_a_problem(client: Client, thread: Thread) -> None:
    assert client.put(f"{URL}{thread.pk}/").json()["code"] == "method_not_allowed"
    assert client.get(f"{URL}{ABSENT}/").json()["code"] == "thread_not_found"


# --- The list -------------------------------------------------------------------------------------------------------


def make_threads(owner: User, count: int, *, pinned: int = 0, at: datetime | None = None) -> list[UUID]:
    """Threads with a minute between them, newest first (or all at once), some of the older ones pinned."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [Thread(owner=owner, title=f"Number {number}", pinned=number < pinned) for number in range(count)]
    Thread.objects.bulk_create(rows)
    for number, row in enumerate(rows):
        Thread.objects.filter(pk=row.pk).update(updated_at=at or start + timedelta(minutes=number))
    newest_first = list(reversed(rows))
    return [row.pk for row in sorted(newest_first, key=lambda row: not row.pinned)]


def pages_of(client: Client, url: str) -> list[list[str]]:
    """The ids on each page, following ``next``."""
    pages = []
    following: str | None = url
    while following:
        page = client.get(following).json()
        assert page.keys() == {"results", "next", "previous"}
        pages.append([shown["id"] for shown in page["results"]])
        following = page["next"]
    return pages


@pytest.mark.parametrize("at", [None, datetime(2026, 1, 1, tzinfo=UTC)])
def test_pages_show_pinned_threads_first_then_the_newest_each_once(
    client: Client, owner: User, at: datetime | None
) -> None:
    ids = [str(pk) for pk in make_threads(owner, 11, pinned=4, at=at)]
    pages = pages_of(client, f"{URL}?limit=3")
    assert [len(page) for page in pages] == [3, 3, 3, 2]
    assert [pk for page in pages for pk in page] == ids


def test_a_page_stays_in_place_when_a_thread_is_added(client: Client, owner: User) -> None:
    ids = [str(pk) for pk in make_threads(owner, 4)]
    first = client.get(f"{URL}?limit=2").json()
    create_thread(owner_id=owner.pk)
    assert [shown["id"] for shown in client.get(first["next"]).json()["results"]] == ids[2:]


def test_threads_are_searched_by_title_and_archived_ones_are_apart(client: Client, owner: User) -> None:
    make_threads(owner, 3)
    Thread.objects.filter(title="Number 1").update(archived=True)

    def titles(query: str) -> list[str]:
        return [shown["title"] for shown in client.get(f"{URL}?{query}").json()["results"]]

    assert titles("") == ["Number 2", "Number 0"]
    assert titles("archived=true") == ["Number 1"]
    assert titles("q=nUMBER 2") == ["Number 2"]
    assert titles("q=100%25") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=many", "archived=perhaps", "q=%00", f"q={'x' * 201}",
        "cursor=x", "cursor=W10", "cursor=%F0", "cursor=bnVsbA==",
    ],
)  # fmt: skip
def test_a_parameter_of_the_wrong_form_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["details"]["field"] == query.partition("=")[0]


def test_a_made_up_cursor_at_the_end_of_time_is_refused(client: Client) -> None:
    moment = datetime.fromisoformat("0001-01-01T00:00:00+14:00")
    cursor = cursor_of(ListPosition(pinned=False, updated_at=moment, id=uuid4()))
    assert client.get(URL, {"cursor": cursor}).json()["code"] == "invalid_parameter"


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_costs_the_same_few_queries_for_any_length(
    client: Client, owner: User, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    make_threads(owner, count)
    client.get(URL)  # the token's use is noted once a minute
    with django_assert_num_queries(6):  # token, user, threads, their rows, skills, what runs
        assert len(client.get(URL).json()["results"]) == count


# --- Images ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Where files go."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
def test_an_image_comes_back_as_it_was(client: Client, thread: Thread, media: Path, kind: str, media_type: str) -> None:
    content = image_bytes(kind)
    answer = upload(client, thread.pk, content, name="../../etc/holiday.png")
    assert answer.status_code == 201
    shown = answer.json()
    assert shown == {
        "id": shown["id"],
        "url": image_url(thread_id=thread.pk, image_id=UUID(shown["id"])),
        "name": "holiday.png",
        "media_type": media_type,
        "size": len(content),
        "width": 2,
        "height": 3,
    }
    served = client.get(shown["url"], headers={"Accept": "image/avif"})
    assert served.content == content
    assert served.headers["Content-Type"] == media_type
    assert served.headers["Content-Disposition"] == "attachment"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert served.headers["Cache-Control"].startswith("private")
    assert [path.name for path in media.rglob("*") if path.is_file()] == [shown["id"]]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"just text", 400, "unreadable_image"),
        (b"", 400, "unreadable_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 400, "unreadable_image"),
        (image_bytes()[:40], 400, "unreadable_image"),
        (image_bytes("BMP"), 400, "unreadable_image"),
    ],
)
def test_what_is_no_image_is_refused_whatever_its_name(
    client: Client, thread: Thread, media: Path, content: bytes, status: int, code: str
) -> None:
    answer = upload(client, thread.pk, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ImageAttachment.objects.exists()
    assert not list(media.iterdir())


@pytest.mark.parametrize("size", [20 * 1024 * 1024 + 1, 30 * 1024 * 1024])
def test_an_image_over_the_limit_is_too_large(client: Client, thread: Thread, media: Path, size: int) -> None:
    answer = upload(client, thread.pk, image_bytes().ljust(size, b"\0"))
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")
    assert answer.json()["details"]["limit"] == 20 * 1024 * 1024


def test_an_announced_size_is_enough_to_refuse(client: Client, thread: Thread) -> None:
    answer = upload(client, thread.pk, b"", CONTENT_LENGTH=str(30 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


def test_too_many_pixels_are_too_large(client: Client, thread: Thread, media: Path, settings: Settings) -> None:
    settings.CODAY_MAX_IMAGE_PIXELS = 5
    answer = upload(client, thread.pk, image_bytes(size=(2, 3)))
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"--x", "multipart/form-data", 400, "malformed_form"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400, "invalid_input"),
    ],
)
def test_an_upload_that_is_no_form_is_refused(
    client: Client, thread: Thread, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = client.generic("POST", f"{URL}{thread.pk}/images/", body, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_image_belongs_to_its_thread(client: Client, owner: User, thread: Thread, media: Path) -> None:
    image = upload(client, thread.pk, image_bytes()).json()
    other = create_thread(owner_id=owner.pk)
    assert client.get(f"{URL}{other.id}/images/{image['id']}/").json()["code"] == "image_not_found"


def test_a_lost_file_is_not_found(client: Client, thread: Thread, media: Path) -> None:
    image = upload(client, thread.pk, image_bytes()).json()
    next(path for path in media.rglob("*") if path.is_file()).unlink()
    assert client.get(image["url"]).json()["code"] == "image_not_found"
