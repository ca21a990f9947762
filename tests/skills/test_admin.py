"""The admin of the site's skills: sources are read before its transaction, and what people make is not there."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from coday.accounts.models import User
from skills.models import Skill, SkillSource
from skills.queries import search_passages
from tests.skills.conftest import MakeSkill, add_text, pdf

ADD = "admin:skills_skill_add"


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def form(*sources: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the form of a skill sends."""
    sent = {
        "name": "Refunds", "slug": "refunds", "trigger": "Money back.", "instructions": "", "enabled": "on", "everyone": "on",
        "sources-TOTAL_FORMS": len(sources), "sources-INITIAL_FORMS": 0, **fields,
    }  # fmt: skip
    rows = ({"title": "", "url": "", **source} for source in sources)
    return sent | {f"sources-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}


def test_a_skill_is_made_with_its_sources(page: Client) -> None:
    file, notes = SimpleUploadedFile("a.pdf", pdf("Thirty days.")), SimpleUploadedFile("notes.txt", b"Call first.")
    answer = page.post(reverse(ADD), form({"upload": file, "title": "The rules"}, {"upload": notes}))
    assert answer.status_code == 302, answer.context["errors"]
    skill = Skill.objects.get()
    assert (skill.owner, skill.everyone) == (None, True)
    assert list(skill.sources.values_list("title", "kind")) == [("The rules", "pdf"), ("notes", "text")]
    assert len(search_passages(skill_ids=[skill.pk], text="thirty")) == 1


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ({"title": "Nothing"}, "Choose a file, or give the address of a page."),
        ({"upload": SimpleUploadedFile("a.pdf", b"I am none.")}, "This file is called a PDF, and it is none."),
        ({"url": "http://127.0.0.1/"}, "it is not public"),
        ({"url": "nowhere"}, "Give an http or https address"),
    ],
)
def test_a_source_that_cannot_be_read_is_told_where_it_was_entered(
    page: Client, source: dict[str, Any], complaint: str
) -> None:
    answer = page.post(reverse(ADD), form(source))
    assert answer.status_code == 200
    assert complaint in answer.text
    assert not Skill.objects.exists()


def test_a_source_is_deleted_and_never_rewritten(page: Client, make_skill: MakeSkill) -> None:
    skill = make_skill("refunds", everyone=True)
    kept, gone = (add_text(skill=skill, title=title, text="Said.") for title in ("kept", "gone"))
    rows = [{"id": kept.pk, "title": "rewritten", "url": "x"}, {"id": gone.pk, "DELETE": "on"}]
    address = reverse("admin:skills_skill_change", args=[skill.pk])
    answer = page.post(address, form(*rows, **{"sources-INITIAL_FORMS": 2}))
    assert answer.status_code == 302
    assert list(SkillSource.objects.values_list("title", flat=True)) == ["kept"]


def test_what_people_make_is_their_own(page: Client, make_skill: MakeSkill, owner: User) -> None:
    own = make_skill("private", owner=owner)
    assert "private" not in page.get(reverse("admin:skills_skill_changelist")).text
    assert page.get(reverse("admin:skills_skill_change", args=[own.pk])).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_pages_are_fetched_again(page: Client, make_skill: MakeSkill) -> None:
    skill = make_skill("refunds", everyone=True)
    source = add_text(skill=skill, title="Hours", text="Said.")
    SkillSource.objects.update(kind="page", url="http://127.0.0.1:9/")
    asked = {"action": "fetch_pages", "_selected_action": str(skill.pk)}
    answer = page.post(reverse("admin:skills_skill_changelist"), asked, follow=True)
    source.refresh_from_db()
    assert "Hours: This address may not be fetched" in answer.text
    assert (source.text, bool(source.error)) == ("Said.", True)
