"""Pages as sources: fetched from a real server, fetched again, and what is kept when that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web
from django.db import connection
from pytest_django import Settings

from coday.accounts.models import User
from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from skills.models import Skill, SkillSource
from skills.operations import add_source, read_page, refresh_page
from skills.queries import search_passages
from tests.kernel.test_guarded import Handler, Server, serving
from tests.skills.conftest import add_text, pdf

ARTICLE = """<!doctype html><html><head><title>Tea
 hours</title></head><body><nav>Home</nav><article><h1>Tea</h1><p>Tea is served at {} in the afternoon, in the large hall.</p>
<p>Please bring your own cup, and leave the spoons.</p></article></body></html>"""


@pytest.fixture
async def skill(transactional_db: None) -> Skill:
    """A skill of somebody's."""

    def make() -> Skill:
        owner = User.objects.create_user("ann")
        return Skill.objects.create(slug="tea", name="Tea", trigger="About tea.", owner=owner)

    return await in_database(make)


@pytest.fixture
def allow(settings: Settings) -> Callable[[Server], None]:
    """Lets a server be fetched from, as an operator may."""

    def permit(server: Server) -> None:
        settings.CODAY_FETCH_ALLOW = [f"127.0.0.1:{server.port}"]

    return permit


def add_page(*, skill: Skill, url: str, title: str = "") -> SkillSource:
    """A page as a source of a skill."""
    return add_source(skill=skill, reading=read_page(url=url, title=title))


def answering(*answers: tuple[int, bytes, str]) -> Handler:
    """A server that gives these answers, one after the other: status, content and media type."""
    left = list(answers)

    async def answer(_request: web.Request) -> web.StreamResponse:
        status, body, media_type = left.pop(0)
        return web.Response(status=status, body=body, content_type=media_type)

    return answer


def html(hour: str) -> tuple[int, bytes, str]:
    """A page that can be read."""
    return 200, ARTICLE.format(hour).encode(), "text/html"


async def test_a_page_is_fetched_and_found(skill: Skill, allow: Callable[[Server], None]) -> None:
    async with serving(answering(html("four"))) as server:
        allow(server)
        source = await in_database(add_page, skill=skill, url=server.at("/tea"))
    assert (source.kind, source.title, source.url) == ("page", "Tea hours", server.at("/tea"))
    assert source.fetched_at is not None
    assert "Home" not in source.text
    [passage] = await in_database(search_passages, skill_ids=[skill.pk], text="When is tea served?")
    assert (passage.source_id, passage.url) == (source.pk, server.at("/tea"))


async def test_a_page_may_be_a_pdf(skill: Skill, allow: Callable[[Server], None]) -> None:
    async with serving(answering((200, pdf("Tea at four."), "text/html"))) as server:
        allow(server)
        source = await in_database(add_page, skill=skill, url=server.at("/tea"), title="The plan")
    assert (source.kind, source.title, source.text) == ("page", "The plan", "Tea at four.")


async def test_a_page_is_fetched_again(skill: Skill, allow: Callable[[Server], None]) -> None:
    async with serving(answering(html("four"), html("five"))) as server:
        allow(server)
        first = await in_database(add_page, skill=skill, url=server.at("/tea"))
        second = await in_database(refresh_page, skill=skill, source_id=first.pk)
    assert first.fetched_at is not None
    assert second.fetched_at is not None
    assert (second.pk, second.checksum == first.checksum, second.fetched_at > first.fetched_at) == (
        first.pk,
        False,
        True,
    )
    for word, count in (("four", 0), ("five", 1)):
        assert len(await in_database(search_passages, skill_ids=[skill.pk], text=word)) == count


async def test_a_page_that_is_gone_keeps_its_text(skill: Skill, allow: Callable[[Server], None]) -> None:
    async with serving(answering(html("four"), (404, b"gone", "text/plain"), html("four"))) as server:
        allow(server)
        source = await in_database(add_page, skill=skill, url=server.at("/tea"))
        with pytest.raises(CodayError) as error:
            await in_database(refresh_page, skill=skill, source_id=source.pk)
        kept = await in_database(SkillSource.objects.get, pk=source.pk)
        assert (error.value.code, kept.text, kept.error) == (
            "page_unavailable", source.text, "The server answered with 404.",
        )  # fmt: skip
        assert (await in_database(refresh_page, skill=skill, source_id=source.pk)).error == ""


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, b"<html><body>Sorry</body></html>", "text/html"), "page_unavailable"),
        ((204, b"", "text/html"), "page_unavailable"),
        ((200, b"", "text/html"), "empty_source"),
        ((200, b"\x89PNG\r\n\x1a\n\0", "text/html"), "unsupported_source"),
        ((200, b"%PDF-1.7 and nothing", "application/pdf"), "unreadable_source"),
    ],
)
async def test_what_is_no_page_is_refused(
    skill: Skill, allow: Callable[[Server], None], answer: tuple[int, bytes, str], code: str
) -> None:
    async with serving(answering(answer)) as server:
        allow(server)
        with pytest.raises(CodayError) as error:
            await in_database(add_page, skill=skill, url=server.at("/"))
    assert (error.value.code, error.value.details.get("field", "url")) == (code, "url")
    assert not await in_database(SkillSource.objects.exists)


async def test_a_page_does_not_lead_into_the_network(skill: Skill, allow: Callable[[Server], None]) -> None:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})

    async with serving(redirect) as server:
        allow(server)
        with pytest.raises(CodayError) as error:
            await in_database(add_page, skill=skill, url=server.at("/"))
    assert error.value.code == "address_refused"


@pytest.mark.parametrize("deleted", [Skill, SkillSource])
async def test_what_is_deleted_meanwhile_does_not_come_back(
    skill: Skill, allow: Callable[[Server], None], deleted: type[Skill | SkillSource]
) -> None:
    async def deleting(_request: web.Request) -> web.StreamResponse:
        await in_database(deleted.objects.all().delete)
        return web.Response(text=ARTICLE.format("six"), content_type="text/html")

    def work(url: str) -> None:
        try:
            if deleted is Skill:
                add_page(skill=skill, url=url)
            else:
                refresh_page(skill=skill, source_id=skill.sources.get().pk)
        finally:
            connection.close()

    async with serving(deleting) as server:
        allow(server)
        await in_database(add_text, skill=skill, title="Tea", text="Tea.")
        await in_database(SkillSource.objects.update, kind="page", url=server.at("/tea"))
        with pytest.raises(CodayError) as error:
            await asyncio.to_thread(work, server.at("/tea"))
    assert error.value.code == ("skill_not_found" if deleted is Skill else "source_not_found")
    assert not await in_database(SkillSource.objects.exists)
