"""A fork is a whole copy of a branch: nothing is missing in it, nothing of it is paid again, and it goes on by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs import journal, lifecycle, wire
from runs.branching.fork import Forked, fork
from runs.errors import ForkTooLongError, RunNotFoundError, RunStateError
from runs.events import RunSnapshot
from runs.models import Run, RunCommand, RunEventRecord, RunGroup, RunTag, RunTagging, ToolApproval, ToolCall
from skills.models import Skill
from tests.runs.api.site import png
from tests.runs.branching.screens import paged, replayed, words
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import Notes
from tests.runs.test_anonymous import ERIKA, MAX, hide
from tests.runs.test_delegation import make_researcher, task
from tests.support import pii
from tests.support.mock_provider import CUT, Call, MockProvider, openai_reply
from threads.covering import covering, forget
from threads.masks import masks_of
from threads.models import ImageAttachment, Message, Thread
from threads.operations import add_image
from threads.privacy import service
from threads.skills import activate_skill


async def forked(talk: Conversation, run: RunSnapshot, **given: Any) -> Forked:
    """A fork as the door makes it."""
    return await in_database(fork, user_id=talk.asker.user_id, run_id=run.id, **given)


async def screens(thread_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    return await in_database(replayed, thread_id), await in_database(paged, thread_id)


async def test_it_says_what_the_branch_said_and_nothing_else(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(*(openai_reply(text) for text in ("One.", "Two.", "Other two.", "Three.")))
    first = await talk.ask("1?")
    second = await talk.ask("2?")
    await talk.ask("Another 2?", parent=str(first.id))
    last = await talk.ask("3?", parent=str(second.id))
    copy = await forked(talk, last)

    told, shown = await screens(copy.thread.id)
    assert told == shown
    assert words(shown) == words(await in_database(_line, talk.thread_id, last)) == [
        ("user", "1?"), ("assistant", "One."), ("user", "2?"), ("assistant", "Two."), ("user", "3?"), ("assistant", "Three."),
    ]  # fmt: skip
    runs = list(shown["runs"].values())
    assert [run["number"] for run in runs] == [1, 2, 3]
    assert [run.get("parent") for run in runs] == [None, runs[0]["id"], runs[1]["id"]]
    assert len({run["lane"] for run in runs}) == 1
    assert [run["origin"] for run in runs] == [{"run_id": str(one.id), "how": "fork"} for one in (first, second, last)]
    assert (copy.thread.forked_from, copy.thread.forked_from_thread) == (last.id, talk.thread_id)


def _line(thread_id: UUID, run: RunSnapshot) -> dict[str, Any]:
    Thread.objects.filter(pk=thread_id).update(head=run.id)
    return paged(thread_id)


async def test_a_copy_has_cost_nothing(talk: Conversation, provider: MockProvider) -> None:
    run = await talk.ask()
    assert run.usage.cost
    copy = await in_database(Run.objects.get, thread_id=(await forked(talk, run)).thread.id)
    bill = (copy.cost, copy.input_tokens, copy.output_tokens, copy.model_calls)
    assert bill == (None, 0, 0, 0)
    assert (copy.created_at, copy.started_at, copy.finished_at) == (run.created_at, run.started_at, run.finished_at)


async def test_it_goes_on_by_itself(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One."), openai_reply("Here."), openai_reply("There."))
    run = await talk.ask("1?")
    copy = await forked(talk, run)
    there = Conversation(cast=talk, provider=provider, driver=talk.driver, delivery=talk.delivery)  # type: ignore[arg-type]
    there.thread_id = copy.thread.id
    next_run = await there.ask("2?")

    assert next_run.number == 2
    assert [message["content"] for message in talk.sent[-1]] == ["1?", "One.", "2?"]
    assert (await talk.thread()).head == run.id
    told, shown = await screens(copy.thread.id)
    assert told == shown


async def test_calls_steps_and_delegated_runs_are_copied(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"tools": True}, tools=(Notes(),))
    await in_database(make_researcher)
    provider.reply(
        openai_reply("Let me see.", task(id="a"), Call("note", ('{"text": "x"}',), id="b")), openai_reply("It is 42."),
        openai_reply("They say 42."),
    )  # fmt: skip
    run = await talk.ask("What?")
    copy = await forked(talk, run)

    told, shown = await screens(copy.thread.id)
    assert told == shown
    [head] = shown["branch"]
    original = (await in_database(paged, talk.thread_id))["calls"][str(run.id)]
    calls = shown["calls"][head]
    assert [(call["tool_call_id"], call["status"], call.get("result")) for call in calls] == [
        (call["tool_call_id"], call["status"], call.get("result")) for call in original
    ]
    children = await in_database(lambda: list(Run.objects.filter(thread_id=copy.thread.id, trigger="delegation")))
    [child] = children
    assert [call.get("child") for call in calls if call["name"] == "delegate"] == [str(child.pk)]
    assert (str(child.cause_run), child.parent_id, child.origin) == (head, None, "fork")
    assert str(child.lane) != shown["runs"][head]["lane"]
    numbers = await in_database(
        lambda: sorted(Run.objects.filter(thread_id=copy.thread.id).values_list("number", flat=True))
    )
    assert numbers == [1, 2]
    rows = await in_database(lambda: list(ToolCall.objects.filter(run_id=head).values_list("call_id", "content")))
    assert dict(rows)["a"] == "It is 42."


async def test_every_copied_run_tells_its_end_once_and_last(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("Half an", CUT), openai_reply("Whole."))
    failed = await talk.ask("1?")
    last = await talk.ask("2?")
    assert failed.status == "failed"
    copy = await forked(talk, last)

    frames = await in_database(lambda: journal.read(thread_id=copy.thread.id, after=0, limit=1_000))
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    thread = await in_database(Thread.objects.get, pk=copy.thread.id)
    assert (thread.last_seq, thread.seen_seq) == (len(frames), len(frames))
    told, shown = await screens(copy.thread.id)
    for run_id in shown["branch"]:
        of_run = [frame for frame in frames if str(frame.run_id) == run_id]
        ends = [frame for frame in of_run if getattr(frame, "ends_run", False)]
        assert ends == [of_run[-1]]
    assert [run["status"] for run in shown["runs"].values()] == ["failed", "completed"]
    assert [message["status"] for message in shown["said"][shown["branch"][0]]] == ["complete", "partial"]
    assert told == shown


async def test_what_people_say_about_runs_is_copied(talk: Conversation) -> None:
    run = await talk.ask()

    def put_in_order() -> None:
        group = RunGroup.objects.create(thread_id=talk.thread_id, name="Beginnings", folded=True)
        tag = RunTag.objects.create(user_id=talk.asker.user_id, name="good")
        RunTagging.objects.create(run_id=run.id, tag=tag)
        Run.objects.filter(pk=run.id).update(
            group=group, tags=["good"], pinned=True, title="Named", importance=90, importance_by="person"
        )
        ToolApproval.objects.create(thread_id=talk.thread_id, user_id=run.user_id, tool="note", definition="d")
        RunCommand.objects.create(run_id=run.id, position=1, kind="prompt", arguments={"text": "Hi"}, status="done")
        RunCommand.objects.create(run_id=run.id, position=2, kind="steer", arguments={"content": []}, status="queued")

    await in_database(put_in_order)
    copy = await forked(talk, run)

    def look() -> None:
        twin = Run.objects.get(thread_id=copy.thread.id)
        assert (twin.tags, twin.pinned, twin.title, twin.importance, twin.importance_by) == (
            ["good"], True, "Named", 90, "person",
        )  # fmt: skip
        assert twin.group is not None
        assert (twin.group.thread_id, twin.group.name, twin.group.folded) == (copy.thread.id, "Beginnings", True)
        assert [row.tag.name for row in twin.taggings.all()] == ["good"]
        assert [command.kind for command in twin.commands.all()] == ["prompt"]  # what was never heard is not said again
        assert not ToolApproval.objects.filter(thread_id=copy.thread.id).exists()

    await in_database(look)


async def test_images_are_copied_with_their_files(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"vision": True})

    def upload(name: str) -> UUID:
        file = png()
        return add_image(
            user_id=talk.asker.user_id, thread_id=talk.thread_id, name=name, file=io.BytesIO(file), size=len(file)
        ).id

    shown, _ = await in_database(upload, "shown.png"), await in_database(upload, "never shown.png")
    run = await talk.ask("Look", input={"type": "user", "text": "Look", "images": [str(shown)]})
    copy = await forked(talk, run)

    def look() -> None:
        [image] = ImageAttachment.objects.filter(thread_id=copy.thread.id)
        original = ImageAttachment.objects.get(pk=shown)
        assert image.file.name != original.file.name
        with image.file.open() as copied, original.file.open() as given:
            assert copied.read() == given.read()
        message = Message.objects.filter(thread_id=copy.thread.id).order_by("id").first()
        assert message is not None
        assert message.content[0] == {"type": "image", "id": str(image.pk), "alt": "shown.png"}

    await in_database(look)


async def test_a_fork_that_fails_leaves_no_file(converse: Converse, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = await converse(model={"vision": True})
    made: list[str] = []

    def upload() -> UUID:
        return add_image(
            user_id=talk.asker.user_id, thread_id=talk.thread_id, name="a", file=io.BytesIO(png()), size=len(png())
        ).id

    image = await in_database(upload)
    run = await talk.ask(input={"type": "user", "text": "Look", "images": [str(image)]})
    storage = ImageAttachment._meta.get_field("file").storage
    save = storage.save

    def save_and_note(name: str, content: Any, **values: Any) -> str:
        made.append(save(name, content, **values))
        return made[-1]

    monkeypatch.setattr(storage, "save", save_and_note)
    monkeypatch.setattr(journal, "take_over", _fail)
    with pytest.raises(RuntimeError):
        await forked(talk, run)
    assert made
    assert not any(map(storage.exists, made))
    assert await in_database(Thread.objects.count) == 1


def _fail(*_: Any) -> None:
    raise RuntimeError


async def test_skills_stay_active(talk: Conversation) -> None:
    def activate() -> None:
        Skill.objects.create(slug="knots", name="Knots", trigger="Rope.", everyone=True)
        activate_skill(user_id=talk.asker.user_id, thread_id=talk.thread_id, slug="knots", by="person")

    await in_database(activate)
    run = await talk.ask()
    copy = await forked(talk, run)
    assert copy.thread.skills == ("knots",)
    frames = await in_database(lambda: list(map(wire.frame, journal.read(thread_id=copy.thread.id, after=0))))
    assert frames[-1]["changed"]["skills"] == ["knots"]


async def test_titles(talk: Conversation) -> None:
    run = await talk.ask()
    assert (await forked(talk, run)).thread.title == "A title (fork)"
    assert (await forked(talk, run, title="Mine")).thread.title == "Mine"
    await in_database(Thread.objects.filter(pk=talk.thread_id).update, title="x" * 200)
    assert (await forked(talk, run)).thread.title == "x" * 193 + " (fork)"
    await in_database(Thread.objects.filter(pk=talk.thread_id).update, title="", title_source="")
    assert (await forked(talk, run)).thread.title == ""


async def test_what_has_not_ended_is_not_forked(talk: Conversation, settings: Settings) -> None:
    def queue() -> tuple[UUID, UUID]:
        lane = new_id()
        values = {
            "thread_id": talk.thread_id, "lane": lane, "user_id": talk.asker.user_id, "username": "ann", "agent": "helper",
            "model": "mock-1",
        }  # fmt: skip
        first = Run.objects.create(**values, number=1)
        second = Run.objects.create(**values, number=2, parent=first)
        lifecycle.cancel(asker=talk.asker, run_id=second.pk)
        return first.pk, second.pk

    for run_id in await in_database(queue):
        with pytest.raises(RunStateError) as refused:
            await in_database(fork, user_id=talk.asker.user_id, run_id=run_id)
        assert refused.value.details["status"] == "queued"
    with pytest.raises(RunNotFoundError):
        await in_database(fork, user_id=new_id(), run_id=run_id)


async def test_a_branch_may_be_too_long(talk: Conversation, settings: Settings) -> None:
    settings.CODAY_MAX_FORK_RUNS = 1
    await talk.ask()
    run = await talk.ask()
    with pytest.raises(ForkTooLongError):
        await forked(talk, run)


async def test_what_goes_on_elsewhere_ends_there(talk: Conversation) -> None:
    run = await talk.ask()

    def begin() -> None:
        operation = new_id()
        row = ToolCall.objects.create(
            run_id=run.id, call_id="c", name="remind_me", status="in_progress", operation=operation
        )
        event = RunEventRecord(
            thread_id=talk.thread_id,
            run_id=run.id,
            seq=99,
            type="tool",
            payload={"tool_call_id": "c", "name": row.name},
        )
        event.save(force_insert=True)

    await in_database(begin)
    copy = await forked(talk, run)
    _, shown = await screens(copy.thread.id)
    [call] = next(iter(shown["calls"].values()))
    assert call["status"] == "cancelled"
    assert "operation" not in call


@pytest.fixture
def analyzer(settings: Settings) -> Iterator[None]:
    """A quick one."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    forget()
    yield
    service.close()


@pytest.mark.usefixtures("analyzer")
async def test_an_anonymous_thread_stays_one_under_the_same_tokens(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    await in_database(hide, talk)
    provider.reply(openai_reply("Hello {{pii:PERSON_1}}!"), openai_reply("And {{pii:PERSON_1}} and {{pii:PERSON_2}}."))
    run = await talk.ask(f"I am {MAX}.")

    copy = await covering(partial(forked, talk, run, title=f"For {ERIKA}, by {MAX}"))
    assert (copy.thread.anonymous, copy.thread.title) == (True, "For {{pii:PERSON_2}}, by {{pii:PERSON_1}}")
    book = await in_database(masks_of, thread_id=copy.thread.id)
    assert [(entry.token, entry.value) for entry in book.entries] == [
        ("{{pii:PERSON_1}}", MAX), ("{{pii:PERSON_2}}", ERIKA),
    ]  # fmt: skip
    told, shown = await screens(copy.thread.id)
    assert told == shown
    assert words(shown)[0] == ("user", "I am {{pii:PERSON_1}}.")
    frames = await in_database(lambda: list(map(wire.frame, journal.read(thread_id=copy.thread.id, after=0))))
    before = [frame["type"] for frame in frames]
    assert before.index("message") > max(index for index, kind in enumerate(before) if kind == "masks")
    assert {mask["value"] for frame in frames if frame["type"] == "masks" for mask in frame["masks"]} == {MAX, ERIKA}
    assert MAX not in str(await in_database(lambda: list(RunEventRecord.objects.values_list("payload", flat=True))))


async def test_a_summary_comes_along_where_all_of_its_runs_do(talk: Conversation) -> None:
    first, second = await talk.ask("I like tea."), await talk.ask("Green tea.")
    talk.provider.reply(openai_reply("They like green tea."))
    command = {"type": "summarize", "runs": [str(first.id), str(second.id)]}
    await talk.ask(input={"type": "user", "commands": [command]})

    def shown_in_fork(run: RunSnapshot) -> list[tuple[str, str]]:
        there = fork(user_id=run.user_id, run_id=run.id).thread.id
        runs = Run.objects.filter(thread_id=there).order_by("number")
        return [(one.context, one.summary.text if one.summary else "") for one in runs]

    assert await in_database(shown_in_fork, second) == [("summarised", "They like green tea.")] * 2
    assert await in_database(shown_in_fork, first) == [("full", "")]
