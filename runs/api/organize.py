"""The endpoints of what puts runs and threads in order: tags, groups, importance, and many at once."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.parameters import ListQuery, parameters_of
from coday.edge.serializers import body_of
from runs import importance
from runs.api.base import RunCallerView, driven
from runs.api.schema_organize import (
    ChangedRunsShape,
    ChangedThreadsShape,
    GroupChanges,
    GroupShape,
    ImportanceShape,
    NewGroup,
    NewTag,
    RunsChanges,
    TagChanges,
    TagShape,
    ThreadsChanges,
)
from runs.api.threads import end_runs
from runs.delivery import delivery
from runs.organize import groups, tags
from runs.organize.groups import Group
from runs.organize.tags import Tag
from runs.organize.threads import change_threads
from runs.queries import get_run, get_runs, with_positions
from runs.summarizing.states import change_runs
from runs.wire import run_object
from threads.api.pages import page_object
from threads.api.schema import page_of
from threads.covering import covering_now
from threads.errors import ThreadNotFoundError
from threads.operations import delete_thread
from threads.queries import get_thread, get_threads
from threads.wire import JsonObject, thread_object


class TagListView(RunCallerView):
    """``run-tags/``"""

    @extend_schema(operation_id="run_tags_list", responses=page_of("RunTag", TagShape))
    def get(self, request: Request) -> Response:
        """The caller's tags by name."""
        parameters_of(request.query_params, ListQuery)
        found = tags.tags_of(user_id=self.user_id)
        return Response(page_object(request, [_tag_object(tag) for tag in found], next_page=None))

    @extend_schema(operation_id="run_tags_create", request=NewTag, responses={201: TagShape})
    def post(self, request: Request) -> Response:
        """Make a tag."""
        tag = tags.create_tag(user_id=self.user_id, **body_of(request, NewTag))
        return Response(_tag_object(tag), status=201)


class TagView(RunCallerView):
    """``run-tags/{id}/``"""

    @extend_schema(operation_id="run_tags_update", request=TagChanges, responses=TagShape)
    def patch(self, request: Request, tag_id: UUID) -> Response:
        """Rename a tag, on all that carries it, or give it another colour."""
        tags.get_tag(user_id=self.user_id, tag_id=tag_id)
        changes = body_of(request, TagChanges)
        tag, events = covering_now(partial(tags.change_tag, user_id=self.user_id, tag_id=tag_id, **changes))
        delivery.publish_all(events, owner_id=self.user_id)
        return Response(_tag_object(tag))

    @extend_schema(operation_id="run_tags_delete", responses={204: None})
    def delete(self, request: Request, tag_id: UUID) -> Response:
        """Take a tag off all that carries it, and delete it."""
        delivery.publish_all(tags.delete_tag(user_id=self.user_id, tag_id=tag_id), owner_id=self.user_id)
        return Response(status=204)


def _tag_object(tag: Tag) -> JsonObject:
    return {"id": str(tag.id), "name": tag.name, "color": tag.color, "runs": tag.runs, "threads": tag.threads}


class ImportanceView(RunCallerView):
    """``runs/{id}/importance/``"""

    @extend_schema(operation_id="runs_importance", responses=ImportanceShape)
    def get(self, request: Request, run_id: UUID) -> Response:
        """How much a run matters, by whose word, and what its automatic score is made of."""
        run = get_run(user_id=self.user_id, run_id=run_id)
        facts = importance.facts_of(run_ids=[run_id])[run_id]
        reasons = importance.reasons_of(run, deeds=facts.deeds, derived=facts.derived)
        return Response(
            {
                "importance": run.importance,
                "by": run.importance_by,
                "score": importance.score_of(run, deeds=facts.deeds, derived=facts.derived),
                "reasons": [{"points": reason.points, "reason": reason.reason} for reason in reasons],
            }
        )


class RunBulkView(RunCallerView):
    """``runs/bulk/``"""

    @extend_schema(operation_id="runs_bulk", request=RunsChanges, responses=ChangedRunsShape)
    def post(self, request: Request) -> Response:
        """Tag, pin, group and weigh several runs at once: all of them, or none."""
        changes = body_of(request, RunsChanges)
        run_ids = changes.pop("runs")
        get_runs(user_id=self.user_id, run_ids=run_ids)
        change = partial(change_runs, user_id=self.user_id, run_ids=run_ids, changes=changes)
        runs, events = covering_now(change)
        delivery.publish_all(events, owner_id=self.user_id)
        return Response({"runs": [run_object(run) for run in with_positions(runs)]})


# --- Groups -------------------------------------------------------------------------------------------------------


class GroupListView(RunCallerView):
    """``threads/{id}/groups/``"""

    @extend_schema(operation_id="run_groups_list", responses=page_of("RunGroup", GroupShape))
    def get(self, request: Request, thread_id: UUID) -> Response:
        """The groups of a conversation's runs, in the order in which they were made."""
        found = groups.groups_of(user_id=self.user_id, thread_id=thread_id)
        parameters_of(request.query_params, ListQuery)
        return Response(page_object(request, [_group_object(group) for group in found], next_page=None))

    @extend_schema(operation_id="run_groups_create", request=NewGroup, responses={201: GroupShape})
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Make a group, of these runs."""
        get_thread(user_id=self.user_id, thread_id=thread_id)
        body = body_of(request, NewGroup)
        create = partial(
            groups.create_group,
            user_id=self.user_id,
            thread_id=thread_id,
            name=body["name"],
            run_ids=body.get("runs", ()),
        )
        group, events = covering_now(create)
        delivery.publish_all(events, owner_id=self.user_id)
        return Response(_group_object(group), status=201)


class GroupView(RunCallerView):
    """``run-groups/{id}/``"""

    @extend_schema(operation_id="run_groups_update", request=GroupChanges, responses=GroupShape)
    def patch(self, request: Request, group_id: UUID) -> Response:
        """Rename, fold or unfold a group, in all windows."""
        groups.get_group(user_id=self.user_id, group_id=group_id)
        changes = body_of(request, GroupChanges)
        group, events = covering_now(partial(groups.change_group, user_id=self.user_id, group_id=group_id, **changes))
        delivery.publish_all(events, owner_id=self.user_id)
        return Response(_group_object(group))

    @extend_schema(operation_id="run_groups_delete", responses={204: None})
    def delete(self, request: Request, group_id: UUID) -> Response:
        """Delete a group. Its runs stay, in no group."""
        delivery.publish_all(groups.delete_group(user_id=self.user_id, group_id=group_id), owner_id=self.user_id)
        return Response(status=204)


def _group_object(group: Group) -> JsonObject:
    return {
        "id": str(group.id),
        "thread_id": str(group.thread_id),
        "name": group.name,
        "folded": group.folded,
        "runs": [str(run_id) for run_id in group.runs],
    }


# --- Threads ------------------------------------------------------------------------------------------------------


class ThreadBulkView(RunCallerView):
    """``threads/bulk/``"""

    @extend_schema(operation_id="threads_bulk", request=ThreadsChanges, responses=ChangedThreadsShape)
    def post(self, request: Request) -> Response:
        """Archive, pin, file and tag several conversations at once, all or none; or delete them: what runs in them is
        cancelled first."""
        changes = body_of(request, ThreadsChanges)
        thread_ids = list(dict.fromkeys(changes.pop("threads")))
        get_threads(user_id=self.user_id, thread_ids=thread_ids)
        if changes.pop("delete", False):
            return Response({"threads": [], "deleted": self._delete(thread_ids)})
        change = partial(
            change_threads,
            user_id=self.user_id,
            thread_ids=thread_ids,
            add_tags=changes.pop("add_tags", ()),
            remove_tags=changes.pop("remove_tags", ()),
            changes=changes,
        )
        return Response({"threads": [thread_object(thread) for thread in covering_now(change)], "deleted": []})

    def _delete(self, thread_ids: list[UUID]) -> list[str]:
        driven(partial(end_runs, asker=self.asker, thread_ids=thread_ids))
        for thread_id in thread_ids:
            with suppress(ThreadNotFoundError):  # somebody was faster
                delete_thread(user_id=self.user_id, thread_id=thread_id)
        return [str(thread_id) for thread_id in thread_ids]
