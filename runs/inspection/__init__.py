"""Looking at what models are told: what an agent would be given now, what fills its window, and what past calls saw."""

from runs.inspection.agent import EffectiveAgent, EffectiveTool, hypothetical_context, inspect_now
from runs.inspection.calls import SeenCall, SeenMessage, seen
from runs.inspection.window import Gauge, GaugeEntry, gauge_now

__all__ = [
    "EffectiveAgent",
    "EffectiveTool",
    "Gauge",
    "GaugeEntry",
    "SeenCall",
    "SeenMessage",
    "gauge_now",
    "hypothetical_context",
    "inspect_now",
    "seen",
]
