"""PostgreSQL and Redis as the benchmark needs them: a database of its own, and how many connections are open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import redis
from psycopg import sql


@dataclass(frozen=True)
class Services:
    """Where they are: the URL of the PostgreSQL server without a database, and of Redis."""

    postgres: str
    redis: str


@dataclass(frozen=True)
class Database:
    """A database that is there for one benchmark, and the Redis that goes with it.

    ``name`` is also the prefix of the channels and the name of the Redis clients: others may use the same servers.
    """

    services: Services
    name: str

    @property
    def environment(self) -> dict[str, str]:
        """What makes Coday use them."""
        return {
            "DATABASE_URL": self.url,
            "REDIS_URL": f"{self.services.redis}?client_name={self.name}",
            "CODAY_CHANNEL_PREFIX": self.name,
        }

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"{self.services.postgres}/{self.name}"

    def connections(self) -> int:
        """How many connections the database has, this one apart."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query, [self.name]).fetchone()
        return int(row[0]) if row else 0

    def redis_clients(self) -> int:
        """How many connections Redis has from Coday's processes."""
        with redis.Redis.from_url(self.services.redis) as client:
            return sum(found["name"] == self.name for found in client.client_list())


@contextmanager
def new_database(services: Services) -> Iterator[Database]:
    """An empty database for as long as the block lasts."""
    name = f"coday_benchmark_{uuid4().hex}"
    administer(services, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield Database(services, name)
    finally:
        administer(services, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def administer(services: Services, statement: sql.Composed) -> None:
    """Execute a statement that no transaction may hold."""
    with psycopg.connect(f"{services.postgres}/postgres", autocommit=True) as connection:
        connection.execute(statement)
