"""Exports of other products, written as they write them: small ones, made up."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from runs.models import Run, ToolCall
from tests.runs.api.site import png
from tests.runs.branching.screens import paged, replayed, words
from tests.runs.exchange.shapes import brought, came
from tests.runs.exchange.test_hostile import zipped
from threads.models import ImageAttachment, Message, Thread

pytestmark = pytest.mark.django_db(transaction=True)
Json = dict[str, Any]


# --- ChatGPT --------------------------------------------------------------------------------------------------------


def node(
    key: str,
    parent: str | None,
    role: str = "user",
    *,
    content: Any = None,
    children: tuple[str, ...] = (),
    **more: Any,
) -> Json:
    """A node of a mapping. ``content`` is a text, or a whole content."""
    metadata = {"model_slug": "gpt-4o"} if role == "assistant" else {}
    message = {
        "id": key, "author": {"role": role, "name": more.pop("name", None), "metadata": {}}, "create_time": 1_700_000_000.5,
        "update_time": None, "status": "finished_successfully", "end_turn": role == "assistant", "weight": 1.0,
        "metadata": {**metadata, **more.pop("metadata", {})}, "recipient": "all", "channel": None,
        "content": content if isinstance(content, dict) else {"content_type": "text", "parts": [content or key]}, **more,
    }  # fmt: skip
    return {"id": key, "message": message, "parent": parent, "children": []}


def chat(*nodes: Json, current: str, **more: Any) -> Json:
    root = {"id": "root", "message": None, "parent": None, "children": [nodes[0]["id"]]}
    return {
        "title": "A chat", "create_time": 1_700_000_000.0, "update_time": 1_700_000_900.0, "moderation_results": [],
        "mapping": {one["id"]: one for one in (root, *nodes)}, "current_node": current, "plugin_ids": None,
        "conversation_id": "0f6a-1", "id": "0f6a-1", "is_archived": False, "default_model_slug": "gpt-4o", **more,
    }  # fmt: skip


def chatgpt(*chats: Json, **files: bytes) -> bytes:
    """The zip file."""
    return zipped(conversations_json=json.dumps(chats).encode(), user_json=b"{}", **files)


def line_of(file: bytes) -> list[tuple[str, str]]:
    """What the branch says that is shown then, told and read alike."""
    there = came(brought(file))
    shown = paged(there)
    assert replayed(there) == shown
    return words(shown)


def test_a_chat_with_branches_shows_the_branch_that_was_shown() -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    talk = chat(
        node("sys", "root", "system", metadata=hidden), node("q1", "sys"), node("a1", "q1", "assistant"),
        node("a1 again", "q1", "assistant"), node("q2", "a1 again"), node("a2", "q2", "assistant"),
        node("q2 edited", "a1 again"), node("a2 of the edit", "q2 edited", "assistant"), current="a2 of the edit",
    )  # fmt: skip
    file = chatgpt(talk)
    assert line_of(file) == [
        ("user", "q1"), ("assistant", "a1 again"), ("user", "q2 edited"), ("assistant", "a2 of the edit"),
    ]  # fmt: skip
    report = brought(file, by="zoe", dry_run=True)
    assert (report.source, report.threads[0].source_id, report.threads[0].runs) == ("chatgpt", "0f6a-1", 4)
    runs = list(Run.objects.order_by("number"))
    beside = {run.parent_id for run in runs}
    assert len(runs) == 4
    assert len(beside) == 2  # two answers to the first words, and two things said after one of them
    assert {run.model for run in runs} == {"gpt-4o"}


def test_what_was_said_to_a_tool_is_a_call_and_what_it_answered_its_result() -> None:
    talk = chat(
        node("q", "root"),
        node("thoughts", "q", "assistant", content={
            "content_type": "thoughts",
            "thoughts": [{"summary": "Plan", "content": "Count.", "chunks": [], "finished": True}],
        }),
        node("code", "thoughts", "assistant", recipient="python",
             content={"content_type": "code", "language": "unknown", "text": "print(1)"}),
        node("out", "code", "tool", name="python", content={"content_type": "execution_output", "text": "1"}),
        node("quote", "out", "tool", name="browser", content={
            "content_type": "tether_quote", "url": "https://a.example", "domain": "a", "title": "A page", "text": "Quoted."}),
        node("a", "quote", "assistant"), current="a",
    )  # fmt: skip
    there = came(brought(chatgpt(talk)))
    call = ToolCall.objects.get(run__thread=there)
    assert (call.name, call.status, call.arguments) == ("python", "succeeded", {"input": "print(1)"})
    assert "1" in call.content
    said = [part for message in Message.objects.filter(thread=there).order_by("id") for part in message.content]
    assert [part["type"] for part in said] == ["text", "thinking", "tool_use", "tool_result", "text", "text"]
    assert "Quoted." in said[4]["text"]


def test_images_come_out_of_the_zip_file() -> None:
    pointer = {
        "content_type": "image_asset_pointer",
        "asset_pointer": "file-service://file-AbC1",
        "width": 2,
        "height": 3,
    }
    lost = {**pointer, "asset_pointer": "file-service://file-gone"}
    talk = chat(
        node("q", "root", content={"content_type": "multimodal_text", "parts": [pointer, lost, "Look."]}),
        node("a", "q", "assistant"), current="a",
    )  # fmt: skip
    there = came(brought(chatgpt(talk, **{"file-AbC1-dot.png": png()})))
    assert ImageAttachment.objects.filter(thread=there).count() == 1
    (said,) = Message.objects.filter(thread=there, role="user").values_list("content", flat=True)
    assert [part["type"] for part in said] == ["image", "text", "text"]
    assert said[1]["text"] == "[image]"


def test_nodes_in_a_circle_are_refused_and_the_rest_comes_in() -> None:
    bad = chat(node("q", "a"), node("a", "q", "assistant"), current="a", conversation_id="bad")
    report = brought(chatgpt(bad, chat(node("q", "root"), node("a", "q", "assistant"), current="a")))
    assert [(entry.refused, entry.brought) for entry in report.threads] == [(True, False), (False, True)]
    assert "circle" in report.threads[0].problems[0]


def test_a_very_long_chat_comes_in() -> None:
    nodes = [node("n0", "root")]
    nodes += (node(f"n{one}", f"n{one - 1}", "assistant" if one % 2 else "user") for one in range(1, 3_000))
    there = came(brought(chatgpt(chat(*nodes, current="n2999"))))
    assert Run.objects.filter(thread=there).count() == 1_500
    assert len(set(Run.objects.filter(thread=there).values_list("lane", flat=True))) == 1


def test_wrong_types_everywhere_harm_nobody() -> None:
    odd = {
        "mapping": {"a": 5, "b": {"message": [], "parent": 7}, "c": {"message": {"content": {"parts": 3}}}},
        "id": "odd",
    }
    odder = {"mapping": [], "id": "odder", "create_time": "never", "title": {"a": 1}}
    report = brought(json.dumps([odd, odder, {"mapping": {}}, chat(node("q", "root"), current="q")]).encode())
    assert [entry.refused for entry in report.threads] == [False, False, True, False]


# --- Claude ---------------------------------------------------------------------------------------------------------


def said(key: str, sender: str = "human", *, content: list[Json] | None = None, **more: Any) -> Json:
    stamp = "2024-05-01T09:30:00.000000Z"
    block = {"start_timestamp": stamp, "stop_timestamp": stamp, "type": "text", "text": key, "citations": []}
    return {
        "uuid": key, "text": key, "content": content or [block], "sender": sender, "created_at": stamp, "updated_at": stamp,
        "attachments": [], "files": [], **more,
    }  # fmt: skip


def claude(*messages: Json, **more: Any) -> bytes:
    talk = {
        "uuid": "c-1", "name": "A talk", "created_at": "2024-05-01T09:30:00.000000Z",
        "updated_at": "2024-05-01T10:30:00.000000Z", "account": {"uuid": "x"}, "chat_messages": list(messages), **more,
    }  # fmt: skip
    return zipped(conversations_json=json.dumps([talk]).encode(), users_json=b"[]", projects_json=b"[]")


def test_a_claude_conversation_in_its_order() -> None:
    use = {"type": "tool_use", "name": "web_search", "id": "toolu_1", "input": {"query": "x"}}
    result = {
        "type": "tool_result", "tool_use_id": "toolu_1", "name": "web_search", "is_error": False,
        "content": [{"type": "text", "text": "Found.", "uuid": "u"}],
    }  # fmt: skip
    thinking = {"type": "thinking", "thinking": "Hm.", "summaries": []}
    answer: list[Json] = [thinking, use, result, {"type": "text", "text": "So."}]
    file = claude(
        said("q1", attachments=[{"file_name": "a.txt", "file_type": "txt", "file_size": 3, "extracted_content": "Text."}]),
        said("a1", "assistant", content=answer), said("q2", files=[{"file_name": "b.png"}]), said("a2", "assistant"),
    )  # fmt: skip
    assert line_of(file) == [
        ("user", "q1a.txt\n\n```\nText.\n```"), ("assistant", "Hm.So."), ("user", "q2[b.png]"), ("assistant", "a2"),
    ]  # fmt: skip
    call = ToolCall.objects.get()
    assert (call.name, call.arguments, call.content) == ("web_search", {"query": "x"}, "Found.")
    thread = Thread.objects.get()
    assert (thread.title, thread.created_at.year, Run.objects.count()) == ("A talk", 2024, 2)


def test_a_claude_conversation_with_branches() -> None:
    zeros = "00000000-0000-4000-8000-000000000000"
    file = claude(
        said("q1", parent_message_uuid=zeros), said("a1", "assistant", parent_message_uuid="q1"),
        said("q2", parent_message_uuid="a1"), said("a2", "assistant", parent_message_uuid="q2"),
        said("q2 edited", parent_message_uuid="a1"), said("a2 edited", "assistant", parent_message_uuid="q2 edited"),
        current_leaf_message_uuid="a2",
    )  # fmt: skip
    assert line_of(file) == [("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2")]
    assert Run.objects.count() == 3


# --- Open WebUI -----------------------------------------------------------------------------------------------------


def written(key: str, parent: str | None, role: str = "user", *, content: str = "", **more: Any) -> Json:
    model = (
        {"model": "llama3:8b", "modelName": "llama3", "done": True}
        if role == "assistant"
        else {"models": ["llama3:8b"]}
    )
    return {
        "id": key, "parentId": parent, "childrenIds": [], "role": role, "content": content or key, "timestamp": 1_700_000_000,
        **model, **more,
    }  # fmt: skip


def open_webui(*messages: Json, current: str) -> bytes:
    chat_object = {
        "id": "", "title": "A chat", "models": ["llama3:8b"], "params": {}, "tags": [], "timestamp": 1_700_000_000_000,
        "history": {"messages": {one["id"]: one for one in messages}, "currentId": current}, "messages": list(messages),
    }  # fmt: skip
    row = {
        "id": "w-1", "user_id": "u", "title": "A chat", "chat": chat_object, "updated_at": 1_700_000_900,
        "created_at": 1_700_000_000, "share_id": None, "archived": True, "pinned": True, "meta": {"tags": ["science"]},
        "folder_id": None,
    }  # fmt: skip
    return json.dumps([row]).encode()


def test_an_open_webui_chat_with_branches_thoughts_and_an_image() -> None:
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    opened = '<details type="reasoning" done="true" duration="2">'
    thought = f"{opened}\n<summary>Thought for 2 seconds</summary>\n> Hm &gt; x\n</details>\n"
    file = open_webui(
        written("q", None, files=[{"type": "image", "url": url}, {"type": "file", "name": "a.pdf", "url": "https://x.example"}]),
        written("a", "q", "assistant"), written("b", "q", "assistant", content=f"{thought}So."), current="b",
    )  # fmt: skip
    assert line_of(file) == [("user", "[a.pdf]q"), ("assistant", "> Hm > xSo.")]
    thread = Thread.objects.get()
    assert (thread.archived, thread.pinned, thread.tags) == (True, True, ["science"])
    assert [run.model for run in Run.objects.all()] == ["llama3:8b"] * 2
    assert len({run.parent_id for run in Run.objects.all()}) == 1
    assert ImageAttachment.objects.count() == 1
    assert brought(file).threads[0].state == "known"


def test_an_older_chat_is_a_list() -> None:
    old = {
        "id": "o",
        "title": "Old",
        "chat": {"title": "Old", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
    }
    assert line_of(json.dumps([old]).encode()) == [("user", "q"), ("assistant", "a")]
