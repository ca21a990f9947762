"""Who may use which skill, what a run gets of it, and what search finds."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from coday.accounts.models import User
from skills import full_text
from skills.errors import McpHeadersUnreadableError, SourceNotFoundError
from skills.models import McpServer, Skill, SkillSource, SourcePassage
from skills.operations import delete_source
from skills.queries import (
    read_source,
    search_passages,
    skill_references,
    skill_snapshots,
    usable_ids,
    usable_skills,
    visible_skills,
)
from tests.skills.conftest import MakeSkill, add_text

HOSTILE = [
    '"', "'", "\\", "*", "a*b", "NEAR(a b)", "a AND OR NOT", "words:a", "-a", "^a", "(a", "a & | ! <-> b",
    "';DROP TABLE x;--", '" OR words:"', ":*", "\x00", "\ud800", "%s %d {skills}", "🚀", "a" * 10_000, "", " ",
]  # fmt: skip


@pytest.fixture
def library(make_skill: MakeSkill, owner: User) -> Skill:
    """The owner's skill with two sources."""
    skill = make_skill("house", owner=owner)
    add_text(
        skill=skill,
        title="Holidays",
        text="# Holidays\n\nEverybody has thirty days. Ask Jörg Müller in the Hauptstraße.",
    )
    add_text(skill=skill, title="Fristen", text="Die Kündigungsfrist beträgt drei Monate zum Ende eines Quartals.")
    return skill


# --- Rights ---------------------------------------------------------------------------------------------------------


def test_who_may_use_a_skill(make_skill: MakeSkill, owner: User, teammate: User, stranger: User) -> None:
    team, others = Group.objects.create(name="team"), Group.objects.create(name="others")
    for user in (owner, teammate):
        user.groups.add(team)
    stranger.groups.add(others)
    make_skill("own", owner=owner)
    make_skill("shared", owner=owner, groups=(team, others))
    make_skill("team", groups=(team,))
    make_skill("site", everyone=True)
    make_skill("nobody")
    make_skill("off", owner=owner, everyone=True, groups=(team,), enabled=False)

    def slugs(user: User | None) -> set[str]:
        return {skill.slug for skill in usable_skills(user_id=user.pk if user else None)}

    assert slugs(owner) == {"own", "shared", "team", "site"}
    assert slugs(teammate) == {"shared", "team", "site"}
    assert slugs(stranger) == {"shared", "site"}
    assert slugs(None) == {"site"}
    assert {skill.slug for skill in visible_skills(user_id=owner.pk)} == {"own", "shared", "team", "site", "off"}
    assert usable_skills(user_id=owner.pk).count() == 4  # one row each, whatever the number of groups
    everything = list(Skill.objects.values_list("pk", flat=True))
    assert len(usable_ids(skill_ids=everything, user_id=stranger.pk)) == 2


# --- For runs -------------------------------------------------------------------------------------------------------


def test_a_run_gets_a_skill_with_what_it_brings(library: Skill, owner: User) -> None:
    on = McpServer.objects.create(slug="on", name="On", url="https://mcp.example/", headers="Authorization: Bearer x")
    off = McpServer.objects.create(slug="off", name="Off", url="https://mcp.example/", enabled=False)
    library.mcp_servers.add(on, off)
    [skill] = skill_snapshots(slugs=["house"], user_id=owner.pk, activated_by="person")
    assert (skill.slug, skill.trigger, skill.activated_by) == ("house", "About house.", "person")
    assert [source.title for source in skill.sources] == ["Fristen", "Holidays"]
    assert [(server.slug, server.headers) for server in skill.mcp_servers] == [("on", (("Authorization", "Bearer x"),))]


def test_skills_come_in_the_order_that_was_asked_for(
    make_skill: MakeSkill, owner: User, stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("b", "a", "c"):
        make_skill(slug, owner=owner)
    make_skill("other", owner=stranger)
    asked = ["c", "other", "missing", "a", "b", "a"]
    with django_assert_num_queries(3):
        found = skill_snapshots(slugs=asked, user_id=owner.pk, activated_by="agent")
    assert [skill.slug for skill in found] == ["c", "a", "b"]
    assert [skill.slug for skill in skill_references(slugs=asked, user_id=owner.pk)] == ["c", "a", "b"]
    with django_assert_num_queries(0):
        assert skill_snapshots(slugs=[], user_id=owner.pk, activated_by="agent") == ()


def test_headers_that_cannot_be_read_are_an_error(library: Skill, owner: User) -> None:
    server = McpServer.objects.create(slug="s", name="S", url="https://mcp.example/")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE skills_mcpserver SET headers = 'gAAAAfromanotherkey'")
    library.mcp_servers.add(server)
    with pytest.raises(McpHeadersUnreadableError):
        skill_snapshots(slugs=["house"], user_id=owner.pk, activated_by="model")


# --- Search ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("holidays", "Holidays"),
        ("HOLIDAY", "Holidays"),
        ("How many days are there?", "Holidays"),
        ("jorg muller", "Holidays"),
        ("MÜLLER", "Holidays"),
        ("HAUPTSTRASSE", "Holidays"),
        ("Kündigungen", "Fristen"),
        ("KÜNDIGUNGSFRIST", "Fristen"),
        ("Frist", "Fristen"),
    ],
)
def test_words_are_found_without_case_accent_or_ending(library: Skill, question: str, title: str) -> None:
    assert [passage.source_title for passage in search_passages(skill_ids=[library.pk], text=question)] == [title]


def test_a_passage_says_where_it_is_from(library: Skill) -> None:
    [passage] = search_passages(skill_ids=[library.pk], text="thirty days")
    assert (passage.skill, passage.heading, passage.offset, passage.url) == ("house", "Holidays", 0, "")
    assert "thirty days" in passage.snippet
    assert "\n" not in passage.snippet
    text = read_source(source_id=passage.source_id, skill_ids=[library.pk]).text
    assert text[passage.offset :].startswith(passage.text)


def test_what_holds_most_of_the_words_comes_first(library: Skill) -> None:
    for number in range(5):
        add_text(skill=library, title=f"Many {number}", text="refund " * 30)
    add_text(
        skill=library, title="Answer", text="A refund for a broken lamp is paid within a week. " + "Other things. " * 40
    )
    found = search_passages(skill_ids=[library.pk], text="refund of a broken lamp", limit=3)
    assert len(found) == 3
    assert found[0].source_title == "Answer"


@pytest.mark.parametrize("question", HOSTILE)
def test_a_question_is_no_syntax(library: Skill, question: str) -> None:
    assert len(search_passages(skill_ids=[library.pk], text=question)) <= 2


def test_only_these_skills_are_searched(library: Skill, make_skill: MakeSkill, stranger: User) -> None:
    other = make_skill("other", owner=stranger)
    add_text(skill=other, title="Theirs", text="Everybody has thirty holidays.")
    found = search_passages(skill_ids=[library.pk], text="everybody thirty")
    assert {passage.skill for passage in found} == {"house"}
    assert search_passages(skill_ids=[], text="everybody") == ()
    assert search_passages(skill_ids=[uuid4()], text="everybody") == ()


def test_the_index_follows_the_passages(library: Skill) -> None:
    def finds(question: str) -> int:
        return len(search_passages(skill_ids=[library.pk], text=question))

    passage = SourcePassage.objects.get(source__title="Fristen")
    passage.words = "entirely otherwise"
    passage.save()
    assert (finds("otherwise"), finds("Frist")) == (1, 0)
    delete_source(skill=library, source_id=passage.source_id)
    assert finds("otherwise") == 0
    SkillSource.objects.all().delete()
    assert finds("holidays") == 0


def test_the_index_can_be_made_anew(library: Skill) -> None:
    connection.check_constraints()  # PostgreSQL alters no table that still has checks to come
    full_text.remove(connection)
    full_text.install(connection)
    full_text.install(connection)
    assert len(search_passages(skill_ids=[library.pk], text="holidays")) == 1


# --- Reading --------------------------------------------------------------------------------------------------------


def test_a_long_source_is_read_in_parts(library: Skill) -> None:
    source = add_text(skill=library, title="Long", text="0123456789" * 1_000 + "🚀 end")
    first = read_source(source_id=source.pk, skill_ids=[library.pk], limit=10_001)
    assert (first.text[-2:], first.next_offset, first.characters) == ("9🚀", 10_001, 10_005)
    rest = read_source(source_id=source.pk, skill_ids=[library.pk], offset=10_001)
    assert (rest.text, rest.next_offset) == (" end", None)
    beyond = read_source(source_id=source.pk, skill_ids=[library.pk], offset=99_999)
    assert (beyond.text, beyond.next_offset) == ("", None)


def test_a_source_of_another_skill_is_not_there(library: Skill, make_skill: MakeSkill, owner: User) -> None:
    other = make_skill("other", owner=owner)
    source = library.sources.first()
    assert source is not None
    for source_id, skill_id in ((source.pk, other.pk), (UUID(int=1), library.pk)):
        with pytest.raises(SourceNotFoundError):
            read_source(source_id=source_id, skill_ids=[skill_id])
