"""A seeded installation, its archive, and empty ones to restore it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.backup.installation import Installation, Rows, provider_environment, seed
from tests.support.mock_provider import MockProvider
from tests.support.services import Database, shared_postgres

KEY = "the key of the installation that is backed up"
KEYS = {"SECRET_KEY": KEY}


@dataclass(frozen=True)
class Source:
    """An installation whose server was killed, what it held, and its archive."""

    archive: Path
    token: str
    rows: Rows
    ciphertexts: list[str]
    files: dict[str, bytes]
    provider: MockProvider


@pytest.fixture(scope="session")
def database() -> Iterator[Callable[[], str]]:
    """Makes empty PostgreSQL databases, which end with the tests."""
    with ExitStack() as stack:
        server = shared_postgres()
        yield lambda: stack.enter_context(Database(server=server)).url


@pytest.fixture(autouse=True)
def _same_keys(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """This process may look into the installations' databases, and read what they encrypted."""
    with django_db_blocker.unblock(), override_settings(ENCRYPTION_KEYS=[KEY]):
        yield


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[Source]:
    """An installation on SQLite, and its archive."""
    folder = tmp_path_factory.mktemp("source")
    archive = folder / "archive.tar"
    with (
        MockProvider.in_thread() as provider,
        django_db_blocker.unblock(),
        override_settings(ENCRYPTION_KEYS=[KEY]),
    ):
        origin = Installation(folder / "data", environment={**KEYS, **provider_environment(provider)})
        token = seed(origin, provider)
        rows = origin.rows()
        origin.manage("backup", archive)
        yield Source(archive, token, rows, origin.ciphertexts(), origin.files(), provider)


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    """An empty installation on SQLite that has the source's keys."""
    return Installation(tmp_path / "empty", environment=KEYS)
