"""Retention policies over REST: one's own alone, planned without a change, applied, and told to whoever watches."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from coday.accounts.models import User
from coday.kernel.database import in_database
from runs.models import RetentionPolicy, RetentionReport, Run
from tests.conftest import PASSWORD
from tests.runs.api.site import Site
from tests.runs.api.test_runs import hello, start
from tests.runs.retention.conftest import age
from tests.security.people import by_session
from tests.support.mock_provider import Gate, openai_reply

OLD = {"name": "Old", "older_than_days": 30}


async def old_run(site: Site, api: httpx.AsyncClient, text: str = "Hello?") -> str:
    """A run that ended a hundred days ago."""
    run = await start(api, site.thread_id, hello(text))
    await site.idle()
    await in_database(age, run["id"], days=100)
    return str(run["id"])


async def made(api: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await api.post("retention-policies/", json={**OLD, **values})
    assert answer.status_code == 201, answer.text
    policy: dict[str, Any] = answer.json()
    return policy


async def test_a_policy_is_made_changed_and_deleted(api: httpx.AsyncClient) -> None:
    policy = await made(api, tags=["draft"])
    assert (
        policy.items()
        >= {**OLD, "enabled": False, "tags": ["draft"], "without_tags": [], "only_archived": False}.items()
    )
    assert "larger_than" not in policy
    url = f"retention-policies/{policy['id']}/"
    changed = (await api.patch(url, json={"enabled": True, "older_than_days": None})).json()
    assert changed["enabled"]
    assert "older_than_days" not in changed
    assert (await api.get("retention-policies/")).json()["results"] == [changed] == [(await api.get(url)).json()]
    assert (await api.delete(url)).status_code == 204
    assert (await api.get(url)).json()["code"] == "retention_policy_not_found"


async def test_a_policy_without_a_condition_is_refused_at_every_door(api: httpx.AsyncClient) -> None:
    policy = await made(api)
    answers = [
        await api.post("retention-policies/", json={"name": "All", "tags": []}),
        await api.post("retention-policies/dry-run/", json={"tags": [], "only_archived": False}),
        await api.patch(f"retention-policies/{policy['id']}/", json={"older_than_days": None}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(400, "empty_policy")] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"older_than_days": 0},
        {"importance_below": 101},
        {"larger_than": -1},
        {"tags": ["a,b"]},
        {"owner": "x"},
        {"name": ""},
    ],
)
async def test_what_makes_no_sense_is_refused(api: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    assert (await api.post("retention-policies/", json={**OLD, **wrong})).status_code == 400


async def test_a_person_has_so_many_policies_and_no_more(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.retention.policies.MOST_POLICIES", 1)
    await made(api)
    assert (await api.post("retention-policies/", json=OLD)).json()["code"] == "too_many_policies"


async def test_the_policies_of_others_and_of_the_site_are_not_there(site: Site, api: httpx.AsyncClient) -> None:
    other = await in_database(User.objects.create_user, "somebody")
    theirs = [await in_database(RetentionPolicy.objects.create, owner_id=owner, **OLD) for owner in (other.pk, None)]
    assert (await api.get("retention-policies/")).json()["results"] == []
    for policy in theirs:
        for door in ("dry-run", "apply"):
            assert (await api.post(f"retention-policies/{policy.pk}/{door}/", json={})).status_code == 404


async def test_a_dry_run_says_what_would_go(site: Site, api: httpx.AsyncClient) -> None:
    run = await old_run(site, api)
    policy = await made(api)
    asked = await api.post("retention-policies/dry-run/", json={"older_than_days": 30})
    again = await api.post(f"retention-policies/{policy['id']}/dry-run/", json={})
    assert asked.json() == again.json()
    plan = asked.json()
    assert (plan["runs"], plan["spared"], [one["id"] for one in plan["sample"]]) == (1, {}, [run])
    assert plan["oldest"] == plan["newest"]
    assert plan["bytes"] > 0
    assert "pruned_at" not in (await api.get(f"runs/{run}/")).json()


async def test_applied_it_leaves_a_skeleton_that_every_door_shows(site: Site, api: httpx.AsyncClient) -> None:
    run = await old_run(site, api, "Where is the zeisigweibchen?")
    policy = await made(api)
    done = (await api.post(f"retention-policies/{policy['id']}/apply/", json={})).json()
    assert done.items() >= {"runs": 1, "spared": 0, "complete": True}.items()
    [report] = (await api.get(f"retention-policies/{policy['id']}/reports/")).json()["results"]
    assert report["bytes"] == done["bytes"] > 0

    shown = (await api.get(f"runs/{run}/")).json()
    assert shown["pruned_at"]
    assert shown["usage"]["model_calls"] == 1
    page = (await api.get(f"threads/{site.thread_id}/messages/")).json()
    assert ([message["content"] for message in page["results"]], [one["id"] for one in page["runs"]]) == ([[]], [run])
    for address in (
        f"threads/{site.thread_id}/events/",
        f"runs/{run}/timeline/",
        f"runs/{run}/calls/",
        f"runs/{run}/commands/",
    ):
        answer = await api.get(address)
        assert answer.status_code == 200, address
        assert "zeisigweibchen" not in answer.text
    for door in ("rerun", "retry", "fork", "continue"):
        refused = await api.post(f"runs/{run}/{door}/", json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "run_pruned"), door
    await start(api, site.thread_id, hello("And now?"))
    await site.idle()
    assert "zeisigweibchen" not in str(site.provider.requests[-1].json)


async def test_who_stops_waiting_can_apply_it_again(site: Site, api: httpx.AsyncClient, monkeypatch: Any) -> None:
    runs = [await old_run(site, api) for _ in range(2)]
    policy = await made(api)
    monkeypatch.setattr("runs.api.retention.PATIENCE", 0.0)
    assert (await api.post(f"retention-policies/{policy['id']}/apply/", json={})).json()["complete"] is False
    monkeypatch.setattr("runs.api.retention.PATIENCE", 60.0)
    assert (await api.post(f"retention-policies/{policy['id']}/apply/", json={})).json()["runs"] == len(runs)
    assert await in_database(RetentionReport.objects.count) == 2


# --- Erasing oneself ------------------------------------------------------------------------------------------------

ERASE = {"password": PASSWORD, "confirm": "ann"}


@pytest.fixture
async def session(site: Site) -> httpx.AsyncClient:
    """A browser in which Ann is logged in, who has a password."""

    def log_in() -> dict[str, str]:
        user = User.objects.get(username="ann")
        user.set_password(PASSWORD)
        user.save()
        return by_session(user).headers

    return site.anonymous(headers=await in_database(log_in))


async def test_a_person_erases_themselves_while_a_run_is_under_way(
    site: Site, api: httpx.AsyncClient, session: httpx.AsyncClient
) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Half", gate))
    run = await start(api, site.thread_id, hello())
    await site.provider.arrival()
    answer = await session.post("account/erase/", json=ERASE)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["left"], report["deleted"]["accounts.User"]) == ({}, 1)
    assert "ann" not in str({**report, "deleted": ""})
    assert (await api.get("threads/")).status_code == 401
    assert (await session.get("threads/")).status_code == 401
    assert not await in_database(Run.objects.filter(pk=run["id"]).exists)


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [({"password": "no"}, 401, "wrong_password"), ({"confirm": "bob"}, 400, "invalid_input"), ({"x": 1}, 400, None)],
)
async def test_who_is_not_sure_stays(session: httpx.AsyncClient, wrong: dict[str, Any], status: int, code: str) -> None:
    answer = await session.post("account/erase/", json={**ERASE, **wrong})
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json()["code"])
    assert (await session.get("threads/")).status_code == 200


async def test_a_token_erases_nobody(api: httpx.AsyncClient) -> None:
    assert (await api.post("account/erase/", json=ERASE)).json()["code"] == "forbidden"


async def test_the_last_superuser_stays(session: httpx.AsyncClient) -> None:
    await in_database(User.objects.filter(username="ann").update, is_superuser=True)
    assert (await session.post("account/erase/", json=ERASE)).json()["code"] == "last_superuser"
    await in_database(User.objects.create_superuser, "boss")
    assert (await session.post("account/erase/", json=ERASE)).status_code == 200
