"""The endpoints of a person's own retention policies, and the one that erases the person."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.erasure import is_last_superuser
from coday.accounts.operations import ensure_password
from coday.edge.addresses import address_of
from coday.edge.pagination import CursorPages
from coday.edge.parameters import CursorQuery, ListQuery, parameters_of
from coday.edge.serializers import EmptyBody, body_of
from coday.kernel.errors import ForbiddenError, InvalidInputError
from runs.api.base import RunCallerView
from runs.api.schema_retention import (
    AppliedShape,
    DryRunShape,
    EraseBody,
    ErasedShape,
    ErasureBegunShape,
    NewPolicy,
    PolicyChanges,
    PolicyConditions,
    PolicyShape,
    ReportShape,
)
from runs.delivery import delivery
from runs.execution import erasing
from runs.models import RetentionPolicy, RetentionReport
from runs.queries import get_runs, run_snapshot
from runs.retention import erase, policies
from runs.retention.errors import ErasureHeldUpError, LastSuperuserError
from runs.retention.policies import Conditions
from runs.retention.prune import apply
from runs.retention.selection import plan
from runs.wire import run_object
from threads.api.pages import page_object
from threads.api.schema import page_of
from threads.wire import JsonObject, time

PATIENCE = 5.0  # seconds that applying a policy may take while somebody waits for it


class PolicyListView(RunCallerView):
    """``retention-policies/``"""

    @extend_schema(operation_id="retention_policies_list", responses=page_of("RetentionPolicy", PolicyShape))
    def get(self, request: Request) -> Response:
        """The caller's own policies by name."""
        parameters_of(request.query_params, ListQuery)
        found = policies.policies_of(user_id=self.user_id)
        return Response(page_object(request, [_policy_object(one) for one in found], next_page=None))

    @extend_schema(operation_id="retention_policies_create", request=NewPolicy, responses={201: PolicyShape})
    def post(self, request: Request) -> Response:
        """Make a policy for the caller's own conversations. One without any condition is refused."""
        policy = policies.create_policy(user_id=self.user_id, values=body_of(request, NewPolicy))
        return Response(_policy_object(policy), status=201)


class PolicyView(RunCallerView):
    """``retention-policies/{id}/``"""

    @extend_schema(operation_id="retention_policies_read", responses=PolicyShape)
    def get(self, request: Request, policy_id: UUID) -> Response:
        """One policy."""
        return Response(_policy_object(policies.get_policy(user_id=self.user_id, policy_id=policy_id)))

    @extend_schema(operation_id="retention_policies_update", request=PolicyChanges, responses=PolicyShape)
    def patch(self, request: Request, policy_id: UUID) -> Response:
        """Change a policy."""
        policies.get_policy(user_id=self.user_id, policy_id=policy_id)
        values = body_of(request, PolicyChanges)
        return Response(
            _policy_object(policies.change_policy(user_id=self.user_id, policy_id=policy_id, values=values))
        )

    @extend_schema(operation_id="retention_policies_delete", responses={204: None})
    def delete(self, request: Request, policy_id: UUID) -> Response:
        """Delete a policy with its reports. What it removed stays removed."""
        policies.delete_policy(user_id=self.user_id, policy_id=policy_id)
        return Response(status=204)


class ConditionsDryRunView(RunCallerView):
    """``retention-policies/dry-run/``"""

    @extend_schema(operation_id="retention_policies_plan", request=PolicyConditions, responses=DryRunShape)
    def post(self, request: Request) -> Response:
        """What a policy with these conditions would do in the caller's conversations. Nothing is changed."""
        given = body_of(request, PolicyConditions)
        return Response(_dry_run(Conditions.given(given), user_id=self.user_id))


class PolicyDryRunView(RunCallerView):
    """``retention-policies/{id}/dry-run/``"""

    @extend_schema(operation_id="retention_policies_dry_run", request=EmptyBody, responses=DryRunShape)
    def post(self, request: Request, policy_id: UUID) -> Response:
        """What a policy would do now. Nothing is changed."""
        policy = policies.get_policy(user_id=self.user_id, policy_id=policy_id)
        body_of(request, EmptyBody)
        return Response(_dry_run(Conditions.of(policy), user_id=self.user_id))


class ApplyPolicyView(RunCallerView):
    """``retention-policies/{id}/apply/``"""

    @extend_schema(operation_id="retention_policies_apply", request=EmptyBody, responses=AppliedShape)
    def post(self, request: Request, policy_id: UUID) -> Response:
        """Apply a policy now, whether it is enabled or not: what was said in the runs that meet it is gone for good."""
        policy = policies.get_policy(user_id=self.user_id, policy_id=policy_id)
        body_of(request, EmptyBody)
        applied, _ = apply(policy, seconds=PATIENCE)
        for pruned in applied.pruned:
            delivery.publish(pruned.events, owner_id=pruned.owner_id)
        names = ("runs", "bytes", "spared", "complete")
        return Response({name: getattr(applied, name) for name in names})


class PolicyReportsView(RunCallerView):
    """``retention-policies/{id}/reports/``"""

    @extend_schema(
        operation_id="retention_policies_reports",
        parameters=[CursorQuery],
        responses=page_of("RetentionReport", ReportShape),
    )
    def get(self, request: Request, policy_id: UUID) -> Response:
        """What a policy did, newest first. Where it found nothing to do by itself, there is no report."""
        policy = policies.get_policy(user_id=self.user_id, policy_id=policy_id)
        parameters_of(request.query_params, CursorQuery)
        pages = CursorPages()
        found = pages.paginate_queryset(policies.reports_of(policy), request) or []
        response: Response = pages.get_paginated_response([_report_object(report) for report in found])
        return response


def _dry_run(conditions: Conditions, *, user_id: UUID) -> JsonObject:
    found = plan(conditions=conditions, owner_id=user_id)
    runs = {run.pk: run for run in get_runs(user_id=user_id, run_ids=found.sample)}
    shown: JsonObject = {
        "runs": found.runs,
        "bytes": found.bytes,
        "spared": dict(found.spared),
        "oldest": time(found.oldest) if found.oldest else None,
        "newest": time(found.newest) if found.newest else None,
        "sample": [run_object(run_snapshot(runs[run_id])) for run_id in found.sample],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _policy_object(policy: RetentionPolicy) -> JsonObject:
    shown: JsonObject = {
        "id": str(policy.pk),
        "name": policy.name,
        "enabled": policy.enabled,
        "older_than_days": policy.older_than_days,
        "importance_below": policy.importance_below,
        "tags": list(policy.tags),
        "without_tags": list(policy.without_tags),
        "larger_than": policy.larger_than,
        "only_archived": policy.only_archived,
        "last_run_at": time(policy.last_run_at) if policy.last_run_at else None,
        "created_at": time(policy.created_at),
        "updated_at": time(policy.updated_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _report_object(report: RetentionReport) -> JsonObject:
    return {
        "id": str(report.pk),
        "runs": report.runs,
        "bytes": report.bytes,
        "spared": report.spared,
        "created_at": time(report.created_at),
    }


# --- Erasing oneself ------------------------------------------------------------------------------------------------


class EraseView(RunCallerView):
    """``account/erase/``"""

    @extend_schema(
        operation_id="account_erase", request=EraseBody, responses={200: ErasedShape, 202: ErasureBegunShape}
    )
    def post(self, request: Request) -> Response:
        """Erase the caller for good: conversations with their files, skills, facts, settings, tokens, everything. Bills keep
        their figures under a pseudonym. In a session only, with the password, and the username to confirm it. 202: something
        still has to end; it goes on by itself."""
        user = self.caller.user
        if self.caller.carrier != "session":
            raise ForbiddenError("A token cannot erase its person: log in to do that.")
        given = body_of(request, EraseBody)
        if given["confirm"] != user.username:
            raise InvalidInputError("This is not your username.", field="confirm")
        ensure_password(user=user, password=given["password"], address=address_of(request))
        if is_last_superuser(user_id=user.pk):
            raise LastSuperuserError
        erasure = erase.begin(user_id=user.pk)
        try:
            done = erasing.finish(erasure)
        except ErasureHeldUpError:
            return Response({"pseudonym": erasure.pseudonym}, status=202)
        return Response({**done.report, "digest": done.digest})
