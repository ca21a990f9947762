"""Claude's export: ``conversations.json`` in a zip file, a list of conversations.

Each has a ``uuid``, a ``name`` and ``chat_messages`` in their order. A message has a ``sender`` (human or assistant), its
``text``, ``content`` blocks (text, thinking, tool_use, tool_result), ``attachments`` with the text that was extracted from
them, and the names of ``files``. Newer ones name the message before them in ``parent_message_uuid``, whose root is an id of
zeros, and a conversation then the end of its branch in ``current_leaf_message_uuid``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from runs.exchange.documents import (
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
    mapping,
    moment,
    objects,
    short,
    text_parts,
    thread_of_talk,
)

SOURCE: Final = "claude"
TITLE: Final = "name"
FENCE: Final = "```"


def source_id(value: Mapping[str, Any]) -> str:
    """The conversation's id over there."""
    return str(value.get("uuid") or "")


def thread(value: Mapping[str, Any], *, files: Files) -> ThreadDocument:
    """A conversation as a document. No images come with it (``files`` is not asked).

    Raises:
        BrokenThreadError: its messages are no tree.
    """
    begun = moment(value.get("created_at"))
    messages = objects(value.get("chat_messages"))
    known = {message.get("uuid") for message in messages}
    nodes: list[Node] = []
    for place, message in enumerate(messages):
        key = str(message.get("uuid") or place)
        before = nodes[-1].id if nodes else None
        named = message.get("parent_message_uuid")
        nodes.append(
            _node(message, key=key, parent=before if named is None else named if named in known else None, begun=begun)
        )
    shown = value.get("current_leaf_message_uuid")
    return thread_of_talk(
        Talk(
            id=source_id(value), title=short(value.get("name")), created_at=begun,
            updated_at=moment(value.get("updated_at"), begun), nodes=nodes,
            shown=shown if isinstance(shown, str) else nodes[-1].id if nodes else None,
            pinned=value.get("is_starred") is True,
        )
    )  # fmt: skip


def _node(message: Mapping[str, Any], *, key: str, parent: str | None, begun: Any) -> Node:
    blocks = objects(message.get("content"))
    parts = [part for place, block in enumerate(blocks) for part in _part(block, place=place, message=key)]
    if not parts:
        parts = text_parts(message.get("text"))
    return Node(
        id=key, parent=parent, role="user" if message.get("sender") == "human" else "assistant",
        parts=[*parts, *_attached(message)], at=moment(message.get("created_at"), begun),
    )  # fmt: skip


def _part(block: Mapping[str, Any], *, place: int, message: str) -> Iterator[PartDocument]:
    match block.get("type"):
        case "text":
            yield from text_parts(block.get("text"))
        case "thinking":
            said = block.get("thinking")
            yield from [ThinkingDocument(text=said)] if isinstance(said, str) and said else []
        case "tool_use":
            given = block.get("input")
            yield ToolUseDocument(
                id=str(block.get("id") or f"{message}-{block.get('name')}")[:200], name=short(block.get("name")) or "tool",
                arguments=given if isinstance(given, dict) else {"input": given},
            )  # fmt: skip
        case "tool_result":
            yield ToolResultDocument(
                tool_call_id=str(block.get("tool_use_id") or f"{message}-{block.get('name')}")[:200],
                name=short(block.get("name")) or "tool", content=_answered(block.get("content")),
                is_error=block.get("is_error") is True,
            )  # fmt: skip


def _answered(content: object) -> str:
    if isinstance(content, list):
        return "\n\n".join(as_text(mapping(item).get("text") or item) for item in content)
    return as_text(content) if content is not None else ""


def _attached(message: Mapping[str, Any]) -> Iterator[PartDocument]:
    """The text of attachments, as it was extracted, and the names of files, which are not in the export."""
    for attachment in objects(message.get("attachments")):
        name, text = short(attachment.get("file_name")) or "attachment", attachment.get("extracted_content")
        if isinstance(text, str) and text.strip():
            yield TextDocument(text=f"{name}\n\n{FENCE}\n{text}\n{FENCE}")
        else:
            yield TextDocument(text=f"[{name}]")
    for file in objects(message.get("files")):
        if name := short(file.get("file_name")):
            yield TextDocument(text=f"[{name}]")
