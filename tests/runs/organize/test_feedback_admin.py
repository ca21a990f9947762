"""The admin of what people say of answers, and of what everybody's runs came to."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coday.accounts.models import User
from tests.runs.api.history import History
from tests.runs.organize.conftest import Api

LIST = "admin:runs_runfeedback_changelist"


@pytest.fixture
def page(admin: User) -> Client:
    """The admin's browser."""
    client = Client()
    client.force_login(admin)
    return client


def shown(page: Client, **query: Any) -> list[str]:
    """The comments that the list has."""
    answer = page.get(reverse(LIST), query)
    assert answer.status_code == 200
    return [row.comment for row in answer.context["cl"].result_list]


def test_feedback_is_listed_filtered_and_leads_to_its_run(history: History, api: Api, page: Client) -> None:
    good, bad = history.turn(0), history.turn(1)
    api("PUT", f"runs/{good.id}/feedback/", {"rating": 1, "comment": "Fine."})
    api("PUT", f"runs/{bad.id}/feedback/", {"rating": -1, "reason": "wrong", "comment": "No."})
    assert shown(page) == ["No.", "Fine."]
    assert shown(page, rating__exact="-1") == shown(page, reason__exact="wrong") == ["No."]
    assert shown(page, run__agent="helper", run__model="mock-1") == ["No.", "Fine."]
    assert shown(page, q=str(good.id)) == ["Fine."]
    assert shown(page, q="nobody") == []
    body = page.get(reverse(LIST)).content.decode()
    assert reverse("admin:runs_run_change", args=[bad.id]) in body
    assert "question 1" not in body
    assert "answer 1" not in body


def test_nobody_changes_what_people_said(history: History, api: Api, page: Client) -> None:
    run = history.turn(0)
    api("PUT", f"runs/{run.id}/feedback/", {"rating": 1})
    assert page.get(reverse("admin:runs_runfeedback_add")).status_code == 403
    assert b"delete_selected" not in page.get(reverse(LIST)).content
    assert api("GET", f"runs/{run.id}/feedback/")["rating"] == 1


def test_the_page_of_all_figures_wants_its_permission(page: Client, teammate: User) -> None:
    address = reverse("admin:runs_run_analytics")
    answer = page.get(address)
    assert answer.status_code == 200
    assert b'id="analytics"' in answer.content
    teammate.is_staff = True
    teammate.save()
    teammate.user_permissions.add(Permission.objects.get(codename="view_run"))
    other = Client()
    other.force_login(teammate)
    assert other.get(address).status_code == 403
    teammate.user_permissions.add(Permission.objects.get(codename="view_all_analytics"))
    assert other.get(address).status_code == 200


def test_the_list_of_runs_takes_what_the_figures_lead_to(history: History, page: Client) -> None:
    history.turn(0)
    query = {
        "deleted_at__isempty": "1", "created_at__gte": "2020-01-01T00:00:00.000Z",
        "created_at__lt": "2100-01-01T00:00:00.000Z",
        "agent__exact": "helper", "model__exact": "mock-1", "trigger__exact": "user", "status__exact": "completed",
        "user_id__exact": str(history.asker.user_id),
    }  # fmt: skip
    answer = page.get(reverse("admin:runs_run_changelist"), query)
    assert answer.status_code == 200
    assert len(answer.context["cl"].result_list) == 1
    without = page.get(reverse("admin:runs_run_changelist"), {**query, "rating__exact": "1"})
    assert len(without.context["cl"].result_list) == 0
