"""Whoever may read what is shared goes on with a copy; in anonymous conversations masks stay, unless they are lifted."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from coday.accounts.audit import Actor
from coday.accounts.models import User
from coday.kernel.database import in_database
from runs.events import RunSnapshot
from runs.exchange import sharing
from runs.exchange.copying import copy_share
from runs.exchange.share_errors import RevealForbiddenError
from runs.exchange.sharing import NewShare
from runs.exchange.shown import snapshot_object
from runs.inputs import Asker
from runs.models import Run, Share, ToolCall
from tests.runs.api.site import png
from tests.runs.branching.screens import paged, replayed, words
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.test_anonymous import MAX, TOKEN, analyzer, hide
from tests.support.mock_provider import MockProvider, openai_reply
from threads.masks import masks_of
from threads.models import ImageAttachment, Thread
from threads.operations import add_image

__all__ = ["analyzer"]  # a quick one, for all tests here


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    return await converse(model={"vision": True})


@pytest.fixture
async def hidden(talk: Conversation) -> Conversation:
    """The conversation, anonymous."""
    await in_database(hide, talk)
    return talk


async def share(talk: Conversation, **what: Any) -> Share:
    """Share it with the teammate as Ann does."""
    await in_database(lambda: User.objects.get_or_create(username="teammate"))
    by = Actor(name="ann", id=talk.asker.user_id)
    new = NewShare(**{"people": ["teammate"], **what})
    row, _ = await in_database(
        lambda: sharing.share(by=by, owner_id=talk.asker.user_id, thread_id=talk.thread_id, new=new)
    )
    return row


async def copied(row: Share) -> UUID:
    """The thread that the teammate goes on with."""

    def copy() -> UUID:
        user = User.objects.get(username="teammate")
        stored = Share.objects.select_related("owner").get(pk=row.pk)
        return copy_share(stored, by=Asker(user_id=user.pk, username=user.username))

    return await in_database(copy)


async def test_a_copy_says_the_same_and_where_it_comes_from(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One."), openai_reply("Two."))
    await talk.ask("1?")
    second = await talk.ask("2?")
    await in_database(ToolCall.objects.create, run_id=second.id, call_id="c1", name="note", status="in_progress")
    thread_id = await copied(await share(talk))
    shown = await in_database(paged, thread_id)
    assert words(shown) == [("user", "1?"), ("assistant", "One."), ("user", "2?"), ("assistant", "Two.")]
    assert await in_database(replayed, thread_id) == shown
    [step] = shown["steps"][shown["branch"][0]]
    assert step["kind"] == "copy"
    assert "ann shared" in step["summary"]
    thread = await in_database(Thread.objects.select_related("owner").get, pk=thread_id)
    assert thread.owner.username == "teammate"


async def test_a_copy_goes_on(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One."), openai_reply("Two."))
    await talk.ask("1?")
    talk.thread_id = await copied(await share(talk))
    teammate = await in_database(User.objects.get, username="teammate")
    talk.asker = Asker(user_id=teammate.pk, username="teammate")
    run = await talk.ask("And then?")
    assert (run.status, run.number) == ("completed", 2)
    assert [message["content"] for message in talk.sent[-1]] == ["1?", "One.", "And then?"]


async def test_a_copy_is_paid_by_nobody_and_read_already(talk: Conversation) -> None:
    await talk.ask("1?")
    thread_id = await copied(await share(talk))
    run = await in_database(Run.objects.get, thread_id=thread_id)
    assert (run.cost, run.input_tokens) == (None, 0)
    assert run.username == "teammate"
    thread = await in_database(Thread.objects.get, pk=thread_id)
    assert thread.seen_seq == thread.last_seq


async def test_images_come_along(talk: Conversation) -> None:
    image = await in_database(_image, talk)
    await talk.ask("Look", input={"type": "user", "text": "Look", "images": [str(image)]})
    row = await share(talk)
    thread_id = await copied(row)
    twin = await in_database(ImageAttachment.objects.get, thread_id=thread_id)
    assert twin.pk != image
    assert await in_database(_content, twin) == png()


def _content(image: ImageAttachment) -> bytes:
    with image.file.open("rb") as file:
        return bytes(file.read())


def _image(talk: Conversation) -> UUID:
    who, where = talk.asker.user_id, talk.thread_id
    return add_image(user_id=who, thread_id=where, name="dot.png", file=io.BytesIO(png()), size=len(png())).id


# --- Masks ----------------------------------------------------------------------------------------------------------


async def test_masks_stay_masks(hidden: Conversation) -> None:
    await hidden.ask(f"Write to {MAX}.")
    row = await share(hidden)
    shown = await in_database(lambda: snapshot_object(row, images="/"))
    assert shown["masks"] == [{"token": TOKEN, "category": "PERSON"}]
    assert MAX not in repr(shown)
    assert MAX not in row.document


async def test_only_the_masks_in_it_are_lifted(hidden: Conversation) -> None:
    first = await hidden.ask(f"Write to {MAX}.")
    await hidden.ask("Write to Jane Roe.")
    row = await share(hidden, reveal=True, run=first.id)
    shown = await in_database(lambda: snapshot_object(row, images="/"))
    assert shown["masks"] == [{"token": TOKEN, "category": "PERSON", "value": MAX}]
    assert "Jane" not in row.document


async def test_a_copy_has_the_values_only_where_they_were_shown(hidden: Conversation) -> None:
    await hidden.ask(f"Write to {MAX}.")
    kept, lifted = await copied(await share(hidden)), await copied(await share(hidden, reveal=True))
    for thread_id, values in ((kept, []), (lifted, [MAX])):
        assert (await in_database(Thread.objects.get, pk=thread_id)).anonymous
        book = await in_database(masks_of, thread_id=thread_id)
        assert [entry.value for entry in book.entries if entry.value] == values


async def test_a_strangers_token_never_stands_for_what_the_copys_owner_says(hidden: Conversation) -> None:
    await hidden.ask(f"Write to {MAX}.")
    thread_id = await copied(await share(hidden))
    teammate = await in_database(User.objects.get, username="teammate")
    hidden.thread_id, hidden.asker = thread_id, Asker(user_id=teammate.pk, username="teammate")
    await hidden.ask("Write to Jane Roe, too.")
    book = await in_database(masks_of, thread_id=thread_id)
    assert {entry.name: entry.value for entry in book.entries if entry.value} == {"PERSON_2": "Jane Roe"}
    assert "{{pii:PERSON_2}}" in hidden.sent[-1][-1]["content"]


async def test_images_of_an_anonymous_conversation_are_shown_with_its_values_alone(converse: Converse) -> None:
    talk = await converse(model={"vision": True, "trusted": True})
    await in_database(hide, talk)
    image = await in_database(_image, talk)
    run = await talk.ask("Look", input={"type": "user", "text": f"This is {MAX}", "images": [str(image)]})
    assert run.status == "completed"
    assert str(image) not in (await share(talk)).document
    assert str(image) in (await share(talk, reveal=True)).document


@pytest.mark.parametrize(
    ("allowed", "link", "refused"),
    [("people", True, True), ("people", False, False), ("links", True, False), ("nobody", False, True)],
)
async def test_a_site_says_to_whom_values_are_shown(
    hidden: Conversation, settings: Settings, allowed: str, link: bool, refused: bool
) -> None:
    settings.CODAY_SHARE_REVEALED = allowed
    await hidden.ask(f"Write to {MAX}.")
    if refused:
        with pytest.raises(RevealForbiddenError):
            await share(hidden, reveal=True, link=link)
    else:
        assert (await share(hidden, reveal=True, link=link)).reveals


async def test_what_is_shown_of_a_run_keeps_its_number(talk: Conversation) -> None:
    runs: list[RunSnapshot] = [await talk.ask(f"{number}?") for number in (1, 2)]
    shown = await in_database(lambda row: snapshot_object(row, images="/"), await share(talk))
    assert [run["number"] for run in shown["runs"]] == [run.number for run in runs]
