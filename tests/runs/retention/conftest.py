"""A thread with history, and runs that are as old as a test wants."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from runs.models import RetentionPolicy, Run, RunTag, RunTagging
from tests.runs.api.history import History
from tests.runs.conversation import make_cast


@pytest.fixture
def history(db: None) -> History:
    """A thread of the test's own making, with nobody behind its model."""
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))


def turns(history: History, count: int = 3, *, days: int = 100) -> list[UUID]:
    """Whole runs, as if they had ended so many days ago."""
    runs = [history.turn(number).id for number in range(count)]
    age(*runs, days=days)
    return runs


def age(*run_ids: UUID, days: int) -> None:
    """Have runs been made and ended so many days ago."""
    then = timezone.now() - timedelta(days=days)
    Run.objects.filter(pk__in=run_ids).update(created_at=then, started_at=then, finished_at=then)


def tag(run_id: UUID, name: str) -> None:
    """Put a tag on a run, as its person would."""
    run = Run.objects.get(pk=run_id)
    found, _ = RunTag.objects.get_or_create(user_id=run.user_id, name=name)
    RunTagging.objects.create(run=run, tag=found)
    Run.objects.filter(pk=run_id).update(tags=[*run.tags, name])


def policy(history: History | None = None, **conditions: object) -> RetentionPolicy:
    """A policy of the thread's person, or without ``history`` the site's."""
    owner = history.asker.user_id if history else None
    given = {"name": "A policy", "enabled": True, "owner_id": owner, **conditions}
    return RetentionPolicy.objects.create(**given)


def pruned() -> set[UUID]:
    """The runs whose words are gone."""
    return set(Run.objects.filter(pruned_at__isnull=False).values_list("pk", flat=True))
