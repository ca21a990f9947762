"""What the log says, and what it never does."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.db import IntegrityError

from coday.kernel.database import in_database
from coday.kernel.logs import JsonFormatter, LineFormatter, bound, describe, redact

KEYS = [
    "Bearer coday_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4",
    "sk-test-4f9a1c77e0b2d3",
    "sk-ant-api03-AAAAAAAAAAAAAAAA-bbbbbbbb",
    "AIzaSyA1234567890abcdefghijk",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "coday_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4",
]
Written = Callable[[], str]


@pytest.fixture
def logger() -> logging.Logger:
    return logging.Logger("coday.test")  # noqa: LOG001  # of this test alone


def _written(logger: logging.Logger, formatter: logging.Formatter) -> Written:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return stream.getvalue


@pytest.fixture
def lines(logger: logging.Logger) -> Written:
    return _written(logger, LineFormatter())


@pytest.fixture
def objects(logger: logging.Logger) -> Callable[[], list[dict[str, Any]]]:
    written = _written(logger, JsonFormatter())
    return lambda: [msgspec.json.decode(line) for line in written().splitlines()]


def test_a_json_line_says_what_where_and_for_which_run(logger: logging.Logger, objects: Any) -> None:
    with bound(thread_id="t"), bound(run_id="r"):
        logger.warning("Lost %s of %d", "two", 3)
    logger.info("Later")
    first, second = objects()
    assert first.pop("timestamp").endswith("+00:00")
    assert first == {
        "level": "WARNING", "logger": "coday.test", "message": "Lost two of 3", "thread_id": "t", "run_id": "r",
    }  # fmt: skip
    assert "run_id" not in second


def test_a_readable_line_names_the_run_and_stays_one_line(logger: logging.Logger, lines: Written) -> None:
    with bound(run_id="r", thread_id="t"):
        logger.warning("A model said %s", "x\n2030-01-01 00:00:00 ERROR root: forged")
    assert len(lines().splitlines()) == 1
    assert lines().endswith(
        "coday.test: A model said x\\n2030-01-01 00:00:00 ERROR root: forged run_id=r thread_id=t\n"
    )


async def test_ids_reach_tasks_and_database_threads(logger: logging.Logger, objects: Any) -> None:
    with bound(run_id="r"):
        await asyncio.create_task(in_database(logger.warning, "from a database thread"))
    assert objects()[0]["run_id"] == "r"


async def test_runs_side_by_side_do_not_mix_their_ids(logger: logging.Logger, objects: Any) -> None:
    both_inside = asyncio.Barrier(2)

    async def work(name: str) -> None:
        with bound(run_id=name):
            await both_inside.wait()
            logger.warning(name)

    await asyncio.gather(work("a"), work("b"))
    assert {line["message"]: line["run_id"] for line in objects()} == {"a": "a", "b": "b"}


def test_other_fields_of_a_record_stay_out(logger: logging.Logger, objects: Any) -> None:
    logger.error("Failed", extra={"request": "what a person wrote", "status_code": 500})
    assert set(objects()[0]) == {"timestamp", "level", "logger", "message"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "said", ["refused {}", "{{'Authorization': '{}'}}", "?api_key={}&x=1", '"token": "{}"', "key {}."]
)
def test_keys_are_left_out(key: str, said: str, logger: logging.Logger, lines: Written, objects: Any) -> None:
    secret = key.removeprefix("Bearer ")
    try:
        raise ValueError(said.format(key))
    except ValueError:
        logger.exception("It said: %s", said.format(key))
    assert secret not in lines()
    assert secret not in str(objects())
    assert "…" in lines()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: …"),
        ("redis://:hunter2@cache:6379/0", "redis://…@cache:6379/0"),
        ("postgres://coday:hunter2@db/coday", "postgres://…@db/coday"),
        ("password=hunter2 host=db", "password=… host=db"),
        ("sockets offer bearer.coday_abcdefgh", "sockets offer Bearer …"),
        ("Not Found: /api/v1/tool-callbacks/x-Y_z9/", "Not Found: /api/v1/tool-callbacks/…/"),
        ("Not Found: /shared/x-Y_z9/images/1/", "Not Found: /shared/…/images/1/"),
        ("Unauthorized: /api/v1/shared/x-Y_z9/copy/", "Unauthorized: /api/v1/shared/…/copy/"),
    ],
)
def test_logins_are_left_out(said: str, left: str) -> None:
    assert redact(said) == left


@pytest.mark.parametrize(
    "said", ["400 tokens used", "max_tokens=400", "Run 5 failed.", "http://127.0.0.1:8000/v1", "task-list"]
)
def test_plain_words_stay(said: str) -> None:
    assert redact(said) == said


def test_an_exception_is_told_with_what_led_to_it(logger: logging.Logger, objects: Any) -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("second") from error
    except RuntimeError:
        logger.exception("Failed")
    told = objects()[0]["exception"]
    assert told.index("KeyError: 'first'") < told.index("RuntimeError: second")
    assert "test_logs.py" in told


def test_a_row_that_the_database_quotes_stays_out() -> None:
    refused = IntegrityError(
        'duplicate key value violates "threads_pkey"\nDETAIL:  Failing row contains (my secret diary).'
    )
    assert "threads_pkey" in describe(refused)
    assert "diary" not in describe(refused)
