"""Templates and schedules in the admin: found, not read, and stopped."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coday.accounts.models import AuditRecord, User
from runs.models import RunSchedule
from runs.reuse.schedules import create_schedule
from tests.runs.reuse.library import asker_of, prompt, saved

SAID = "planted words that only their owner may read"


@pytest.fixture
def schedule(owner: User) -> RunSchedule:
    template = saved(owner, prompt(SAID), parameters=[{"name": "who"}])
    return create_schedule(
        asker=asker_of(owner), name="Daily", template_id=template.id, cron="0 9 * * *", arguments={"who": SAID}
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def stop(client: Client, schedule: RunSchedule) -> int:
    body = {"action": "stop_schedules", ACTION_CHECKBOX_NAME: [str(schedule.pk)]}
    return client.post(reverse("admin:runs_runschedule_changelist"), body).status_code


def test_they_are_listed_and_what_they_say_is_not_shown(schedule: RunSchedule, admin: User) -> None:
    page = client_of(admin)
    for name, key in (("runtemplate", schedule.template_id), ("runschedule", schedule.pk)):
        listed = page.get(reverse(f"admin:runs_{name}_changelist"), {"q": "owner"})
        shown = page.get(reverse(f"admin:runs_{name}_change", args=[key]))
        for answer in (listed, shown):
            assert answer.status_code == 200
            assert "owner" in answer.content.decode()
            assert SAID not in answer.content.decode()


def test_an_admin_stops_a_schedule_which_is_written_down(schedule: RunSchedule, admin: User) -> None:
    assert stop(client_of(admin), schedule) == 302
    schedule.refresh_from_db()
    assert (schedule.enabled, schedule.next_at, schedule.stopped_because) == (False, None, "An admin stopped it.")
    assert AuditRecord.objects.filter(details__action="stop_schedules").exists()


def test_who_may_only_look_stops_nothing(schedule: RunSchedule, teammate: User) -> None:
    User.objects.filter(pk=teammate.pk).update(is_staff=True)
    teammate.user_permissions.add(Permission.objects.get(codename="view_runschedule"))
    stop(client_of(User.objects.get(pk=teammate.pk)), schedule)
    schedule.refresh_from_db()
    assert schedule.enabled
