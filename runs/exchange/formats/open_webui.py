"""Open WebUI's export: a list of chats, or one of them.

What was said is in ``chat.history``: ``messages`` by id, each with ``parentId`` and ``childrenIds``, ``role`` (user,
assistant), ``content`` (a text), ``model``, ``timestamp`` (seconds since 1970), ``done`` and ``files`` (images as data URLs,
others by name); ``currentId`` is the end of the branch that is shown. Older chats have a list, ``chat.messages``. Thinking
stands in the text, in ``<details type="reasoning">``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

from runs.exchange.documents import ImageDocument, PartDocument, TextDocument, ThinkingDocument, ThreadDocument
from runs.exchange.formats.base import (
    Files,
    Node,
    Talk,
    image,
    mapping,
    moment,
    objects,
    short,
    text_parts,
    thread_of_talk,
)

SOURCE: Final = "open-webui"
TITLE: Final = "title"
DATA_URL: Final = re.compile(r"data:image/[a-z+.-]{1,20};base64,")
REASONING: Final = re.compile(r"<details\s+type=\"reasoning\"[^>]*>(?P<inner>.*?)</details>", re.DOTALL)
SUMMARY: Final = re.compile(r"\s*<summary>[^<]*</summary>")


def source_id(value: Mapping[str, Any]) -> str:
    """The chat's id over there."""
    return str(value.get("id") or mapping(value.get("chat")).get("id") or "")


def thread(value: Mapping[str, Any], *, files: Files) -> ThreadDocument:
    """A chat as a document. Images are in it (``files`` is not asked).

    Raises:
        BrokenThreadError: its messages are no tree.
    """
    chat = mapping(value.get("chat")) or value
    begun = moment(value.get("created_at") or _seconds(chat.get("timestamp")))
    history = mapping(chat.get("history"))
    stored = mapping(history.get("messages"))
    nodes = [_node(str(key), mapping(message), begun=begun) for key, message in stored.items()]
    shown = history.get("currentId")
    if not nodes:
        nodes = list(_listed(chat, begun=begun))
        shown = nodes[-1].id if nodes else None
    tags = [short(tag)[:60] for tag in mapping(value.get("meta")).get("tags") or chat.get("tags") or () if short(tag)]
    return thread_of_talk(
        Talk(
            id=source_id(value), title=short(value.get("title") or chat.get("title")), created_at=begun,
            updated_at=moment(value.get("updated_at"), begun), nodes=nodes,
            shown=shown if isinstance(shown, str) else None, archived=value.get("archived") is True,
            pinned=value.get("pinned") is True, tags=list(dict.fromkeys(tags)),
        )
    )  # fmt: skip


def _seconds(timestamp: object) -> object:
    """A chat's own time is in milliseconds."""
    return timestamp / 1_000 if isinstance(timestamp, int | float) else timestamp


def _listed(chat: Mapping[str, Any], *, begun: Any) -> Iterator[Node]:
    before = None
    for place, message in enumerate(objects(chat.get("messages"))):
        node = _node(str(message.get("id") or place), message, begun=begun)
        node.parent, before = before, node.id
        yield node


def _node(key: str, message: Mapping[str, Any], *, begun: Any) -> Node:
    parent, role = message.get("parentId"), message.get("role")
    made = Node(
        id=key, parent=parent if isinstance(parent, str) else None, role="user" if role == "user" else "assistant",
        parts=[], at=moment(message.get("timestamp"), begun), model=short(message.get("model"))[:100],
        complete=message.get("done") is not False,
    )  # fmt: skip
    if role != "system":
        made.parts = [*_files(message, images=made.images), *_said(message.get("content"))]
    return made


def _said(content: object) -> Iterator[PartDocument]:
    """A text, with what was thought in it as such."""
    if not isinstance(content, str):
        return
    position = 0
    for thought in REASONING.finditer(content):
        yield from text_parts(content[position : thought.start()])
        yield ThinkingDocument(text=unescape(SUMMARY.sub("", thought["inner"], count=1)).strip())
        position = thought.end()
    yield from text_parts(content[position:].lstrip() if position else content)


def _files(message: Mapping[str, Any], *, images: list[ImageDocument]) -> Iterator[PartDocument]:
    for file in objects(message.get("files")):
        url, name = file.get("url"), short(file.get("name") or mapping(file.get("file")).get("filename"))
        content = _content(url) if isinstance(url, str) and file.get("type") == "image" else None
        if content is not None:
            place, document = image(content, name=name)
            images.append(document)
            yield place
        else:
            yield TextDocument(text=f"[{name or file.get('type') or 'file'}]")


def _content(url: str) -> bytes | None:
    """The bytes of a data URL; ``None`` for an address, which is not fetched."""
    if not (found := DATA_URL.match(url)):
        return None
    try:
        return base64.b64decode(url[found.end() :], validate=True)
    except (binascii.Error, ValueError):
        return None
