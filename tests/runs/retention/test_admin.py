"""The admin of what is not kept: the site's policies, and people who are erased by whoever may."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coday.accounts.models import AuditRecord, User
from runs.models import Erasure, RetentionPolicy, RetentionReport, Run
from tests.runs.api.history import History
from tests.runs.retention.conftest import policy, pruned, turns

POLICIES = reverse("admin:runs_retentionpolicy_changelist")
USERS = reverse("admin:accounts_user_changelist")
ALL = {"name": "Old", "tags": "", "without_tags": "keep, keep , new", "older_than_days": "30"}


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def act(page: Client, address: str, action: str, *chosen: Any, **more: Any) -> str:
    """Choose rows and an action; what the page then says."""
    given = {"action": action, "_selected_action": [row.pk for row in chosen], **more}
    return str(page.post(address, given, follow=True).content.decode())


def test_a_policy_of_the_site_is_made_with_a_condition(page: Client) -> None:
    add = reverse("admin:runs_retentionpolicy_add")
    refused = page.post(add, {"name": "All", "tags": "", "without_tags": ""})
    assert "at least one condition" in refused.content.decode()
    assert page.post(add, ALL).status_code == 302
    made = RetentionPolicy.objects.get()
    assert (made.owner, made.older_than_days, made.without_tags) == (None, 30, ["keep", "new"])


def test_what_a_person_wants_for_their_runs_is_theirs(page: Client, history: History) -> None:
    theirs = policy(history, older_than_days=30)
    turns(history, 2)
    address = reverse("admin:runs_retentionpolicy_change", args=[theirs.pk])
    assert page.post(address, ALL).status_code == 403
    assert "to apply" in act(page, POLICIES, "apply_now", theirs)
    assert pruned() == set()


def test_it_is_tried_out_and_applied(page: Client, history: History) -> None:
    runs = turns(history, 2)
    Run.objects.filter(pk=runs[0]).update(pinned=True)
    site = policy(older_than_days=30)
    assert "1 runs" in act(page, POLICIES, "try_out", site)
    assert pruned() == set()
    assert "1 spared" in act(page, POLICIES, "apply_now", site)
    assert pruned() == {runs[1]}
    assert RetentionReport.objects.get().runs == 1


def test_a_person_is_erased_by_their_name(page: Client, history: History) -> None:
    turns(history, 1)
    person = User.objects.get(username="ann")
    assert "cannot be undone" in act(page, USERS, "erase_for_good", person)
    assert "not the username" in act(page, USERS, "erase_for_good", person, apply="1", confirm="bob")
    assert User.objects.filter(username="ann").exists()
    assert "Erased." in act(page, USERS, "erase_for_good", person, apply="1", confirm="ann")
    assert not User.objects.filter(username="ann").exists()
    erasure = Erasure.objects.get()
    told = AuditRecord.objects.latest("id")
    assert (told.actor, told.object_label, told.details["digest"]) == ("admin", erasure.pseudonym, erasure.digest)


def test_nobody_erases_themselves_or_the_last_superuser(page: Client, admin: User) -> None:
    assert "last superuser" in act(page, USERS, "erase_for_good", admin, apply="1", confirm="admin")
    assert User.objects.filter(pk=admin.pk).exists()


def test_it_takes_a_right_of_its_own(client: Client, stranger: User, owner: User) -> None:
    owner.is_staff = True
    owner.save()
    owner.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "change_user")))
    client.force_login(owner)
    act(client, USERS, "erase_for_good", stranger, apply="1", confirm="stranger")
    assert User.objects.filter(pk=stranger.pk).exists()
    owner.user_permissions.add(Permission.objects.get(codename="erase_people"))
    act(client, USERS, "erase_for_good", stranger, apply="1", confirm="stranger")
    assert not User.objects.filter(pk=stranger.pk).exists()
