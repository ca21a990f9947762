"""What models are shown, over REST: summaries, what fills a window, what past calls saw."""

from __future__ import annotations

from typing import Any

import httpx

from agents.models import LanguageModel
from coday.kernel.database import in_database
from runs.api.schema_context import (
    ContextEntryShape,
    ModelCallShape,
    SeenCallShape,
    SeenMessageShape,
    SummaryShape,
    WindowShape,
)
from tests.runs.api.site import Site
from tests.support.mock_provider import MockProvider, openai_reply

SUMMARY = "They like tea."


async def say(site: Site, api: httpx.AsyncClient, text: str) -> dict[str, Any]:
    """Run an input to its end."""
    answer = await api.post(f"threads/{site.thread_id}/runs/", json={"input": {"type": "user", "text": text}})
    await site.idle()
    return await read(api, f"runs/{answer.json()['id']}/")


async def read(api: httpx.AsyncClient, url: str, **query: str) -> dict[str, Any]:
    """An object that is there."""
    answer = await api.get(url, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def optional(found: dict[str, Any], shape: type) -> None:
    """The object has all fields of its shape but optional ones, and no others."""
    fields = shape().fields
    assert set(found) <= set(fields)
    assert {name for name, field in fields.items() if field.required} <= set(found)


async def test_a_summary_is_written_read_edited_renewed_and_taken_back(
    site: Site, api: httpx.AsyncClient, provider: MockProvider
) -> None:
    first, second = await say(site, api, "I like tea."), await say(site, api, "Green tea.")
    provider.reply(openai_reply(SUMMARY))
    asked = {"runs": [first["id"], second["id"]], "instructions": "Tea alone.", "key": "k1"}
    made = await api.post(f"threads/{site.thread_id}/summaries/", json=asked)
    again = await api.post(f"threads/{site.thread_id}/summaries/", json=asked)
    await site.idle()
    assert (made.status_code, again.json()["id"]) == (202, made.json()["id"])

    [kept] = (await read(api, f"threads/{site.thread_id}/summaries/"))["results"]
    optional(kept, SummaryShape)
    assert kept["text"] == SUMMARY
    assert kept["runs"] == [first["id"], second["id"]]
    assert (kept["automatic"], kept["stale"], kept["made_by_run"]) == (False, False, made.json()["id"])
    run = await read(api, f"runs/{first['id']}/")
    assert (run["context"], run["summary"]) == ("summarised", kept["id"])

    url = f"run-summaries/{kept['id']}/"
    edited = (await api.patch(url, json={"text": "Tea, and nothing else."})).json()
    assert (edited["text"], edited["written_by"]) == ("Tea, and nothing else.", "person")
    assert (await api.patch(url, json={"text": "  "})).status_code == 400

    provider.reply(openai_reply("Renewed."))
    renewed = await api.post(f"{url}renew/", json={})
    await site.idle()
    [kept] = (await read(api, f"threads/{site.thread_id}/summaries/"))["results"]
    assert (renewed.status_code, kept["text"]) == (202, "Renewed.")

    assert (await api.delete(f"run-summaries/{kept['id']}/")).status_code == 204
    run = await read(api, f"runs/{first['id']}/")
    assert run["context"] == "full"
    assert "summary" not in run


async def test_what_cannot_be_summarised_is_refused_before_it_is_a_run(site: Site, api: httpx.AsyncClient) -> None:
    run = await say(site, api, "Hello")
    url = f"threads/{site.thread_id}/summaries/"
    nobodys = "00000000-0000-0000-0000-000000000000"

    assert (await api.post(url, json={"runs": []})).status_code == 400
    assert (await api.post(url, json={"runs": [run["id"], nobodys]})).status_code == 404
    assert (await api.post(f"runs/{nobodys}/summarize/", json={})).status_code == 404
    assert len((await read(api, f"threads/{site.thread_id}/runs/"))["results"]) == 1


async def test_a_run_is_left_out_with_other_changes_or_not_at_all(site: Site, api: httpx.AsyncClient) -> None:
    run = await say(site, api, "Hello")
    changed = (await api.patch(f"runs/{run['id']}/", json={"context": "excluded", "title": "Aside"})).json()
    refused = await api.post(
        "runs/bulk/", json={"runs": [run["id"]], "context": "full", "group": "00000000-0000-0000-0000-000000000000"}
    )

    assert (changed["context"], changed["title"]) == ("excluded", "Aside")
    assert refused.status_code == 404
    assert (await read(api, f"runs/{run['id']}/"))["context"] == "excluded"
    assert (await api.patch(f"runs/{run['id']}/", json={"context": "summarised"})).status_code == 400


async def test_the_window_is_told_run_by_run(site: Site, api: httpx.AsyncClient) -> None:
    first, second = await say(site, api, "I like tea."), await say(site, api, "Green tea.")
    await api.patch(f"runs/{second['id']}/", json={"context": "excluded"})
    window = await read(api, f"threads/{site.thread_id}/context/", text="Which tea do I like?")

    optional(window, WindowShape)
    assert [(entry["run_id"], entry["shown"]) for entry in window["entries"]] == [
        (first["id"], "whole"),
        (second["id"], "excluded"),
    ]
    for entry in window["entries"]:
        optional(entry, ContextEntryShape)
    whole = window["entries"][0]
    assert whole["title"] == "I like tea."
    assert window["history"] == whole["tokens"] > 0
    assert window["message"] > 0
    parts = ("answer", "system", "tools", "history", "message", "free")
    assert sum(window[part] for part in parts) == window["window"]


async def test_a_message_that_is_too_long_leaves_less_than_nothing_free(site: Site, api: httpx.AsyncClient) -> None:
    await say(site, api, "Hello")
    model = await in_database(LanguageModel.objects.get)
    model.context_window = 2_048
    await in_database(model.save)
    window = await read(api, f"threads/{site.thread_id}/context/", text="long " * 2_000)

    assert window["free"] < 0
    assert window["notices"]


async def test_what_a_past_call_saw_is_what_was_sent(
    site: Site, api: httpx.AsyncClient, provider: MockProvider
) -> None:
    first = await say(site, api, "I like tea.")
    provider.reply(openai_reply(SUMMARY))
    await api.post(f"runs/{first['id']}/summarize/", json={})
    await site.idle()
    await say(site, api, "And coffee.")
    run = await say(site, api, "What do I like?")
    sent = provider.requests[-1].json["messages"]
    [call] = (await read(api, f"runs/{run['id']}/model-calls/"))["results"]
    seen = await read(api, f"runs/{run['id']}/model-calls/1/")

    optional(call, ModelCallShape)
    optional(seen, SeenCallShape)
    for message in seen["messages"]:
        optional(message, SeenMessageShape)
    assert "\n\n".join(section["text"] for section in seen["sections"]) == sent[0]["content"]
    told = [(m["role"], "".join(part["text"] for part in m["content"])) for m in seen["messages"]]
    assert told == [(m["role"], m["content"]) for m in sent[1:]]
    assert [m["form"] for m in seen["messages"]] == ["summary", "summary", "whole", "whole", "whole"]
    assert seen["complete"]
    assert (await api.get(f"runs/{run['id']}/model-calls/2/")).status_code == 404


async def test_a_call_whose_words_were_removed_since_says_so(site: Site, api: httpx.AsyncClient) -> None:
    await say(site, api, "I like tea.")
    second = await say(site, api, "Which?")
    runs = (await read(api, f"threads/{site.thread_id}/runs/"))["results"]
    await api.patch(f"threads/{site.thread_id}/", json={"head": second["id"]})
    removed = await api.delete(f"runs/{runs[-1]['id']}/", params={"scope": "run"})
    seen = await read(api, f"runs/{second['id']}/model-calls/1/")

    assert removed.status_code == 200, removed.text
    assert not seen["complete"]
    assert not any("I like tea." in str(message) for message in seen["messages"])
