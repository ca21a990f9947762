"""The doing: runs and the journal of their events, what they call, and what people put them in order with."""

from runs.models.commands import RunCommand
from runs.models.exchange import ImportedThread, Share
from runs.models.feedback import Notification, NotificationTarget, RunFeedback
from runs.models.organize import RunGroup, RunTag, RunTagging
from runs.models.retention import Erasure, RetentionPolicy, RetentionReport
from runs.models.reuse import RunSchedule, RunTemplate, RunTemplateVersion, ScheduleSlot
from runs.models.runs import ACTIVE, TERMINAL, UNFINISHED, Run, RunEventRecord, Runner
from runs.models.search import RunDocument
from runs.models.summaries import ContextText, ModelCall, RunSummary
from runs.models.tools import JobEndpoint, ToolApproval, ToolCall, ToolOperation

__all__ = [
    "ACTIVE",
    "TERMINAL",
    "UNFINISHED",
    "ContextText",
    "Erasure",
    "ImportedThread",
    "JobEndpoint",
    "ModelCall",
    "Notification",
    "NotificationTarget",
    "RetentionPolicy",
    "RetentionReport",
    "Run",
    "RunCommand",
    "RunDocument",
    "RunEventRecord",
    "RunFeedback",
    "RunGroup",
    "RunSchedule",
    "RunSummary",
    "RunTag",
    "RunTagging",
    "RunTemplate",
    "RunTemplateVersion",
    "Runner",
    "ScheduleSlot",
    "Share",
    "ToolApproval",
    "ToolCall",
    "ToolOperation",
]
