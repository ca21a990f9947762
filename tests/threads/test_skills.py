"""Skills in a thread: activated once, all or nothing, taken back, and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs import journal
from runs.wire import frame
from skills.errors import McpHeadersUnreadableError, SkillNotFoundError
from skills.models import McpServer, Skill
from threads.errors import ThreadNotFoundError, TooManyActiveSkillsError
from threads.models import Thread, ThreadSkill
from threads.operations import create_thread
from threads.queries import find_threads, thread_snapshots
from threads.skills import MAX_ACTIVE, activate_skill, deactivate_skill, skills_of_thread


@pytest.fixture
def thread(owner: User) -> UUID:
    return create_thread(owner_id=owner.pk).id


@pytest.fixture
def house(owner: User) -> Skill:
    return Skill.objects.create(slug="house", name="House", trigger="About the house.", owner=owner)


def told(thread: UUID) -> list[dict[str, Any]]:
    """What the thread's journal says of changes."""
    frames = [frame(event) for event in journal.read(thread_id=thread, after=0, limit=100)]
    return [one["changed"] for one in frames if one["type"] == "thread"]


def test_a_skill_is_activated_once_with_where_it_came_from(owner: User, thread: UUID, house: Skill) -> None:
    run = new_id()
    asked = {"user_id": owner.pk, "thread_id": thread, "slug": "house"}
    for by in ("model", "person"):
        assert activate_skill(**asked, by=by, run_id=run, tool_call_id="call_1") == ("house",)  # type: ignore[arg-type]
    [active] = skills_of_thread(thread_id=thread)
    assert (active.slug, active.by, active.run_id, active.tool_call_id) == ("house", "model", run, "call_1")
    assert told(thread) == [{"skills": ["house"]}]


def test_a_skill_is_taken_back(owner: User, thread: UUID, house: Skill) -> None:
    activate_skill(user_id=owner.pk, thread_id=thread, slug="house", by="person")
    for _ in range(2):
        assert deactivate_skill(user_id=owner.pk, thread_id=thread, slug="house") == ()
    assert skills_of_thread(thread_id=thread) == ()
    assert told(thread) == [{"skills": ["house"]}, {"skills": []}]


def test_nobody_activates_what_is_not_theirs(owner: User, stranger: User, thread: UUID, house: Skill) -> None:
    Skill.objects.create(slug="theirs", name="Theirs", trigger="t", owner=stranger)
    Skill.objects.create(slug="off", name="Off", trigger="t", owner=owner, enabled=False)
    for slug in ("theirs", "off", "missing", "", "'; --"):
        with pytest.raises(SkillNotFoundError):
            activate_skill(user_id=owner.pk, thread_id=thread, slug=slug, by="person")
    with pytest.raises(ThreadNotFoundError):
        activate_skill(user_id=stranger.pk, thread_id=thread, slug="theirs", by="person")
    with pytest.raises(ThreadNotFoundError):
        deactivate_skill(user_id=stranger.pk, thread_id=thread, slug="house")
    assert (ThreadSkill.objects.count(), told(thread)) == (0, [])


def test_a_skill_that_cannot_bring_its_servers_is_not_activated(owner: User, thread: UUID, house: Skill) -> None:
    server = McpServer.objects.create(slug="s", name="S", url="https://mcp.example/")
    house.mcp_servers.add(server)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE skills_mcpserver SET headers = 'gAAAAfromanotherkey'")
    with pytest.raises(McpHeadersUnreadableError):
        activate_skill(user_id=owner.pk, thread_id=thread, slug="house", by="model")
    assert (skills_of_thread(thread_id=thread), told(thread)) == ((), [])


def test_a_thread_has_room_for_so_many(owner: User, thread: UUID) -> None:
    for number in range(MAX_ACTIVE + 1):
        Skill.objects.create(slug=f"s{number}", name=f"S{number}", trigger="t", owner=owner)
    for number in range(MAX_ACTIVE):
        activate_skill(user_id=owner.pk, thread_id=thread, slug=f"s{number}", by="person")
    with pytest.raises(TooManyActiveSkillsError):
        activate_skill(user_id=owner.pk, thread_id=thread, slug=f"s{MAX_ACTIVE}", by="person")


def test_who_takes_a_deleted_skills_slug_gets_into_no_thread(
    owner: User, stranger: User, thread: UUID, house: Skill
) -> None:
    activate_skill(user_id=owner.pk, thread_id=thread, slug="house", by="person")
    house.delete()
    Skill.objects.create(slug="house", name="House", trigger="t", owner=stranger, everyone=True)
    assert skills_of_thread(thread_id=thread) == ()


def test_a_list_of_threads_costs_one_query_for_its_skills(
    owner: User, house: Skill, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        made = create_thread(owner_id=owner.pk, title=f"{number}").id
        if number % 2:
            activate_skill(user_id=owner.pk, thread_id=made, slug="house", by="person")
    threads = list(find_threads(user_id=owner.pk).order_by("id"))
    with django_assert_num_queries(1):
        shown = thread_snapshots(threads)
    assert [thread.skills for thread in shown] == [(), ("house",), (), ("house",), ()]


# --- REST -----------------------------------------------------------------------------------------------------------


def test_the_door(owner: User, thread: UUID, house: Skill, client_of: Callable[[User], Client]) -> None:
    client, url = client_of(owner), f"/api/v1/threads/{thread}/"
    for _ in range(2):
        answer = client.put(f"{url}skills/house/")
        assert (answer.status_code, answer.json()["skills"]) == (200, ["house"])
    assert answer.json()["last_seq"] == Thread.objects.get(pk=thread).last_seq == 1
    assert client.get(url).json()["skills"] == ["house"]
    [listed] = client.get(f"{url}skills/").json()["results"]
    assert (listed["slug"], listed["by"], "run_id" in listed) == ("house", "person", False)
    for _ in range(2):
        assert client.delete(f"{url}skills/house/").status_code == 204
    assert client.get(url).json()["skills"] == []
    for path, code in (
        (f"{url}skills/missing/", "skill_not_found"),
        (f"{url[:-37]}{uuid4()}/skills/house/", "thread_not_found"),
    ):
        answer = client.put(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
