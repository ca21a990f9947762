"""REST of skills and sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from coday.accounts.models import User
from skills.models import McpServer, Skill, SkillSource, SourcePassage
from tests.skills.conftest import MakeSkill, docx, pdf

URL = "/api/v1/skills/"
NEW = {"slug": "refunds", "name": "Refunds", "trigger": "When somebody wants money back."}


@pytest.fixture
def client(owner: User, client_of: Callable[[User], Client]) -> Client:
    """The owner's."""
    return client_of(owner)


@pytest.fixture
def team(owner: User, teammate: User) -> Group:
    """A group of two."""
    group = Group.objects.create(name="team")
    for user in (owner, teammate):
        user.groups.add(group)
    return group


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    """A JSON request."""
    content = body if isinstance(body, bytes) else msgspec.json.encode({} if body is None else body)
    return client.generic(method, f"{URL}{path}", content, content_type="application/json")


def upload(client: Client, path: str, content: bytes, name: str, **fields: str) -> Any:
    """Send a file as a form."""
    return client.post(f"{URL}{path}", {"file": SimpleUploadedFile(name, content), **fields})


# --- Skills ---------------------------------------------------------------------------------------------------------


def test_a_skill_is_made_changed_and_deleted(client: Client) -> None:
    made = send(client, "POST", "", {**NEW, "instructions": " Be kind.\n"})
    assert made.status_code == 201
    shown = made.json()
    assert {name: shown[name] for name in NEW} == NEW
    assert (shown["instructions"], shown["own"], shown["enabled"], shown["everyone"]) == (
        " Be kind.\n",
        True,
        True,
        False,
    )
    assert (shown["sources"], shown["groups"], shown["mcp_servers"]) == ([], [], [])
    changed = send(client, "PATCH", "refunds/", {"name": "Money  back\n", "enabled": False})
    assert (changed.status_code, changed.json()["name"], changed.json()["enabled"]) == (200, "Money back", False)
    assert [skill["slug"] for skill in client.get(URL).json()["results"]] == [
        "refunds"
    ]  # one's own also when it is off
    assert client.delete(f"{URL}refunds/").status_code == 204
    assert client.get(f"{URL}refunds/").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**NEW, "slug": "No Slug"}, "slug"),
        ({**NEW, "slug": "-x"}, "slug"),
        ({**NEW, "slug": "x" * 61}, "slug"),
        ({**NEW, "slug": "größe"}, "slug"),
        ({"slug": "x", "name": "X"}, "trigger"),
        ({**NEW, "trigger": "x" * 301}, "trigger"),
        ({**NEW, "instructions": "x" * 50_001}, "instructions"),
        ({**NEW, "name": "a\0b"}, "name"),
        ({**NEW, "everyone": True}, "everyone"),
        ({**NEW, "mcp_servers": ["x"]}, "mcp_servers"),
        ({**NEW, "owner": "x"}, "owner"),
        ({**NEW, "groups": "team"}, "groups"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(client: Client, body: dict[str, Any], field: str) -> None:
    answer = send(client, "POST", "", body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert not Skill.objects.exists()


def test_a_slug_stays(client: Client) -> None:
    send(client, "POST", "", NEW)
    answer = send(client, "PATCH", "refunds/", {"slug": "other"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "slug")


@pytest.mark.parametrize(
    ("slug", "name", "code"),
    [
        ("site", "Mine", "skill_slug_taken"),
        ("private", "Mine", "skill_slug_taken"),
        ("mine", "The Site's", "skill_name_taken"),
        ("mine", "the  sites", "skill_name_taken"),
        ("mine", "THE-SÍTES", "skill_name_taken"),
        ("mine", "Site", "skill_name_taken"),
        ("the-sites", "Mine", "skill_slug_taken"),
    ],
)
def test_a_skill_cannot_pose_as_another(
    client: Client, make_skill: MakeSkill, stranger: User, slug: str, name: str, code: str
) -> None:
    Skill.objects.create(slug="site", name="The Site's", trigger="t", everyone=True)
    make_skill("private", owner=stranger)
    answer = send(client, "POST", "", {**NEW, "slug": slug, "name": name})
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    send(client, "POST", "", NEW)
    if code == "skill_name_taken":
        assert send(client, "PATCH", "refunds/", {"name": name}).json()["code"] == code
    assert send(client, "PATCH", "refunds/", {"name": "refunds"}).status_code == 200  # its own


def test_a_person_has_so_many_skills(client: Client, settings: Settings) -> None:
    settings.CODAY_MAX_SKILLS = 1
    assert send(client, "POST", "", NEW).status_code == 201
    answer = send(client, "POST", "", {**NEW, "slug": "more", "name": "More"})
    assert (answer.status_code, answer.json()["code"], answer.json()["details"]) == (
        409,
        "too_many_skills",
        {"limit": 1},
    )


def test_a_skill_is_shared_with_a_group_of_ones_own(
    client: Client, team: Group, teammate: User, stranger: User, client_of: Callable[[User], Client]
) -> None:
    Group.objects.create(name="others")
    assert send(client, "POST", "", {**NEW, "groups": ["others"]}).json()["code"] == "group_not_found"
    assert not Skill.objects.exists()
    assert send(client, "POST", "", {**NEW, "groups": ["team"]}).json()["groups"] == ["team"]
    theirs, nobodys = client_of(teammate), client_of(stranger)
    seen = theirs.get(f"{URL}refunds/").json()
    assert (seen["own"], seen["groups"]) == (False, [])
    assert nobodys.get(f"{URL}refunds/").status_code == 404
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "sources/")):
        answers = [send(one, method, f"refunds/{path}") for one in (theirs, nobodys)]
        assert [answer.json()["code"] for answer in answers] == ["skill_not_yours", "skill_not_found"]
    send(client, "PATCH", "refunds/", {"groups": []})
    assert theirs.get(f"{URL}refunds/").status_code == 404


def test_the_list_costs_the_same_few_queries_for_any_length(
    client: Client, owner: User, make_skill: MakeSkill, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_skill(f"s{number}", owner=owner)
    server = McpServer.objects.create(slug="s", name="S", url="https://mcp.example/")
    Skill.objects.get(slug="s0").mcp_servers.add(server)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE skills_mcpserver SET headers = 'gAAAAfromanotherkey'")  # nobody reads them here
    client.get(URL)
    with django_assert_num_queries(6):  # token, user, skills, sources, servers, groups
        shown = client.get(URL).json()["results"]
    assert len(shown) == 30
    assert shown[0]["mcp_servers"] == ["s"]
    assert "instructions" not in shown[0]


# --- Sources --------------------------------------------------------------------------------------------------------


@pytest.fixture
def skill(client: Client) -> str:
    """The slug of the owner's skill."""
    return str(send(client, "POST", "", NEW).json()["slug"])


@pytest.mark.parametrize(
    ("content", "name", "kind", "title"),
    [
        (pdf("Thirty days.", title="Holidays"), "a.pdf", "pdf", "Holidays"),
        (docx("Thirty days."), "Holidays.docx", "docx", "Holidays"),
        (b"# Rules\n\nThirty days.", "Holidays.md", "markdown", "Holidays"),
        (b"Thirty days.", "Holidays.txt", "text", "Holidays"),
        (
            b"<html><head><title>Holidays</title></head><body><p>Thirty days.</p></body></html>",
            "x.html",
            "html",
            "Holidays",
        ),
    ],
)
def test_a_file_is_a_source(client: Client, skill: str, content: bytes, name: str, kind: str, title: str) -> None:
    answer = upload(client, f"{skill}/sources/", content, name)
    assert answer.status_code == 201
    source = answer.json()
    assert (source["kind"], source["title"], source["bytes"]) == (kind, title, len(content))
    read = client.get(f"{URL}{skill}/sources/{source['id']}/").json()
    assert "Thirty days." in read["text"]
    assert (read["offset"], read["characters"], "next_offset" in read) == (0, len(read["text"]), False)
    assert client.get(f"{URL}{skill}/").json()["sources"] == [source]


def test_a_text_is_a_source_and_read_in_parts(client: Client, skill: str) -> None:
    answer = send(client, "POST", f"{skill}/sources/", {"title": " The\nrules ", "text": "0123456789\r\nend"})
    assert (answer.status_code, answer.json()["title"], answer.json()["kind"]) == (201, "The rules", "text")
    url = f"{URL}{skill}/sources/{answer.json()['id']}/"
    part = client.get(url, {"offset": 8, "limit": 3}).json()
    assert (part["text"], part["offset"], part["next_offset"], part["characters"]) == ("89\n", 8, 11, 14)
    assert client.get(url, {"offset": -1}).json()["code"] == "invalid_parameter"
    assert client.delete(url).status_code == 204
    assert client.get(url).json()["code"] == "source_not_found"
    assert not SourcePassage.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"text": "x"}, 400, "invalid_input"),
        ({"title": "x"}, 400, "invalid_input"),
        ({"title": "x", "text": "x", "url": "https://example.org/"}, 400, "invalid_input"),
        ({"title": "x", "text": "x", "owner": "x"}, 400, "invalid_input"),
        ({"title": "x", "text": " \n"}, 400, "empty_source"),
        ({"url": "no address"}, 400, "invalid_address"),
        ({"url": "file:///etc/passwd"}, 400, "invalid_address"),
        ({"url": "http://127.0.0.1/"}, 403, "address_refused"),
        ({"url": "http://[::ffff:7f00:1]/"}, 403, "address_refused"),
        (b"{", 400, "malformed_json"),
    ],
    ids=str,
)
def test_what_is_no_source_is_refused(client: Client, skill: str, body: Any, status: int, code: str) -> None:
    answer = send(client, "POST", f"{skill}/sources/", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("details", {}).get("field") != "file"
    assert not SkillSource.objects.exists()


def test_a_file_that_cannot_be_read_is_refused(client: Client, skill: str, settings: Settings) -> None:
    path = f"{skill}/sources/"
    assert upload(client, path, b"I am none.", "report.pdf").json()["code"] == "unreadable_source"
    assert upload(client, path, b"\x89PNG\r\n\x1a\n\0", "dot.png").json()["code"] == "unsupported_source"
    settings.CODAY_MAX_SOURCE_BYTES = 10
    answer = upload(client, path, b"x" * 11, "long.txt")
    assert (answer.status_code, answer.json()["details"]) == (413, {"field": "file", "limit": 10, "unit": "bytes"})
    broken = client.generic("POST", f"{URL}{path}", b"--x", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400
    assert not SkillSource.objects.exists()


def test_a_skill_has_so_many_sources(client: Client, skill: str, settings: Settings) -> None:
    settings.CODAY_MAX_SKILL_SOURCES = 1
    assert send(client, "POST", f"{skill}/sources/", {"title": "a", "text": "a"}).status_code == 201
    answer = send(client, "POST", f"{skill}/sources/", {"title": "b", "text": "b"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_sources")


def test_a_source_is_looked_up_by_its_skill(client: Client, skill: str) -> None:
    send(client, "POST", "", {**NEW, "slug": "other", "name": "Other"})
    source = send(client, "POST", f"{skill}/sources/", {"title": "a", "text": "a"}).json()["id"]
    for path in (f"other/sources/{source}/", f"{skill}/sources/{uuid4()}/"):
        for method in ("GET", "DELETE"):
            answer = send(client, method, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "source_not_found")
        assert send(client, "POST", f"{path}refresh/").json()["code"] == "source_not_found"
    assert send(client, "POST", f"{skill}/sources/{source}/refresh/").json()["code"] == "source_has_no_address"
