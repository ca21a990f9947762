"""``show_diagram``: boxes and arrows. The page lays them out: there is no markup in which anything could hide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from runs.inference.base import ToolDefinition
from runs.tools.base import ToolTraits
from runs.tools.display.base import TITLE, DisplayTool, NotShownError

MOST_NODES = 60
MOST_EDGES = 150
_ID = {"type": "string", "minLength": 1, "maxLength": 60}

_NODE = {
    "type": "object",
    "properties": {
        "id": {**_ID, "description": "Short, unique in the diagram."},
        "label": {"type": "string", "minLength": 1, "maxLength": 120},
        "shape": {
            "enum": ["box", "round", "diamond", "circle", "database"],
            "description": "box if left out; round for a beginning or end, diamond for a decision.",
        },
    },
    "required": ["id", "label"],
    "additionalProperties": False,
}
_EDGE = {
    "type": "object",
    "properties": {
        "from": {**_ID, "description": "Id of a node."},
        "to": {**_ID, "description": "Id of a node."},
        "label": {"type": "string", "maxLength": 80},
    },
    "required": ["from", "to"],
    "additionalProperties": False,
}


class ShowDiagram(DisplayTool):
    """Draws a flow diagram."""

    traits = ToolTraits(kind="display", title="Diagram", timeout=5.0)
    definition = ToolDefinition(
        name="show_diagram",
        description=(
            "Shows the person a diagram of nodes and arrows: a process, a decision tree, how parts depend on each other. "
            "It is laid out for you; give nodes and edges, no Mermaid or other markup."
        ),
        parameters={
            "type": "object",
            "properties": {
                "title": TITLE,
                "kind": {"enum": ["flow"]},
                "direction": {
                    "enum": ["TB", "LR"],
                    "description": "From top to bottom (if left out), or left to right.",
                },
                "nodes": {"type": "array", "items": _NODE, "minItems": 1, "maxItems": MOST_NODES},
                "edges": {"type": "array", "items": _EDGE, "maxItems": MOST_EDGES},
            },
            "required": ["title", "nodes", "edges"],
            "additionalProperties": False,
        },
    )

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Nodes are told apart by their ids, and edges join nodes."""
        ids = Counter(node["id"] for node in arguments["nodes"])
        twice = [node for node, count in ids.items() if count > 1]
        if twice:
            raise NotShownError(f"nodes: the id {twice[0]!r} is used for {ids[twice[0]]} nodes.", field="nodes")
        for index, edge in enumerate(arguments["edges"]):
            for end in ("from", "to"):
                if edge[end] not in ids:
                    raise NotShownError(f"edges[{index}].{end}: there is no node {edge[end]!r}.", field="edges")
