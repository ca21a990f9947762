"""Skills in a thread: who activates and takes back what, all or nothing, and that it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from django.db import transaction
from django.db.models import UUIDField

from coday.kernel.prepared import Param, PreparedQuery
from skills.errors import SkillNotFoundError
from skills.queries import skill_snapshots
from threads.errors import TooManyActiveSkillsError
from threads.models import Thread, ThreadSkill
from threads.queries import get_thread, skills_of_threads
from threads.signals import thread_changed

By = Literal["model", "person"]

MAX_ACTIVE = 20  # each takes its place in every prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSkill:
    """A skill that is active in a thread, by its slug. ``run_id`` and ``tool_call_id`` say how it came there."""

    slug: str
    by: By
    run_id: UUID | None
    tool_call_id: str
    activated_at: datetime


@transaction.atomic
def activate_skill(
    *, user_id: UUID, thread_id: UUID, slug: str, by: By, run_id: UUID | None = None, tool_call_id: str = ""
) -> tuple[str, ...]:
    """Bring a skill, with its instructions, sources and MCP servers, into a person's thread. Returns the slugs of all skills
    that are active then. One that is active already stays as it is.

    Raises:
        ThreadNotFoundError: the thread does not exist for this person.
        SkillNotFoundError: nor does the skill.
        TooManyActiveSkillsError: there is no room for another one.
        McpHeadersUnreadableError: one of its MCP servers cannot be used, so neither can the skill.
    """
    get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    found = skill_snapshots(slugs=[slug], user_id=user_id, activated_by=by)
    if not found:
        raise SkillNotFoundError(details={"field": "skill"})
    active = _active(thread_id)
    if slug in active:
        return active
    if len(active) >= MAX_ACTIVE:
        raise TooManyActiveSkillsError(details={"field": "skill", "limit": MAX_ACTIVE})
    row = ThreadSkill(thread_id=thread_id, skill_id=found[0].id, by=by, run_id=run_id, tool_call_id=tool_call_id)
    row.save(force_insert=True)
    return _announced(user_id=user_id, thread_id=thread_id)


@transaction.atomic
def deactivate_skill(*, user_id: UUID, thread_id: UUID, slug: str) -> tuple[str, ...]:
    """Take a skill back out of a person's thread. Returns the slugs of those that are still active.

    Raises:
        ThreadNotFoundError: the thread does not exist for this person.
    """
    get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    deleted, _ = ThreadSkill.objects.filter(thread_id=thread_id, skill__slug=slug).delete()
    return _announced(user_id=user_id, thread_id=thread_id) if deleted else _active(thread_id)


def _active(thread_id: UUID) -> tuple[str, ...]:
    return skills_of_threads(thread_ids=[thread_id]).get(thread_id, ())


def _announced(*, user_id: UUID, thread_id: UUID) -> tuple[str, ...]:
    active = _active(thread_id)
    thread_changed.send(sender=Thread, thread_id=thread_id, owner_id=user_id, changed={"skills": list(active)})
    return active


_ACTIVE = PreparedQuery(
    lambda: (
        ThreadSkill.objects.filter(thread_id=Param("thread_id", UUIDField()))
        .order_by("id")
        .values_list("skill__slug", "by", "run_id", "tool_call_id", "created_at")
    )
)


def skills_of_thread(*, thread_id: UUID) -> tuple[ActiveSkill, ...]:
    """The skills that are active in a thread, in the order in which they were activated, usable or not."""
    return tuple(
        ActiveSkill(slug=slug, by=cast("By", by), run_id=run_id, tool_call_id=call, activated_at=activated_at)
        for slug, by, run_id, call, activated_at in _ACTIVE.rows(thread_id=thread_id)
    )
