"""The doing: runs and the journal of their events, what they call, and what people put them in order with."""

from runs.models.commands import RunCommand
from runs.models.organize import RunGroup, RunTag, RunTagging
from runs.models.runs import ACTIVE, TERMINAL, UNFINISHED, Run, RunEventRecord, Runner
from runs.models.search import RunDocument
from runs.models.tools import JobEndpoint, ToolApproval, ToolCall, ToolOperation

__all__ = [
    "ACTIVE",
    "TERMINAL",
    "UNFINISHED",
    "JobEndpoint",
    "Run",
    "RunCommand",
    "RunDocument",
    "RunEventRecord",
    "RunGroup",
    "RunTag",
    "RunTagging",
    "Runner",
    "ToolApproval",
    "ToolCall",
    "ToolOperation",
]
