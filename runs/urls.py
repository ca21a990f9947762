"""Addresses of the chat page, of runs, and of threads with their runs."""

from __future__ import annotations

from django.urls import path

from runs.api.analysis import CompareView, TimelineView
from runs.api.analytics import AnalyticsView
from runs.api.branches import BranchMapView, ContinueView, ForkView, RerunView, RetryView
from runs.api.callbacks import CallbackView
from runs.api.calls import CallListView, CallView
from runs.api.commands import CommandListView
from runs.api.context import (
    ContextView,
    ModelCallListView,
    ModelCallView,
    RenewSummaryView,
    SummarizeView,
    SummaryListView,
    SummaryView,
)
from runs.api.exchange import ExportView, ImportView, RunExportView, ThreadExportView
from runs.api.feedback import FeedbackView
from runs.api.inquiry import RunQuestionView
from runs.api.inspect import EffectiveAgentView
from runs.api.notifications import DeliveryListView, TargetListView, TargetView, TrialView
from runs.api.operations import CancelOperationView, OperationListView
from runs.api.organize import (
    GroupListView,
    GroupView,
    ImportanceView,
    RunBulkView,
    TagListView,
    TagView,
    ThreadBulkView,
)
from runs.api.queue import QueueView, RunInputView, SendNowView, SteerView
from runs.api.removal import DeletionView, RunView, UndoDeletionView
from runs.api.retention import (
    ApplyPolicyView,
    ConditionsDryRunView,
    EraseView,
    PolicyDryRunView,
    PolicyListView,
    PolicyReportsView,
    PolicyView,
)
from runs.api.runs import CancelView, ThreadRunListView
from runs.api.schedules import RunNowView, ScheduleListView, SchedulePreviewView, ScheduleView, SlotListView
from runs.api.search import RunListView, SearchView
from runs.api.shares import (
    CopyLinkView,
    CopyShareView,
    ReceivedShareListView,
    RenewShareView,
    ShareListView,
    ShareView,
    ThreadShareListView,
)
from runs.api.streams import by_accept, stream_new_run, stream_thread
from runs.api.templates import (
    OwnGroupListView,
    RestoreVersionView,
    TemplateListView,
    TemplatePreviewView,
    TemplateStartView,
    TemplateVersionListView,
    TemplateView,
)
from runs.api.threads import EventListView, MessageListView, ThreadListView, ThreadView
from runs.api.tools import ToolListView
from runs.web import chat, healthz, metrics, readyz
from runs.web_sharing import share, share_image, shared, shared_image

api_urlpatterns = [
    path("threads/", ThreadListView.as_view(), name="threads"),
    path("threads/bulk/", ThreadBulkView.as_view(), name="thread-bulk"),
    path("threads/<uuid:thread_id>/", ThreadView.as_view(), name="thread"),
    path("threads/<uuid:thread_id>/groups/", GroupListView.as_view(), name="run-groups"),
    path("threads/<uuid:thread_id>/messages/", MessageListView.as_view(), name="thread-messages"),
    path(
        "threads/<uuid:thread_id>/runs/",
        by_accept(ThreadRunListView.as_view(), method="POST", stream=stream_new_run),
        name="thread-runs",
    ),
    path(
        "threads/<uuid:thread_id>/events/",
        by_accept(EventListView.as_view(), method="GET", stream=stream_thread),
        name="thread-events",
    ),
    path("runs/", RunListView.as_view(), name="runs"),
    path("search/", SearchView.as_view(), name="search"),
    path("runs/compare/", CompareView.as_view(), name="run-comparison"),
    path("exports/", ExportView.as_view(), name="exports"),
    path("imports/", ImportView.as_view(), name="imports"),
    path("threads/<uuid:thread_id>/export/", ThreadExportView.as_view(), name="thread-export"),
    path("runs/<uuid:run_id>/export/", RunExportView.as_view(), name="run-export"),
    path("runs/<uuid:run_id>/timeline/", TimelineView.as_view(), name="run-timeline"),
    path("runs/<uuid:run_id>/", RunView.as_view(), name="run"),
    path("runs/bulk/", RunBulkView.as_view(), name="run-bulk"),
    path("analytics/", AnalyticsView.as_view(), name="analytics"),
    path("runs/<uuid:run_id>/feedback/", FeedbackView.as_view(), name="run-feedback"),
    path("runs/<uuid:run_id>/importance/", ImportanceView.as_view(), name="run-importance"),
    path("run-tags/", TagListView.as_view(), name="run-tags"),
    path("run-tags/<uuid:tag_id>/", TagView.as_view(), name="run-tag"),
    path("run-groups/<uuid:group_id>/", GroupView.as_view(), name="run-group"),
    path("runs/<uuid:run_id>/cancel/", CancelView.as_view(), name="run-cancel"),
    path("runs/<uuid:run_id>/deletion/", DeletionView.as_view(), name="run-deletion"),
    path("run-deletions/<uuid:deletion_id>/undo/", UndoDeletionView.as_view(), name="run-deletion-undo"),
    path("threads/<uuid:thread_id>/queue/", QueueView.as_view(), name="thread-queue"),
    path("runs/<uuid:run_id>/send-now/", SendNowView.as_view(), name="run-send-now"),
    path("runs/<uuid:run_id>/steer/", SteerView.as_view(), name="run-steer"),
    path("runs/<uuid:run_id>/input/", RunInputView.as_view(), name="run-input"),
    path("runs/<uuid:run_id>/commands/", CommandListView.as_view(), name="run-commands"),
    path("runs/<uuid:run_id>/calls/", CallListView.as_view(), name="run-calls"),
    path("runs/<uuid:run_id>/calls/<path:tool_call_id>/", CallView.as_view(), name="run-call"),
    path("runs/<uuid:run_id>/retry/", RetryView.as_view(), name="run-retry"),
    path("runs/<uuid:run_id>/rerun/", RerunView.as_view(), name="run-rerun"),
    path("runs/<uuid:run_id>/continue/", ContinueView.as_view(), name="run-continue"),
    path("runs/<uuid:run_id>/fork/", ForkView.as_view(), name="run-fork"),
    path("threads/<uuid:thread_id>/branches/", BranchMapView.as_view(), name="thread-branches"),
    path("threads/<uuid:thread_id>/context/", ContextView.as_view(), name="thread-context"),
    path("threads/<uuid:thread_id>/summaries/", SummaryListView.as_view(), name="thread-summaries"),
    path("runs/<uuid:run_id>/summarize/", SummarizeView.as_view(), name="run-summarize"),
    path("run-summaries/<uuid:summary_id>/", SummaryView.as_view(), name="run-summary"),
    path("run-summaries/<uuid:summary_id>/renew/", RenewSummaryView.as_view(), name="run-summary-renewal"),
    path("runs/<uuid:run_id>/model-calls/", ModelCallListView.as_view(), name="run-model-calls"),
    path("runs/<uuid:run_id>/model-calls/<int:position>/", ModelCallView.as_view(), name="run-model-call"),
    path("agents/<slug:agent_slug>/effective/", EffectiveAgentView.as_view(), name="agent-effective"),
    path("tools/", ToolListView.as_view(), name="tools"),
    path("operations/", OperationListView.as_view(), name="operations"),
    path("operations/<uuid:operation_id>/cancel/", CancelOperationView.as_view(), name="operation-cancel"),
    path("run-questions/", RunQuestionView.as_view(), name="run-questions"),
    path("notification-targets/", TargetListView.as_view(), name="notification-targets"),
    path("notification-targets/<uuid:target_id>/", TargetView.as_view(), name="notification-target"),
    path("notification-targets/<uuid:target_id>/test/", TrialView.as_view(), name="notification-target-test"),
    path(
        "notification-targets/<uuid:target_id>/deliveries/",
        DeliveryListView.as_view(),
        name="notification-target-deliveries",
    ),
    path("account/erase/", EraseView.as_view(), name="account-erase"),
    path("retention-policies/", PolicyListView.as_view(), name="retention-policies"),
    path("retention-policies/dry-run/", ConditionsDryRunView.as_view(), name="retention-conditions-dry-run"),
    path("retention-policies/<uuid:policy_id>/", PolicyView.as_view(), name="retention-policy"),
    path("retention-policies/<uuid:policy_id>/dry-run/", PolicyDryRunView.as_view(), name="retention-dry-run"),
    path("retention-policies/<uuid:policy_id>/apply/", ApplyPolicyView.as_view(), name="retention-apply"),
    path("retention-policies/<uuid:policy_id>/reports/", PolicyReportsView.as_view(), name="retention-reports"),
    path("groups/", OwnGroupListView.as_view(), name="own-groups"),
    path("run-templates/", TemplateListView.as_view(), name="run-templates"),
    path("run-templates/<uuid:template_id>/", TemplateView.as_view(), name="run-template"),
    path("run-templates/<uuid:template_id>/versions/", TemplateVersionListView.as_view(), name="run-template-versions"),
    path(
        "run-templates/<uuid:template_id>/versions/<int:number>/restore/",
        RestoreVersionView.as_view(),
        name="run-template-restore",
    ),
    path("run-templates/<uuid:template_id>/preview/", TemplatePreviewView.as_view(), name="run-template-preview"),
    path("run-templates/<uuid:template_id>/start/", TemplateStartView.as_view(), name="run-template-start"),
    path("run-schedules/", ScheduleListView.as_view(), name="run-schedules"),
    path("run-schedules/preview/", SchedulePreviewView.as_view(), name="run-schedule-preview"),
    path("run-schedules/<uuid:schedule_id>/", ScheduleView.as_view(), name="run-schedule"),
    path("run-schedules/<uuid:schedule_id>/slots/", SlotListView.as_view(), name="run-schedule-slots"),
    path("run-schedules/<uuid:schedule_id>/run-now/", RunNowView.as_view(), name="run-schedule-run-now"),
    path("threads/<uuid:thread_id>/shares/", ThreadShareListView.as_view(), name="thread-shares"),
    path("shares/", ShareListView.as_view(), name="shares"),
    path("shares/received/", ReceivedShareListView.as_view(), name="shares-received"),
    path("shares/<uuid:share_id>/", ShareView.as_view(), name="share-snapshot"),
    path("shares/<uuid:share_id>/renew/", RenewShareView.as_view(), name="share-renew"),
    path("shares/<uuid:share_id>/copy/", CopyShareView.as_view(), name="share-copy"),
    path("shared/<str:token>/copy/", CopyLinkView.as_view(), name="shared-copy"),
    path("tool-callbacks/<str:token>/", CallbackView.as_view(), name="tool-callback"),
]

urlpatterns = [
    path("", chat, name="chat"),
    path("threads/<uuid:thread_id>/", chat, name="chat-thread"),
    path("search/", chat, name="chat-search"),
    path("analytics/", chat, name="chat-analytics"),
    path("operations/", chat, name="chat-operations"),
    path("shares/", chat, name="chat-shares"),
    path("shares/<uuid:share_id>/", share, name="share"),
    path("shares/<uuid:share_id>/images/<uuid:image_id>/", share_image, name="share-image"),
    path("shared/<str:token>/", shared, name="shared"),
    path("shared/<str:token>/images/<uuid:image_id>/", shared_image, name="shared-image"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
