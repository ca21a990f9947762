"""Templates over REST: save, share, fill in, start."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from drf_spectacular.generators import SchemaGenerator

from coday.accounts.models import User
from coday.kernel.database import in_database
from tests.runs.api.site import Site
from tests.runs.api.test_runs import hello, start
from tests.runs.reuse.library import team

Json = dict[str, Any]

GREETING: Json = {
    "name": "Greeting",
    "commands": [{"type": "prompt", "text": "Greet {{who}} {{times}} times."}],
    "parameters": [
        {"name": "who", "label": "Whom", "required": True, "help": "A first name."},
        {"name": "times", "type": "number", "default": 2},
    ],
}


async def make(api: httpx.AsyncClient, **values: Any) -> Json:
    """A template."""
    answer = await api.post("run-templates/", json={**GREETING, **values})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def test_it_is_saved_changed_and_put_back(api: httpx.AsyncClient) -> None:
    made = await make(api)
    assert (made["slug"], made["version"], made["owner"], made["mine"]) == ("greeting", 1, "ann", True)
    assert made["parameters"][0] == {"type": "text", **GREETING["parameters"][0]}
    assert made["parameters"][1] == {"label": "times", "required": False, **GREETING["parameters"][1]}
    url = f"run-templates/{made['id']}/"
    changed = await api.patch(url, json={"commands": [{"type": "pin"}], "note": "Shorter"})
    assert (changed.json()["version"], changed.json()["commands"]) == (2, [{"type": "pin"}])
    versions = (await api.get(f"{url}versions/")).json()["results"]
    assert [(one["number"], one.get("note")) for one in versions] == [(2, "Shorter"), (1, None)]
    restored = await api.post(f"{url}versions/1/restore/", json={})
    assert (restored.json()["version"], restored.json()["commands"]) == (3, GREETING["commands"])
    assert (await api.get(url)).json() == restored.json()
    assert (await api.delete(url)).status_code == 204
    assert (await api.get("run-templates/")).json()["results"] == []


async def test_a_preview_starts_nothing(site: Site, api: httpx.AsyncClient) -> None:
    url = f"run-templates/{(await make(api))['id']}/preview/"
    shown = await api.post(url, json={"arguments": {"who": "Erika"}})
    assert shown.json() == {
        "commands": [{"type": "prompt", "text": "Greet Erika 2 times."}],
        "on_failure": "stop",
    }
    refused = await api.post(url, json={"arguments": {"times": "many", "else": 1}})
    assert (refused.status_code, refused.json()["code"]) == (422, "template_arguments")
    assert refused.json()["details"]["errors"].keys() == {"who", "times", "else"}
    assert site.provider.requests == []


async def test_it_is_started_in_a_conversation_and_in_a_new_one(site: Site, api: httpx.AsyncClient) -> None:
    made = await make(api)
    url = f"run-templates/{made['id']}/start/"
    body = {"arguments": {"who": "Erika"}, "thread": str(site.thread_id), "key": "k"}
    runs = [(await api.post(url, json=body)).json() for _ in range(2)]
    assert runs[0]["id"] == runs[1]["id"]
    assert (runs[0]["thread_id"], runs[0]["template"]) == (str(site.thread_id), {"id": made["id"], "version": 1})
    new = await api.post(url, json={"arguments": {"who": "Max"}})
    assert new.status_code == 202
    assert new.json()["thread_id"] != str(site.thread_id)
    await site.idle()
    asked = [request.json["messages"][-1]["content"] for request in site.provider.requests]
    assert "Greet Erika 2 times." in asked
    assert "Greet Max 2 times." in asked


async def test_it_is_a_command_in_any_input(site: Site, api: httpx.AsyncClient) -> None:
    made = await make(api)
    command = {"type": "template", "template": "greeting", "arguments": {"who": "Erika"}}
    body = hello("And then?")
    body["input"]["commands"] = [command]
    run = await start(api, site.thread_id, body)
    await site.idle()
    assert run["template"] == {"id": made["id"], "version": 1}
    rows = (await api.get(f"runs/{run['id']}/commands/")).json()["results"]
    assert [row["kind"] for row in rows] == ["sequence", "prompt", "prompt"]
    body["input"]["commands"] = [{**command, "template": "nothing"}]
    refused = await api.post(f"threads/{site.thread_id}/runs/", json=body)
    assert (refused.status_code, refused.json()["code"]) == (404, "template_not_found")


async def test_what_a_run_was_told_becomes_a_template(site: Site, api: httpx.AsyncClient) -> None:
    run = await start(api, site.thread_id, hello("What is new?"))
    made = await api.post("run-templates/", json={"name": "News", "from_runs": [run["id"]]})
    assert made.json()["commands"] == [{"type": "prompt", "text": "What is new?"}]
    await site.idle()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"commands": [{"type": "dance"}]}, 400, "invalid_template"),
        ({"commands": []}, 400, "invalid_template"),
        ({"parameters": [{"name": "A"}]}, 400, "invalid_template"),
        ({"agent": "nobody"}, 404, "agent_not_found"),
        ({"groups": ["Nobody's"]}, 400, "invalid_template"),
        ({"slug": "a b"}, 400, "invalid_input"),
        ({"slug": "taken"}, 409, "template_exists"),
        ({"from_runs": ["00000000-0000-7000-8000-000000000000"]}, 404, "run_not_found"),
        ({"surprise": 1}, 400, "invalid_input"),
    ],
)
async def test_what_cannot_be_saved_says_why(api: httpx.AsyncClient, body: Json, status: int, code: str) -> None:
    await make(api, slug="taken")
    answer = await api.post("run-templates/", json={**GREETING, **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len((await api.get("run-templates/")).json()["results"]) == 1


async def test_a_template_inside_itself_is_a_cycle(api: httpx.AsyncClient) -> None:
    made = await make(api)
    inside = {"commands": [{"type": "template", "template": made["slug"], "arguments": {"who": "x"}}]}
    answer = await api.patch(f"run-templates/{made['id']}/", json=inside)
    assert (answer.status_code, answer.json()["code"]) == (422, "template_cycle")


async def test_a_member_of_the_group_starts_it_and_changes_nothing(site: Site, api: httpx.AsyncClient) -> None:
    member = await site.client("bob")
    users = await in_database(lambda: list(User.objects.filter(username__in=("ann", "bob"))))
    group = await in_database(team, *users)
    assert (await api.get("groups/")).json() == {"results": [{"name": "Team"}]}
    made = await make(api, groups=["Team"])
    url = f"run-templates/{made['id']}/"
    (shown,) = (await member.get("run-templates/")).json()["results"]
    assert (shown["mine"], shown["owner"], shown["groups"]) == (False, "ann", ["Team"])
    assert (await member.post(f"{url}start/", json={"arguments": {"who": "Max"}})).status_code == 202
    assert (await member.patch(url, json={"name": "Mine"})).status_code == 403
    assert (await member.delete(url)).status_code == 403
    await in_database(lambda: group.user_set.remove(*[user for user in users if user.username == "bob"]))
    for answer in (await member.get(url), await member.post(f"{url}start/", json={})):
        assert (answer.status_code, answer.json()["code"]) == (404, "template_not_found")
    assert (await member.get("run-templates/")).json()["results"] == []
    await site.idle()


async def test_archived_ones_are_listed_by_themselves(api: httpx.AsyncClient) -> None:
    made = await make(api)
    await make(api)
    await api.patch(f"run-templates/{made['id']}/", json={"archived": True})
    for query, count in (("", 2), ("?archived=true", 1), ("?archived=false", 1)):
        assert len((await api.get(f"run-templates/{query}")).json()["results"]) == count
    answer = await api.post(f"run-templates/{made['id']}/start/", json={"arguments": {"who": "x"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "template_archived")


async def test_the_schema_tells_of_all_that_is_shown(api: httpx.AsyncClient) -> None:
    made = await make(api)
    schema: Json = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    shapes = schema["components"]["schemas"]
    assert made.keys() == set(shapes["TemplateShape"]["properties"]) - {"agent", "model"}
    assert set(shapes["TemplateShape"]["required"]) == made.keys()
    assert set(shapes["ParameterShape"]["properties"]) >= {name for one in made["parameters"] for name in one}
