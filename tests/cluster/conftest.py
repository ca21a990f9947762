"""A cluster on the shared services, and one on private services that a test may stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from coday.accounts.authentication import digest_of
from tests.support.cluster import SECRET_KEY, Cluster
from tests.support.mock_provider import MockProvider
from tests.support.server import CodayServer
from tests.support.services import Database, Postgres, Redis, shared_postgres, shared_redis

TOKEN = "coday_the-token-of-whoever-uses-the-clusters"

MakeCluster = Callable[..., Cluster]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that a test may stop, and starts again."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A server that a test may stop, and starts again."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A new installation's database on the shared server: to be copied, which is faster than to migrate."""
    with Database(server=shared_postgres()) as database:
        prepare(database, tmp_path_factory.mktemp("template"))
        yield database


@pytest.fixture(scope="session")
def private_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The same on the private server."""
    with ExitStack() as stack:
        database = stack.enter_context(Database(server=postgres.url))
        prepare(database, tmp_path_factory.mktemp("private-template"))
        stack.pop_all()  # it goes with its server
    return database


def prepare(database: Database, folder: Path) -> None:
    """Migrate, make the people, agents and models, and a token."""
    environment = {
        "DATABASE_URL": database.url,
        "SECRET_KEY": SECRET_KEY,
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",  # each cluster has its own
        "OPENAI_API_KEY": "sk-test",
        "CODAY_DEFAULT_MODEL": "mock",
    }
    CodayServer(data_dir=folder, environment=environment).manage("bootstrap")
    database.write(
        "INSERT INTO accounts_apitoken (id, created_at, user_id, name, prefix, digest)"
        " SELECT gen_random_uuid(), now(), id, 'tests', 'coday_', %s FROM accounts_user",
        digest_of(TOKEN),
    )


@pytest.fixture
def provider() -> Iterator[MockProvider]:
    with MockProvider.in_thread() as mock:
        yield mock


@pytest.fixture
def make_cluster(provider: MockProvider, tmp_path: Path) -> Iterator[MakeCluster]:
    """Makes a cluster on a copy of a database; its processes end with the test."""
    with ExitStack() as stack:

        def make(*, server: str, template: Database, redis: str, **environment: str) -> Cluster:
            database = stack.enter_context(Database(server=server, template=template.name))
            complete = {"OPENAI_API_KEY": "sk-test", "CODAY_DEFAULT_MODEL": "mock", **environment}
            return stack.enter_context(
                Cluster(
                    database=database,
                    redis=redis,
                    provider=provider,
                    folder=tmp_path,
                    token=TOKEN,
                    environment=complete,
                )
            )

        yield make


@pytest.fixture
def cluster(make_cluster: MakeCluster, template: Database) -> Cluster:
    """A cluster without processes yet. Silence is no death there, and processes that end wait for their runs."""
    return make_cluster(
        server=shared_postgres(),
        template=template,
        redis=shared_redis(),
        CODAY_LEASE_SECONDS="30",
        CODAY_SHUTDOWN_SECONDS="10",
    )


@pytest.fixture
def hasty(make_cluster: MakeCluster, template: Database) -> Cluster:
    """A cluster where a process counts as dead after two seconds of silence, and none waits when it ends."""
    return make_cluster(server=shared_postgres(), template=template, redis=shared_redis())
