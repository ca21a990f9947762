"""What is to be done about a tool call, decided before any tool is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs.calls import CallRecord, Standing
from runs.tools.arguments import check_arguments
from runs.tools.base import Offer, Pending, Settled, Tool, Toolset
from threads.content import ToolUsePart


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A call with what becomes of it: settled or pending without its tool, or executed, or left as its row has it.

    Attributes:
        offer: the tool, where there is one.
        decided: what is known without calling it.
        record: the row, where the call was looked at before.
        arguments: those that it is executed with.
    """

    call: ToolUsePart
    offer: Offer | None = None
    decided: Settled | Pending | None = None
    record: CallRecord | None = None
    arguments: Mapping[str, Any]

    @property
    def executes(self) -> bool:
        """Whether the tool is called now."""
        return self.decided is None and (self.record is None or self.record.status == "requested")

    @property
    def tool(self) -> Tool:
        """The tool of a call that is executed."""
        if self.offer is None:
            raise LookupError(self.call.name)
        return self.offer.tool


def plan_of(call: ToolUsePart, *, toolset: Toolset, standing: Standing) -> Plan:
    """What is to be done about one call."""
    record = standing.records.get(call.id)
    offer = toolset.offers.get(call.name)
    arguments = (record.arguments if record else call.arguments) or {}
    decided: Settled | Pending | None = None
    if record is None:
        decided = _refusal(call, offer, toolset) or _question(offer, call, standing)
    elif record.status == "requested" and offer is None:
        decided = _unknown(call, toolset)
    return Plan(call=call, offer=offer, decided=decided, record=record, arguments=arguments)


def _refusal(call: ToolUsePart, offer: Offer | None, toolset: Toolset) -> Settled | None:
    """Why the call cannot be executed at all, in words that the model can act on."""
    if offer is None:
        return _unknown(call, toolset)
    if call.arguments is None:
        return Settled("The arguments are not a JSON object, so the tool was not called.", is_error=True)
    wrong = check_arguments(offer.tool.definition.parameters, call.arguments)
    if wrong:
        problems = "\n".join(f"- {problem}" for problem in wrong)
        return Settled(f"The arguments do not fit, so the tool was not called:\n{problems}", is_error=True)
    return None


def _unknown(call: ToolUsePart, toolset: Toolset) -> Settled:
    offered = ", ".join(sorted(toolset.offers)) or "none"
    return Settled(f"There is no tool named {call.name!r}. Tools you can call: {offered}.", is_error=True)


def _question(offer: Offer | None, call: ToolUsePart, standing: Standing) -> Pending | None:
    """Whether the person is asked first. A word that was given for the whole thread does not hold for what changes something
    once the thread holds what others wrote: they might have asked for it."""
    if offer is None or offer.policy != "ask":
        return None
    tool = offer.tool
    approved = (call.name, tool.digest) in standing.approved_tools
    if approved and not (tool.traits.changes and standing.read_untrusted):
        return None
    title = tool.traits.title or call.name
    return Pending(asks="approval", question=f"Allow “{title}”?", schema=tool.definition.parameters)
