"""What the formats of other products share: a tree of messages becomes a tree of runs.

A run begins with what a person said and goes on to the next thing that a person says. So another answer to the same words is
another run beside it, and so are words that were edited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from coday.kernel.ids import new_id
from runs.exchange.documents import (
    CallDocument,
    EventDocument,
    ImageDocument,
    ImagePlaceDocument,
    MessageDocument,
    PartDocument,
    RunDocument,
    TextDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
    UsageDocument,
)
from runs.exchange.errors import BrokenThreadError

Files = Callable[[str], "bytes | None"]
"""The content of a file that came with the conversations, by how they call it."""
SHORT = 200  # characters of a title or name
MOST_COPIED = 20  # times that messages may be copied for other answers to them
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class Node:
    """A message of another product. ``role`` is user, assistant or tool; ``parent`` the message before it."""

    id: str
    parent: str | None
    role: str
    parts: list[PartDocument]
    at: datetime
    model: str = ""
    complete: bool = True
    images: list[ImageDocument] = field(default_factory=list)


@dataclass(kw_only=True)
class Talk:
    """A conversation of another product. ``shown`` is the message at the end of the branch that is shown."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    nodes: Sequence[Node]
    shown: str | None = None
    archived: bool = False
    pinned: bool = False
    tags: list[str] = field(default_factory=list)
    folder: str = ""


def thread_of_talk(talk: Talk) -> ThreadDocument:
    """The conversation as a document.

    Raises:
        BrokenThreadError: its messages are no tree.
    """
    tree = _Tree(talk.nodes)
    runs = tree.runs()
    return ThreadDocument(
        id=talk.id, title=short(talk.title), title_source="person" if talk.title else "", created_at=talk.created_at,
        updated_at=talk.updated_at, head=tree.run_of.get(talk.shown or ""), archived=talk.archived, pinned=talk.pinned,
        tags=talk.tags, folder=talk.folder, runs=runs,
        images=[image for node in talk.nodes if node.id in tree.run_of for image in node.images],
    )  # fmt: skip


class _Tree:
    """Messages by the one before them. Nothing here calls itself: a conversation may be longer than Python is deep."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        kept = {node.id: node for node in nodes if node.parts}
        before = {node.id: node.parent for node in nodes}
        if len(before) < len(nodes):
            raise BrokenThreadError("Two messages of this conversation have the same id.")
        self._count = len(kept)
        self._children: dict[str | None, list[Node]] = defaultdict(list)
        for node in kept.values():
            self._children[_nearest(node, kept=kept, before=before)].append(node)
        self._followed = set[str]()
        self._lanes: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self.run_of: dict[str, str] = {}

    def runs(self) -> list[RunDocument]:
        """The runs in the order of their beginning, each behind the one that it follows."""
        lines: list[list[Node]] = []
        parents: list[int | None] = []
        ends: list[tuple[Node, int | None]] = [(node, None) for node in reversed(self._children[None])]
        while ends:
            node, parent = ends.pop()
            for line in self._answers(node):
                parents.append(parent)
                lines.append(line)
                ends += [(after, len(lines) - 1) for after in reversed(self._following(line))]
        if len({node.id for line in lines for node in line}) < self._count:
            raise BrokenThreadError("The messages of this conversation follow each other in a circle.")
        return self._documents(lines, parents)

    def _answers(self, node: Node) -> list[list[Node]]:
        """What was said from a person's words on: a line for each other answer to them."""
        lines, done = [[node]], list[list[Node]]()
        while lines:
            line = lines.pop()
            answers = [child for child in self._children[line[-1].id] if child.role != "user"]
            if not answers:
                done.append(line)
            elif len(answers) == 1:
                line.append(answers[0])
                lines.append(line)
            else:
                lines += [[*line, answer] for answer in reversed(answers)]
            if sum(map(len, lines)) + sum(map(len, done)) > MOST_COPIED * self._count if len(answers) > 1 else False:
                raise BrokenThreadError("The messages of this conversation branch too often.")
        return done

    def _following(self, line: Sequence[Node]) -> list[Node]:
        """What a person said after one of these messages, unless another line has it already: lines may begin alike."""
        after = [child for node in line for child in self._children[node.id] if child.role == "user"]
        fresh = [child for child in after if child.id not in self._followed]
        self._followed.update(child.id for child in fresh)
        return fresh

    def _documents(self, lines: Sequence[list[Node]], parents: Sequence[int | None]) -> list[RunDocument]:
        by_time = sorted(range(len(lines)), key=lambda place: (lines[place][0].at, place))
        ids = [str(uuid4()) for _ in lines]
        documents = []
        for number, place in enumerate(_parents_first(by_time, parents), start=1):
            parent = parents[place]
            before = ids[parent] if parent is not None else None
            for node in lines[place]:
                self.run_of[node.id] = ids[place]
            lane = self._lane(ids[place], before)
            documents.append(run_of_line(lines[place], key=ids[place], number=number, parent=before, lane=lane))
        return documents

    def _lane(self, run: str, before: str | None) -> str:
        """The lane of the run before it, if that is its end; else one of its own."""
        lane = self._lanes.get(before or "")
        if lane is None or self._ends[lane] != before:
            lane = str(uuid4())
        self._lanes[run], self._ends[lane] = lane, run
        return lane


def _nearest(node: Node, *, kept: Mapping[str, Node], before: Mapping[str, str | None]) -> str | None:
    """The nearest message before this one that says something."""
    seen, at = {node.id}, node.parent
    while at is not None and at in before and at not in kept:
        if at in seen:
            raise BrokenThreadError("The messages of this conversation follow each other in a circle.")
        seen.add(at)
        at = before[at]
    return at if at in kept else None


def _parents_first(order: Iterable[int], parents: Sequence[int | None]) -> list[int]:
    """The places in this order, but each behind its parent: clocks of browsers are not to be trusted."""
    placed: dict[int, None] = {}
    for place in order:
        line: list[int] = []
        at: int | None = place
        while at is not None and at not in placed:
            line.append(at)
            at = parents[at]
        placed.update(dict.fromkeys(reversed(line)))
    return list(placed)


def run_of_line(line: Sequence[Node], *, key: str, number: int, parent: str | None, lane: str) -> RunDocument:
    """Messages that follow each other as one run, with its calls and a journal."""
    messages, events = [], []
    for node in line:
        role: Any = node.role
        message = MessageDocument(
            id=str(new_id()), role=role, status="complete" if node.complete else "partial", content=node.parts,
            model=node.model if node.role == "assistant" else "", created_at=node.at,
        )  # fmt: skip
        messages.append(message)
        events.append(EventDocument(id=str(new_id()), type="message", of=message.id, at=node.at))
    calls = _calls(line)
    events += [EventDocument(id=str(new_id()), type="tool", of=call.call_id, at=call.created_at) for call in calls]
    answered = any(node.role != "user" for node in line)
    whole = line[-1].complete
    return RunDocument(
        id=key, number=number, parent=parent, lane=lane,
        model=next((node.model for node in reversed(line) if node.model), ""),
        status="completed" if answered and whole else "interrupted", created_at=line[0].at, started_at=line[0].at,
        finished_at=max(node.at for node in line), messages=messages, calls=calls, events=events,
        usage=UsageDocument(tool_calls=len(calls)),
    )  # fmt: skip


def _calls(line: Sequence[Node]) -> list[CallDocument]:
    """The calls of tools in these messages, each with its result."""
    results = {
        part.tool_call_id: (part, node.at)
        for node in line
        for part in node.parts
        if isinstance(part, ToolResultDocument)
    }
    calls: dict[str, CallDocument] = {}
    for node in line:
        for part in node.parts:
            if isinstance(part, ToolUseDocument) and part.id not in calls:
                result, at = results.get(part.id, (None, None))
                status: Any = "cancelled" if result is None else "failed" if result.is_error else "succeeded"
                calls[part.id] = CallDocument(
                    call_id=part.id, name=part.name, status=status, arguments=part.arguments,
                    content=result.content if result else "", is_error=result is None or result.is_error,
                    created_at=node.at, started_at=node.at, finished_at=at or node.at,
                )  # fmt: skip
    return list(calls.values())


# --- Values of files that say what they like ------------------------------------------------------------------------


def short(text: object) -> str:
    """A title or name, in one line."""
    return " ".join(str(text).split())[:SHORT] if isinstance(text, str) else ""


def text_parts(text: object) -> list[PartDocument]:
    """A text as the parts of a message: none where there is nothing to read."""
    return [TextDocument(text=text)] if isinstance(text, str) and text.strip() else []


def moment(value: object, default: datetime = BEGINNING) -> datetime:
    """A time that is given in seconds since 1970, or as ISO 8601."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, tz=UTC)
        if isinstance(value, str):
            given = datetime.fromisoformat(value)
            return given if given.tzinfo else given.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return default
    return default


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list; what is none is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """A text as it is; another value as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode("utf-8", "replace")


def image(content: bytes, *, name: str) -> tuple[ImagePlaceDocument, ImageDocument]:
    """The place of an image, and the image."""
    key = str(new_id())
    return ImagePlaceDocument(id=key, alt=short(name)), ImageDocument(id=key, name=short(name), data=content)
