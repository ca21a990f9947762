"""An admin sets what is personal, sees whether it is found, and never sees what was."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from coday.accounts.models import AuditRecord, User
from tests.support.services import wait_until
from threads.masks import mask_texts
from threads.models import Mask, PrivacySettings, Thread
from threads.privacy.findings import Finding
from threads.privacy.service import close, glance

LIST = "admin:threads_privacysettings_changelist"
ADD = "admin:threads_privacysettings_add"
FIELDS = {"new_threads": "offered", "images": "refused", "thresholds": "{}"}


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_the_settings_are_one_row_that_stays(page: Client) -> None:
    chosen: dict[str, Any] = {
        **FIELDS, "categories_off": ["LOCATION", "OTHER"], "thresholds": '{"PERSON": 0.7}',
        "trusted_tools": "calendar\n\nmail__*", "deny_words": "Project Apollo",
    }  # fmt: skip
    assert page.post(reverse(ADD), chosen).status_code == 302
    row = PrivacySettings.objects.get()
    assert (row.categories_off, row.thresholds) == (["LOCATION", "OTHER"], {"PERSON": 0.7})
    assert (row.trusted_tools, row.deny_words, row.images) == (["calendar", "mail__*"], "Project Apollo", "refused")
    assert page.get(reverse(ADD)).status_code == 403
    change = reverse("admin:threads_privacysettings_change", args=[row.pk])
    assert "mail__*" in page.get(change).text
    assert page.post(change, {**FIELDS, "thresholds": "", "trusted_tools": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.categories_off, row.thresholds, row.trusted_tools, row.deny_words) == ([], {}, [], "")
    assert page.post(reverse("admin:threads_privacysettings_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert not AuditRecord.objects.filter(details__icontains="Apollo").exists()


@pytest.mark.parametrize(("field", "value"), [
    ("allow_patterns", "(a+)+"), ("thresholds", '{"NOTHING": 0.5}'), ("thresholds", "{"), ("categories_off", ["NOTHING"]),
    ("trusted_tools", "not a name"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_not_saved(page: Client, field: str, value: Any) -> None:
    answer = page.post(reverse(ADD), {**FIELDS, field: value})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not PrivacySettings.objects.exists()


@pytest.mark.parametrize(("engine", "said"), [
    ("analyzer", "The analyzer of personal data works."), ("broken", "Personal data cannot be found"),
])  # fmt: skip
def test_an_admin_reads_how_the_analyzer_does_without_waiting_for_it(
    page: Client, settings: Settings, engine: str, said: str
) -> None:
    settings.CODAY_PII_ENGINE = f"tests.support.pii.{engine}"
    close()  # another test may have looked at one
    try:
        assert "is being looked at" in page.get(reverse(LIST)).text
        wait_until(lambda: glance() is not None, "the analyzer was looked at")
        assert said in page.get(reverse(LIST)).text
    finally:
        close()


@pytest.mark.parametrize(("engine", "said"), [
    ("analyzer", "The analyzer answered"), ("broken_analyzer", "Personal data cannot be found"),
])  # fmt: skip
def test_an_admin_sees_whether_personal_data_is_found(page: Client, settings: Settings, engine: str, said: str) -> None:
    settings.CODAY_PII_ENGINE = f"tests.support.pii.{engine}"
    try:
        assert said in page.get(f"{reverse(LIST)}check", follow=True).text
    finally:
        close()


def test_masks_are_no_part_of_the_admin(page: Client, owner: User) -> None:
    assert Mask not in django_admin.site._registry
    thread = Thread.objects.create(owner=owner, anonymous=True)
    mask_texts(thread_id=thread.pk, texts=["Erika"], findings=[[Finding(0, 5, "PERSON", 1.0)]])
    shown = page.get(reverse("admin:threads_thread_change", args=[thread.pk])).text
    assert "Erika" not in shown
    assert "PERSON_1" not in shown
