"""Files that mean no good, or are broken: each conversation that is wrong says so, and the others come in."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from coday.kernel.errors import CodayError
from runs.exchange.documents import ImageDocument, ImagePlaceDocument, TagDocument, TextDocument
from runs.exchange.errors import (
    ImportTooLargeError,
    UnknownFormatError,
    UnknownVersionError,
    UnreadableFileError,
)
from runs.models import Run, RunTag
from tests.runs.exchange.shapes import T0, Json, brought, came, file_of, run, thread
from tests.runs.exchange.test_round_trip import in_json
from threads.models import ImageAttachment, Message, Thread

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = thread(run(1), id="good")


def spoilt(**changes: Any) -> Json:
    """A thread of which something is wrong; a key such as ``runs.0.number`` leads inside."""
    document = in_json(thread(run(1), run(2, parent=1), id="bad"))
    for path, value in changes.items():
        *way, last = path.split("__")
        place: Any = document
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
    return dict(document)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (spoilt(title=5), "right form"),
        (spoilt(title="x" * 201), "right form"),
        (spoilt(runs={"a": 1}), "right form"),
        (spoilt(created_at="yesterday"), "right form"),
        (spoilt(runs__0__status="splendid"), "right form"),
        (spoilt(runs__0__number=10**12), "right form"),
        (spoilt(runs__0__usage={"input_tokens": -1}), "right form"),
        (spoilt(runs__1__id="r1"), "twice the id of a run"),
        (spoilt(runs__1__number=1), "twice the number of a run"),
        (spoilt(runs__1__messages__0__id="m1a"), "twice the id of a message"),
        (spoilt(runs__1__parent="r2"), "follows a run that comes after it, or itself"),
        (spoilt(runs__0__parent="r2"), "follows a run that comes after it, or itself"),
        (spoilt(masks=[{"category": "person", "number": 1}]), "right form"),
        (5, "no conversation"),
    ],
)
def test_what_makes_no_sense_is_refused_alone(wrong: Any, said: str) -> None:
    report = brought(file_of(wrong, in_json(GOOD)))
    bad, good = report.threads
    assert (bad.refused, bad.brought) == (True, False)
    assert said in bad.problems[0]
    assert good.brought
    assert list(Thread.objects.values_list("pk", flat=True)) == [good.thread_id]
    assert (report.counts["refused"], report.counts["brought"]) == (1, 1)


def test_nul_and_half_a_character_are_replaced() -> None:
    document = thread(run(1), id="nul")
    document.runs[0].messages[0].content = [TextDocument(text="a\0b")]
    file = file_of(document, GOOD)
    half = file.replace(b"1!", rb"\ud83d\ude00 \\ud800 \ud800", 1)
    there = came(brought(file))
    said = Message.objects.filter(thread=there, role="user").values_list("content", flat=True)
    assert list(said) == [[{"type": "text", "text": "a\ufffdb"}]]
    there = came(brought(half, by="zoe"))
    said = Message.objects.filter(thread=there, role="assistant").values_list("content", flat=True)
    assert list(said) == [[{"type": "text", "text": "\U0001f600 \\ud800 \ufffd"}]]


def test_what_is_nested_too_deep_is_refused_alone(settings: Settings) -> None:
    settings.CODAY_MAX_IMPORT_DEPTH = 30
    deep: Any = {}
    for _ in range(40):
        deep = {"a": deep}
    bad = spoilt(
        runs__0__calls=[{"call_id": "c", "name": "n", "status": "succeeded", "arguments": deep, "created_at": str(T0)}]
    )
    report = brought(file_of(bad, in_json(GOOD)))
    assert report.threads[0].refused
    assert "30 levels" in report.threads[0].problems[0]
    assert report.threads[1].brought


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (b"", UnreadableFileError),
        (b"not JSON", UnreadableFileError),
        (b"[" * 100_000, UnreadableFileError),
        (b'{"format": "coday", "version": 1, "threads": 5}', UnreadableFileError),
        (b'{"format": "coday", "version": 2, "threads": []}', UnknownVersionError),
        (b'{"format": "other", "version": 1, "threads": []}', UnknownFormatError),
        (b'{"a": 1}', UnknownFormatError),
        (b"[]", UnknownFormatError),
        (b"PK\x03\x04 not a zip file", UnreadableFileError),
    ],
)
def test_a_file_that_is_no_export_is_refused(file: bytes, error: type[CodayError]) -> None:
    with pytest.raises(error):
        brought(file)


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return packed.getvalue()


def test_a_zip_file_may_not_unpack_to_more_than_is_allowed(settings: Settings) -> None:
    settings.CODAY_MAX_IMPORT_UNPACKED_BYTES = 100_000
    bomb = zipped(conversations_json=b"[" + b" " * 10_000_000 + b"]")
    assert len(bomb) < 20_000
    with pytest.raises(ImportTooLargeError):
        brought(bomb)


def test_a_zip_file_without_conversations_is_no_export() -> None:
    with pytest.raises(UnknownFormatError):
        brought(zipped(notes_json=b"[]", other_json=b"[]"))


def test_limits_are_kept(settings: Settings) -> None:
    settings.CODAY_MAX_IMPORT_RUNS = 1
    assert brought(file_of(thread(run(1), run(2, parent=1)))).threads[0].refused
    settings.CODAY_MAX_IMPORT_THREADS = 1
    with pytest.raises(ImportTooLargeError):
        brought(file_of(GOOD, GOOD))
    settings.CODAY_MAX_IMPORT_BYTES = 10
    with pytest.raises(ImportTooLargeError):
        brought(file_of(GOOD))


def test_an_image_that_is_none_is_left_out_and_told() -> None:
    document = thread(run(1), id="image", images=[ImageDocument(id="i1", name="x.png", data=b"<svg onload=alert(1)>")])
    document.runs[0].messages[0].content = [ImagePlaceDocument(id="i1", alt="A dot"), TextDocument(text="Look.")]
    entry = brought(file_of(document)).threads[0]
    assert entry.brought
    assert "x.png" in entry.problems[0]
    assert not ImageAttachment.objects.exists()
    said = Message.objects.filter(role="user").get().content
    assert said[0] == {"type": "text", "text": "[A dot]"}


def test_tags_beyond_the_limit_are_left_out_and_told(settings: Settings) -> None:
    settings.CODAY_MAX_TAGS = 0
    entry = brought(file_of(thread(run(1, tags=["Trip"])))).threads[0]
    assert entry.brought
    assert entry.problems[0].startswith("Its tags were left out.")
    assert Run.objects.get(thread=entry.thread_id).tags == []


def test_nothing_that_is_another_persons_is_touched() -> None:
    mine = came(brought(file_of(GOOD), by="ann"))
    victim = Run.objects.get(thread=mine)
    RunTag.objects.create(user_id=victim.user_id, name="Secret", color="red")
    theirs = thread(
        run(1, id="x", cause={"run": str(victim.pk), "call": "c"}, origin={"run": str(victim.pk), "how": "edit"},
            trigger="delegation", tags=["Secret"], template={"id": str(victim.pk)}, schedule=str(victim.pk)),
        id=str(mine), head=str(victim.pk), forked_from={"run": str(victim.pk), "thread": str(mine)},
        tag_colors=[TagDocument(name="Secret", color="blue")],
    )  # fmt: skip
    copy = came(brought(file_of(theirs), by="eve"))
    assert copy != mine
    there = Run.objects.get(thread=copy)
    assert (there.cause_run, there.origin_run, there.template, there.schedule) == (None, None, None, None)
    assert (there.trigger, there.parent, there.username) == ("user", None, "eve")
    assert Thread.objects.get(pk=copy).forked_from is None
    assert RunTag.objects.get(user_id=victim.user_id).color == "red"


def test_times_that_have_not_been_are_now() -> None:
    there = came(brought(file_of(thread(run(1))).replace(b"2024-05-01T09:31", b"9999-05-01T09:31")))
    assert Run.objects.get(thread=there).created_at <= timezone.now()


def test_html_in_a_title_stays_text() -> None:
    there = came(brought(file_of(thread(run(1), title="<script>alert(1)</script>"))))
    assert Thread.objects.get(pk=there).title == "<script>alert(1)</script>"


def test_steps_of_unknown_kinds_are_left_out_and_told() -> None:
    document = in_json(thread(run(1)))
    document["runs"][0]["events"].append(
        {"id": "z", "type": "step", "at": T0.isoformat(), "told": {"kind": "magic", "status": "", "summary": ""}}
    )
    entry = brought(file_of(document)).threads[0]
    assert entry.brought
    assert "1 events of kinds" in entry.problems[0]
