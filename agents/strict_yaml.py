"""YAML in which nothing is guessed: no tags, anchors, repeated keys or other words for true. Each value knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agents.errors import AgentFileError

MAX_DEPTH = 10
MAX_CHARS = 500_000

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Plain data (texts, numbers, booleans, null, lists, objects), and the line of each value by its path."""

    data: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the value at this path, or of the closest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load_documents(text: str) -> tuple[YamlDocument, ...]:
    """The documents of a stream; empty ones do not count.

    Raises:
        AgentFileError: it is no such YAML; the message names the line.
    """
    if len(text) > MAX_CHARS:
        raise AgentFileError(f"The file has more than {MAX_CHARS} characters.", details={"limit": MAX_CHARS})
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        return tuple(_document(node) for node in _nodes(loader))
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context or "it is no YAML"
        raise _refusal(problem, line=error.problem_mark.line + 1 if error.problem_mark else 1) from error
    except yaml.YAMLError as error:  # a character that no YAML may have
        raise AgentFileError(f"The file is no YAML: {str(error).splitlines()[0]}.") from error
    finally:
        if loader is not None:
            loader.dispose()


def _nodes(loader: _Loader) -> Iterator[Node]:
    while loader.check_node():
        node = loader.get_node()
        if node is not None and (not isinstance(node, ScalarNode) or node.value):
            yield node


class _Loader(yaml.SafeLoader):
    """Composes nodes, and nothing else: what is made of them is made below."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Refuse what stands for something else, and what is too deep."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal("anchors and aliases are not used here", line=line)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _refusal("tags are not used here", line=line)
        if self._depth >= MAX_DEPTH:
            raise _refusal("this is nested too deeply", line=line)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


# A part of what YAML 1.1 takes for such values, so that every text that others quote is a text here, too.
_NULL, _BOOL, _INT, _FLOAT = "null", "bool", "int", "float"
for _kind, _pattern, _first in (
    (_NULL, r"(?:~|null|)\Z", "~n\0"),
    (_BOOL, r"(?:true|false)\Z", "tf"),
    (_INT, r"[-+]?(?:0|[1-9][0-9]{0,17})\Z", "-+0123456789"),
    (_FLOAT, r"[-+]?[0-9]{1,30}\.[0-9]{0,30}(?:[eE][-+][0-9]{1,3})?\Z", "-+0123456789"),
):
    _Loader.add_implicit_resolver(_kind, re.compile(_pattern), ["" if one == "\0" else one for one in _first])


def _document(node: Node) -> YamlDocument:
    lines: dict[Path, int] = {}
    return YamlDocument(_value(node, (), lines), lines)


def _value(node: Node, path: Path, lines: dict[Path, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, SequenceNode):
        return [_value(one, (*path, index), lines) for index, one in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise _refusal("a name is a text", line=key.start_mark.line + 1)
        _check_text(key)
        if key.value in found:
            raise _refusal(f"“{key.value}” is there twice", line=key.start_mark.line + 1)
        found[key.value] = _value(value, (*path, key.value), lines)
        lines[*path, key.value] = key.start_mark.line + 1
    return found


def _scalar(node: Node) -> Any:
    match node.tag:
        case "null":
            return None
        case "bool":
            return node.value == "true"
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
    _check_text(node)
    return node.value


def _check_text(node: Node) -> None:
    """Escapes may spell what no database takes: NUL, and halves of characters."""
    if "\0" in node.value or any("\ud800" <= one <= "\udfff" for one in node.value):
        raise _refusal("this text holds a character that cannot be stored", line=node.start_mark.line + 1)


def _refusal(problem: str, *, line: int) -> AgentFileError:
    return AgentFileError(f"Line {line}: {problem}.", details={"line": line})
