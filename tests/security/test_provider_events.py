"""Line 18: what a provider sends is data. Whatever it is, the run ends, and what is told of it has the known shapes."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from tests.runs.api.site import Site
from tests.security.doors import HELLO
from tests.support.mock_provider import MockProvider, Reply
from tests.support.replies import sse

TYPES = {"session", "run", "message", "message_start", "delta", "tool", "step", "thread", "error", "ack", "heartbeat"}
PARTS = {"text", "thinking", "tool_use", "tool_result", "image"}
HTML = "<script>attacked = true</script><img src=x onerror=attacked=true>"
CONTROLS = "rm\x00 \x1b[2J\r\nSet-Cookie: a=b\u202e\u2028" + "n" * 10_000
HUGE = 10**30

Script = list[Any]


def chunk(delta: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    """One piece of an OpenAI stream."""
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


def call(name: Any, arguments: Any = "{}", call_id: Any = "call_1") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": function}]})


OPENAI: dict[str, Script] = {
    "unknown kinds": [
        {"type": "run", "run": {"status": "completed"}, "choices": []}, {"type": "execute", "code": "import os"},
        chunk({"content": "Hi", "audio": {"data": HTML}, "function_call": {"name": "rm"}}, "stop"),
    ],
    "an event of ours": [{"type": "error", "code": "internal_error", "message": HTML, "choices": None}, chunk({}, "stop")],
    "HTML in each field": [
        chunk({"role": HTML, "content": HTML, "reasoning_content": HTML, "refusal": HTML}, HTML, id=HTML, model=HTML)
    ],
    "control characters": [chunk({"content": CONTROLS, "reasoning": CONTROLS}, CONTROLS)],
    "a tool nobody gave": [call(CONTROLS, CONTROLS, CONTROLS), chunk({}, "tool_calls")],
    "a tool with a name of ours": [call("run.cancel", '{"run_id": "x"}'), chunk({}, "tool_calls")],
    "wrong types": [chunk({"content": {"text": 5}}), chunk({}, "stop")],
    "a name that is no text": [call({"name": ["x"]}), chunk({}, "tool_calls")],
    "choices that are none": [{"choices": {"0": 1}}, {"choices": [[[]]]}],
    "numbers that are none": [
        chunk({"content": "Hi"}, "stop", usage={"prompt_tokens": HUGE, "completion_tokens": HUGE, "total_tokens": HUGE})
    ],
    "less than nothing": [
        chunk({"content": "Hi"}, "stop", usage={"prompt_tokens": -5, "completion_tokens": -HUGE, "total_tokens": -1})
    ],
    "many calls": [
        *(chunk({"tool_calls": [{"index": n * 7, "id": "same", "function": {"name": "x"}}]}) for n in range(200)),
        chunk({}, "tool_calls"),
    ],
    "a fault with markup": [{"error": {"message": HTML + CONTROLS, "code": {"x": HTML}, "type": HUGE}}],
    "half a character": ['{"choices":[{"delta":{"content":"\\ud800"}}]}', chunk({}, "stop")],
}  # fmt: skip


def block(index: Any, start: Any, *deltas: Any) -> Script:
    """One block of an Anthropic stream."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def message(*events: Any, stop: Any = "end_turn", usage: Any = None) -> Script:
    """An Anthropic stream around these events."""
    spent = usage or {"input_tokens": 1, "output_tokens": 1}
    start: dict[str, Any] = {"id": "m", "role": "assistant", "content": [], "usage": spent}
    end = {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": spent}
    return [{"type": "message_start", "message": start}, *events, end, {"type": "message_stop"}]


TEXT = {"type": "text", "text": ""}
ANTHROPIC: dict[str, Script] = {
    "unknown kinds": message(
        {"type": "run", "run": {"status": "completed"}},
        {"type": HTML},
        *block(0, {"type": "server_tool_use", "id": "x", "name": "bash", "input": {"command": "rm"}}),
        *block(1, {"type": HTML, "text": HTML}, {"type": HTML, "text": HTML}),
        *block(2, TEXT, {"type": "text_delta", "text": "Hi"}),
    ),
    "HTML in each field": message(
        *block(0, {"type": "thinking", "thinking": HTML, "signature": HTML}, {"type": "thinking_delta", "thinking": HTML}),
        *block(1, TEXT, {"type": "text_delta", "text": HTML}),
        stop=HTML,
    ),
    "a tool nobody gave": message(
        *block(0, {"type": "tool_use", "id": CONTROLS, "name": CONTROLS, "input": {}},
               {"type": "input_json_delta", "partial_json": CONTROLS}),
        stop="tool_use",
    ),
    "wrong types": message(*block("x", [1], 5, None)),
    "deltas of no block": message({"type": "content_block_delta", "index": 99, "delta": {"type": "text_delta", "text": "x"}}),
    "numbers that are none": message(
        *block(0, TEXT, {"type": "text_delta", "text": "Hi"}), usage={"input_tokens": HUGE, "output_tokens": -HUGE}
    ),
    "a fault with markup": [{"type": "error", "error": {"type": HTML, "message": HTML + CONTROLS}}],
}  # fmt: skip


def scripted(script: Script, *, kind: str) -> Reply:
    """The script as a stream, with the names of events that Anthropic's has."""
    if kind == "openai":
        return Reply(steps=sse(*script, "[DONE]"))
    lines = (b"event: x\ndata: %b\n\n" % msgspec.json.encode(event) for event in script)
    return Reply(steps=tuple(lines))


async def run_of(site: Site, script: Script, *, kind: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A run that gets this answer, as often as it asks; the run and everything that was told of it."""
    site.provider.answer = lambda _request: scripted(script, kind=kind)
    api: httpx.AsyncClient = await site.client()
    run = (await api.post(f"threads/{site.thread_id}/runs/", json=HELLO)).json()["id"]
    await site.idle()
    events: list[dict[str, Any]] = []
    address = f"threads/{site.thread_id}/events/?limit=200"
    while address:
        page = (await api.get(address)).json()
        events += page["results"]
        address = page["next"]
    return (await api.get(f"runs/{run}/")).json(), events


def judge(run: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """It ended as a run ends, and nothing in its journal has another shape than what we make."""
    assert run["status"] in ("completed", "failed")
    assert run.get("error", {}).get("code") != "internal_error", run
    assert {event["type"] for event in events} <= TYPES
    assert [event["run"]["status"] for event in events if event["type"] == "run"][-1] == run["status"]
    parts = [part for event in events if event["type"] == "message" for part in event["message"]["content"]]
    assert {part["type"] for part in parts} <= PARTS
    for part in parts:
        assert all(isinstance(part[name], str) for name in ("text", "name", "id", "arguments_text") if name in part)
        assert all("\0" not in part[name] and len(part[name]) <= 200 for name in ("name", "id") if name in part)
    for name in ("input_tokens", "output_tokens"):
        assert 0 <= run["usage"][name] < 2**31


@pytest.mark.parametrize("name", OPENAI)
async def test_an_openai_stream_is_data(site: Site, name: str) -> None:
    judge(*await run_of(site, OPENAI[name], kind="openai"))


@pytest.mark.parametrize("name", ANTHROPIC)
async def test_an_anthropic_stream_is_data(transactional_db: None, provider: MockProvider, name: str) -> None:
    async with Site.serve(provider, kind="anthropic") as site:
        judge(*await run_of(site, ANTHROPIC[name], kind="anthropic"))


async def test_no_field_of_an_event_names_what_is_done_next(site: Site) -> None:
    """A tool that no agent has is told to the model as a failure, and nothing is called."""
    site.provider.reply(scripted(OPENAI["a tool with a name of ours"], kind="openai"))
    api = await site.client()
    await api.post(f"threads/{site.thread_id}/runs/", json=HELLO)
    await site.idle()
    results = [one for one in site.provider.requests[1].json["messages"] if one["role"] == "tool"]
    assert len(results) == 1
    assert "run.cancel" in results[0]["content"]
