"""ChatGPT's export: ``conversations.json`` in a zip file, a list of conversations.

Each has a ``mapping`` of nodes by id (``message``, ``parent``, ``children``) and a ``current_node``, the end of the branch
that is shown. A message has an ``author`` (role user, assistant, system or tool, and a tool's name), a ``recipient`` ("all",
or the tool that it is said to), ``metadata`` and a ``content`` whose ``content_type`` says what else is in it. Times are
seconds since 1970. Images are files beside it, named after their asset pointer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from runs.exchange.documents import (
    ImageDocument,
    PartDocument,
    TextDocument,
    ThinkingDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
)
from runs.exchange.formats.base import (
    Files,
    Node,
    Talk,
    as_text,
    image,
    mapping,
    moment,
    objects,
    short,
    text_parts,
    thread_of_talk,
)

SOURCE: Final = "chatgpt"
TITLE: Final = "title"
FENCE: Final = "```"
LOST: Final = {"audio_asset_pointer": "audio", "video_container_asset_pointer": "video"}
POINTERS: Final = ("file-service://", "sediment://")


def source_id(value: Mapping[str, Any]) -> str:
    """The conversation's id over there."""
    return str(value.get("conversation_id") or value.get("id") or "")


def thread(value: Mapping[str, Any], *, files: Files) -> ThreadDocument:
    """A conversation as a document.

    Raises:
        BrokenThreadError: its messages are no tree.
    """
    begun = moment(value.get("create_time"))
    nodes = [
        _node(str(key), mapping(node), begun=begun, files=files) for key, node in mapping(value.get("mapping")).items()
    ]
    _pair(nodes, mapping(value.get("mapping")))
    shown = value.get("current_node")
    return thread_of_talk(
        Talk(
            id=source_id(value), title=short(value.get("title")), created_at=begun,
            updated_at=moment(value.get("update_time"), begun), nodes=nodes,
            shown=shown if isinstance(shown, str) else None, archived=value.get("is_archived") is True,
        )
    )  # fmt: skip


def _node(key: str, node: Mapping[str, Any], *, begun: Any, files: Files) -> Node:
    message = mapping(node.get("message"))
    metadata, content = mapping(message.get("metadata")), mapping(message.get("content"))
    role = str(mapping(message.get("author")).get("role"))
    made = Node(
        id=key, parent=node.get("parent") if isinstance(node.get("parent"), str) else None,
        role=role if role in ("user", "tool") else "assistant", parts=[], at=moment(message.get("create_time"), begun),
        model=short(metadata.get("model_slug"))[:100], complete=message.get("status") != "in_progress",
    )  # fmt: skip
    if role != "system" and not metadata.get("is_visually_hidden_from_conversation"):
        made.parts = list(_parts(content, images=made.images, files=files))
    return made


def _parts(content: Mapping[str, Any], *, images: list[ImageDocument], files: Files) -> Iterator[PartDocument]:
    match content.get("content_type"):
        case "text" | "multimodal_text":
            for part in content.get("parts") or ():
                yield from _part(part, images=images, files=files)
        case "code":
            language = str(content.get("language") or "").replace("unknown", "")
            yield from _fenced(content.get("text"), language)
        case "execution_output":
            yield from _fenced(content.get("text"), "")
        case "thoughts":
            for thought in objects(content.get("thoughts")):
                said = "\n\n".join(str(text) for text in (thought.get("summary"), thought.get("content")) if text)
                yield from [ThinkingDocument(text=said)] if said else []
        case "reasoning_recap" | "user_editable_context" | "model_editable_context":
            return
        case "tether_quote":
            quoted = f"> {content.get('title') or ''} {content.get('url') or ''}".rstrip()
            yield from text_parts(f"{quoted}\n\n{content.get('text') or ''}")
        case _:
            yield from text_parts(content.get("text") or content.get("result"))


def _part(part: object, *, images: list[ImageDocument], files: Files) -> Iterator[PartDocument]:
    if isinstance(part, str):
        yield from text_parts(part)
        return
    given = mapping(part)
    kind = given.get("content_type")
    if kind == "image_asset_pointer":
        name = str(given.get("asset_pointer") or "")
        for prefix in POINTERS:
            name = name.removeprefix(prefix)
        content = files(name)
        if content is None:
            yield TextDocument(text="[image]")
            return
        place, document = image(content, name=name)
        images.append(document)
        yield place
    elif kind in LOST:
        yield TextDocument(text=f"[{LOST[kind]}]")
    else:
        yield from text_parts(given.get("text") or given.get("result"))


def _fenced(text: object, language: str) -> list[PartDocument]:
    return text_parts(f"{FENCE}{language}\n{text}\n{FENCE}") if isinstance(text, str) and text else []


def _pair(nodes: list[Node], stored: Mapping[str, Any]) -> None:
    """What was said to a tool becomes its call, and what the tool said next the result of that."""
    by_id = {node.id: node for node in nodes}
    for node in nodes:
        message = mapping(mapping(stored.get(node.id)).get("message"))
        recipient = short(message.get("recipient"))
        if node.role == "assistant" and node.parts and recipient not in ("", "all"):
            node.parts = [*_thinking(node), ToolUseDocument(id=node.id, name=recipient, **_arguments(message))]
    for node in nodes:
        if node.role != "tool" or not node.parts:
            continue
        asked = by_id.get(node.parent or "")
        call = next((part for part in asked.parts if isinstance(part, ToolUseDocument)), None) if asked else None
        shown = [part for part in node.parts if not isinstance(part, TextDocument)]
        if call:
            text = "\n\n".join(part.text for part in node.parts if isinstance(part, TextDocument))
            node.parts = [ToolResultDocument(tool_call_id=call.id, name=call.name, content=text), *shown]
        else:
            node.role = "assistant"  # it answers nothing that is known: shown as what was said


def _thinking(node: Node) -> list[PartDocument]:
    return [part for part in node.parts if isinstance(part, ThinkingDocument)]


def _arguments(message: Mapping[str, Any]) -> dict[str, Any]:
    content = mapping(message.get("content"))
    said = content.get("text")
    if said is None:
        said = "\n".join(part for part in content.get("parts") or () if isinstance(part, str))
    return {"arguments": {"input": as_text(said)}}
