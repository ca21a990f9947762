"""A run's row as a value."""

from __future__ import annotations

from runs.events import RunCause, RunFault, RunOrigin, RunSnapshot, RunTemplateRef, RunUsage
from runs.models import Run


def run_snapshot(run: Run, *, position: int | None = None) -> RunSnapshot:
    """A run's row as a value."""
    return RunSnapshot(
        id=run.pk,
        thread_id=run.thread_id,
        number=run.number,
        parent=run.parent_id,
        lane=run.lane,
        kind=run.kind,
        trigger=run.trigger,
        cause=RunCause(run_id=run.cause_run, tool_call_id=run.cause_call) if run.cause_run else None,
        depth=run.depth,
        anonymous=run.anonymous,
        status=run.status,  # type: ignore[arg-type]  # the column's choices are the literals
        user_id=run.user_id,
        username=run.username,
        agent=run.agent,
        model=run.model,
        title=run.title,
        importance=run.importance,
        importance_by=run.importance_by,
        pinned=run.pinned,
        tags=tuple(run.tags),
        group=run.group_id,
        origin=RunOrigin(run_id=run.origin_run, how=run.origin) if run.origin_run else None,
        batch=run.batch,
        commanded=run.commanded,
        deleted_at=run.deleted_at,
        rating=run.rating,
        rating_reason=run.rating_reason,
        context=run.context,
        summary=run.summary_id,
        template=_template(run),
        schedule=run.schedule,
        usage=_usage(run),
        error=_fault(run),
        cancel_requested=run.cancel_requested_at is not None,
        position=position,
        created_at=run.created_at,
        started_at=run.started_at,
        first_token_at=run.first_token_at,
        finished_at=run.finished_at,
        pruned_at=run.pruned_at,
    )


def _template(run: Run) -> RunTemplateRef | None:
    if run.template is None or run.template_version is None:
        return None
    return RunTemplateRef(id=run.template, version=run.template_version)


def _usage(run: Run) -> RunUsage:
    return RunUsage(
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        cached_tokens=run.cached_tokens,
        reasoning_tokens=run.reasoning_tokens,
        model_calls=run.model_calls,
        tool_calls=run.tool_calls,
        cost=run.cost,
        currency=run.currency,
    )


def _fault(run: Run) -> RunFault | None:
    if not run.error_code:
        return None
    return RunFault(code=run.error_code, message=run.error_message, retryable=run.error_retryable)
