"""Personal data is looked for in a process of its own; whatever happens to it, nothing comes back unexamined."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from tests.support.services import wait_until
from threads.errors import AnonymizationInputTooLongError, AnonymizationUnavailableError
from threads.privacy import service
from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding
from threads.privacy.pieces import SIZE

RULES = Rules()
ERIKA = "Write to Erika Mustermann."


@pytest.fixture(autouse=True)
def _engine(settings: Settings) -> Iterator[None]:
    settings.CODAY_PII_ENGINE = "tests.support.analyzers.failing_analyzer"
    yield
    service.close()


async def test_findings_come_per_text_in_code_points() -> None:
    found = await service.find(["🙂 Erika Mustermann", "", "nobody"], rules=RULES)

    assert found == ((Finding(2, 18, "PERSON", 1.0),), (), ())


async def test_the_site_s_rules_hold() -> None:
    ((found,),) = await service.find(
        [ERIKA + " Kestrel"], rules=Rules(allow_words=("erika mustermann",), deny_words=("kestrel",))
    )

    assert found.category == "OTHER"


async def test_a_text_of_many_pieces_is_looked_through_to_its_end() -> None:
    ((found,),) = await service.find(["All is well. " * SIZE + ERIKA], rules=RULES)

    assert found.end == 13 * SIZE + len(ERIKA) - 1


async def test_one_process_is_kept() -> None:
    await service.find([ERIKA], rules=RULES)
    first = service._process.pid
    await asyncio.gather(*(service.find([ERIKA], rules=RULES) for _ in range(20)))

    assert first is not None
    assert service._process.pid == first


@pytest.mark.parametrize("failure", ["crash", "raise"])
async def test_an_analyzer_that_fails_gives_nothing_back_and_is_started_anew(failure: str) -> None:
    with pytest.raises(AnonymizationUnavailableError) as caught:
        await service.find([ERIKA, failure], rules=RULES)

    assert (caught.value.code, caught.value.status, caught.value.retryable) == (
        "RUN_ANONYMIZATION_UNAVAILABLE",
        503,
        True,
    )
    assert len((await service.find([ERIKA], rules=RULES))[0]) == 1


async def test_an_analyzer_that_hangs_is_killed(settings: Settings) -> None:
    settings.CODAY_PII_SECONDS = 1.0
    with pytest.raises(AnonymizationUnavailableError):
        await service.find(["hang"], rules=RULES)

    assert service._process.pid is None


async def test_a_long_text_has_time_in_proportion_to_its_length(settings: Settings) -> None:
    await service.find([ERIKA], rules=RULES)
    settings.CODAY_PII_SECONDS = 2.0
    text = "It is slow. " * (4 * service.PER_LIMIT // 12)  # 130 pieces and more: they take over three seconds

    assert await service.find([text], rules=RULES) == ((),)


async def test_no_part_of_a_long_text_takes_the_time_of_the_others(settings: Settings) -> None:
    await service.find([ERIKA], rules=RULES)
    settings.CODAY_PII_SECONDS = 1.0
    begun = time.monotonic()
    with pytest.raises(AnonymizationUnavailableError):
        await service.find(["hang " * (9 * service.PER_LIMIT // 5)], rules=RULES)

    assert time.monotonic() - begun < 5


def test_a_warm_analyzer_is_there_when_the_first_text_comes() -> None:
    service.warm()
    service.warm()  # at once: one is enough
    wait_until(lambda: service.glance() is not None, "the analyzer is warm")
    first = service._process.pid
    async_to_sync(service.find)([ERIKA], rules=RULES)

    assert first is not None
    assert service._process.pid == first


def test_who_warms_an_analyzer_that_cannot_be_loaded_hears_nothing(settings: Settings) -> None:
    settings.CODAY_PII_ENGINE = "tests.support.analyzers.broken_analyzer"
    service.warm()
    wait_until(lambda: service.glance() is not None, "the analyzer was tried")

    assert service.glance() == service.AnalyzerHealth(ok=False, detail=service.FAILED)


async def test_a_process_that_was_killed_is_started_anew() -> None:
    await service.find([ERIKA], rules=RULES)
    process = service._process._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert len((await service.find([ERIKA], rules=RULES))[0]) == 1


@pytest.mark.parametrize("engine", ["support.analyzers.broken_analyzer", "support.analyzers.missing", "nowhere.at_all"])
async def test_without_an_analyzer_nothing_comes_back(engine: str, settings: Settings) -> None:
    settings.CODAY_PII_ENGINE = f"tests.{engine}"

    with pytest.raises(AnonymizationUnavailableError):
        await service.find([ERIKA], rules=RULES)
    assert not (await service.health()).ok


async def test_a_pattern_of_the_site_s_that_never_ends_is_a_failure(settings: Settings) -> None:
    settings.CODAY_PII_SECONDS = 1.0
    text = "a" * 40 + "@example.org"

    with pytest.raises(AnonymizationUnavailableError):
        await service.find([text], rules=Rules(allow_patterns=(r"(a|a)*!",)))


async def test_too_much_text_is_refused_before_it_is_looked_at(settings: Settings) -> None:
    settings.CODAY_PII_CHARS = 20
    with pytest.raises(AnonymizationInputTooLongError) as caught:
        await service.find(["x" * 12, "crash xxx"], rules=RULES)

    assert (caught.value.code, caught.value.status) == ("ANONYMIZATION_INPUT_TOO_LONG", 422)
    assert caught.value.details["limit"] == 20


async def test_no_error_and_no_log_line_quotes_the_text(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AnonymizationUnavailableError) as caught:
        await service.find([f"{ERIKA} raise"], rules=RULES)

    assert "Erika" not in repr(caught.value) + repr(caught.value.__cause__) + caplog.text


async def test_the_process_has_none_of_the_server_s_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "only-the-server-knows")
    await service.find([ERIKA], rules=RULES)
    process = service._process._process
    assert process is not None

    with open(f"/proc/{process.pid}/environ", "rb") as environment:  # noqa: PTH123, ASYNC230
        assert b"only-the-server-knows" not in environment.read()


async def test_a_healthy_analyzer_is_told_from_one_that_finds_nothing() -> None:
    assert (await service.health()).ok


async def test_who_gives_up_waiting_does_not_disturb_others() -> None:
    impatient = asyncio.ensure_future(service.find([ERIKA], rules=RULES))
    patient = asyncio.ensure_future(service.find([ERIKA], rules=RULES))
    await asyncio.sleep(0)
    impatient.cancel()

    assert len((await patient)[0]) == 1
