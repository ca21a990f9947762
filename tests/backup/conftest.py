"""A seeded installation, its archive, and empty ones to restore it to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.backup.installation import Installation, Rows, provider_environment, seed
from tests.support.mock_provider import MockProvider

POSTGRESQL = "postgres://postgres@127.0.0.1:5432"
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
    try:
        server = psycopg.connect(f"{POSTGRESQL}/postgres", autocommit=True)
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL at {POSTGRESQL}: {error}")
    names: list[str] = []

    def create() -> str:
        names.append(f"coday_{uuid4().hex}")
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(names[-1])))
        return f"{POSTGRESQL}/{names[-1]}"

    with server:
        yield create
        for name in names:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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
