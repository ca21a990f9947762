"""Schedules over REST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.runs.api.site import Site
from tests.runs.api.test_templates import GREETING, make

Json = dict[str, Any]


@pytest.fixture
async def template(api: httpx.AsyncClient) -> Json:
    return await make(api)


def body(template: Json, **values: Any) -> Json:
    given = {"name": "Daily", "template": template["id"], "arguments": {"who": "Erika"}, "cron": "0 9 * * *"}
    return {**given, **values}


async def schedule(api: httpx.AsyncClient, template: Json, **values: Any) -> Json:
    answer = await api.post("run-schedules/", json=body(template, **values))
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def test_it_is_made_shown_changed_and_deleted(site: Site, api: httpx.AsyncClient, template: Json) -> None:
    made = await schedule(api, template, time_zone="Europe/Berlin")
    assert made["template"] == {"id": template["id"], "slug": "greeting", "name": "Greeting"}
    assert (made["own_thread"], made["missed"], made["enabled"]) == (True, "skip", True)
    assert datetime.fromisoformat(made["next_at"]) > datetime.now(UTC)
    assert "thread" not in made
    url = f"run-schedules/{made['id']}/"
    changes = {"thread": str(site.thread_id), "missed": "once", "enabled": False}
    changed = (await api.patch(url, json=changes)).json()
    assert (changed["thread"], changed["own_thread"], changed["enabled"]) == (str(site.thread_id), False, False)
    assert "next_at" not in changed
    own = (await api.patch(url, json={"own_thread": True, "enabled": True})).json()
    assert (own["own_thread"], "thread" in own, "next_at" in own) == (True, False, True)
    assert (await api.get(url)).json() == own
    assert (await api.get("run-schedules/")).json()["results"] == [own]
    assert (await api.get(f"run-templates/{template['id']}/")).json()["schedules"] == 1
    assert (await api.delete(url)).status_code == 204
    assert (await api.get(url)).json()["code"] == "schedule_not_found"


async def test_run_now_starts_it_at_once_and_says_so(site: Site, api: httpx.AsyncClient, template: Json) -> None:
    made = await schedule(api, template)
    run = (await api.post(f"run-schedules/{made['id']}/run-now/", json={})).json()
    assert (run["trigger"], run["schedule"], run["kind"]) == ("schedule", made["id"], "system")
    await site.idle()
    assert site.provider.requests[0].json["messages"][-1]["content"] == "Greet Erika 2 times."
    (slot,) = (await api.get(f"run-schedules/{made['id']}/slots/")).json()["results"]
    assert (slot["status"], slot["run_id"], slot["thread_id"]) == ("started", run["id"], run["thread_id"])


async def test_what_will_come_is_shown_before_it_is_saved(api: httpx.AsyncClient) -> None:
    begin = (datetime.now(UTC) + timedelta(days=400)).replace(month=10, day=20, hour=0)
    asked = {"cron": "30 2 * * SUN", "time_zone": "Europe/Berlin", "starts_at": begin.isoformat()}
    shown = (await api.post("run-schedules/preview/", json=asked)).json()
    times = [datetime.fromisoformat(time) for time in shown["times"]]
    assert len(times) == 5
    assert times == sorted(times)
    assert all(time > begin for time in times)
    assert {time.hour for time in times} == {0, 1}, "summer ends meanwhile"
    assert "Sunday" in shown["text"]
    end = (begin + timedelta(days=8)).isoformat()
    assert len((await api.post("run-schedules/preview/", json={**asked, "ends_at": end})).json()["times"]) <= 2


@pytest.mark.parametrize(
    ("values", "status", "code", "field"),
    [
        ({"cron": "* * * * *"}, 400, "invalid_schedule", "cron"),
        ({"cron": "not cron"}, 400, "invalid_schedule", "cron"),
        ({"time_zone": "Nowhere"}, 400, "invalid_schedule", "time_zone"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, 400, "invalid_schedule", "ends_at"),
        ({"starts_at": "9999-12-31T00:00:00Z"}, 400, "invalid_schedule", "starts_at"),
        ({"arguments": {}}, 422, "template_arguments", "who"),
        ({"template_version": 7}, 404, "template_version_not_found", "version"),
        ({"thread": "00000000-0000-7000-8000-000000000000"}, 404, "thread_not_found", None),
        ({"own_thread": False}, 400, "invalid_input", "own_thread"),
        ({"missed": "never"}, 400, "invalid_input", "missed"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(
    api: httpx.AsyncClient, template: Json, values: Json, status: int, code: str, field: str | None
) -> None:
    answer = await api.post("run-schedules/", json=body(template, **values))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("details", {}).get("field") == field
    assert (await api.get("run-schedules/")).json()["results"] == []


async def test_somebody_elses_template_and_thread_are_not_there(
    site: Site, api: httpx.AsyncClient, template: Json
) -> None:
    other = await site.client("bob")
    answer = await other.post("run-schedules/", json=body(template))
    assert (answer.status_code, answer.json()["code"]) == (404, "template_not_found")
    own = (await other.post("run-templates/", json=GREETING)).json()
    answer = await other.post("run-schedules/", json=body(own, thread=str(site.thread_id)))
    assert (answer.status_code, answer.json()["code"]) == (404, "thread_not_found")


async def test_a_deleted_template_leaves_a_schedule_that_says_so(api: httpx.AsyncClient, template: Json) -> None:
    made = await schedule(api, template)
    await api.delete(f"run-templates/{template['id']}/")
    assert "template" not in (await api.get(f"run-schedules/{made['id']}/")).json()
    answer = await api.post(f"run-schedules/{made['id']}/run-now/", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "template_not_found")
