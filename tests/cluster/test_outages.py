"""Redis and PostgreSQL stop in the middle of a stream and come back: the run goes on, and who watches sees all of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.cluster.conftest import MakeCluster
from tests.cluster.settled import settled
from tests.support.cluster import LEASE, TERMINAL, Cluster
from tests.support.mock_provider import Gate, MockProvider, openai_reply
from tests.support.services import Database, Postgres, Redis, shared_postgres, shared_redis

# --- Redis ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_redis(make_cluster: MakeCluster, template: Database, redis: Redis) -> Iterator[Cluster]:
    """A cluster whose Redis may be stopped."""
    yield make_cluster(server=shared_postgres(), template=template, redis=redis.url)
    redis.start()  # a test that failed may have left it stopped


def test_a_stream_goes_on_while_redis_is_away(on_redis: Cluster, redis: Redis, provider: MockProvider) -> None:
    on_redis.start()
    away, back, after = Gate(), Gate(), Gate()
    provider.reply(openai_reply("One, ", away, "two, ", back, "three."), openai_reply("Live ", after, "again."))
    thread = on_redis.thread()
    viewer = on_redis.watch(thread)
    run = on_redis.say(thread, "Count")
    viewer.sees("One, ")

    redis.stop()
    away.open()
    back.reached.wait()
    redis.start()
    back.open()

    assert viewer.sees_end(run) == "completed"
    assert viewer.text == "One, two, three."
    on_redis.say(thread, "Still there?")
    viewer.sees("Live ")
    after.open()
    settled(on_redis)


def test_who_joins_while_redis_is_away_sees_what_is_stored(
    on_redis: Cluster, redis: Redis, provider: MockProvider
) -> None:
    on_redis.start()
    last = Gate()
    provider.reply(openai_reply("One, ", last, "two."))
    thread = on_redis.thread()
    run = on_redis.say(thread, "Count")
    last.reached.wait()

    redis.stop()
    viewer = on_redis.watch(thread)
    last.open()
    assert viewer.sees_end(run) == "completed"
    redis.start()

    assert viewer.text == "One, two."
    settled(on_redis)


def test_a_run_is_cancelled_while_redis_is_away(on_redis: Cluster, redis: Redis, provider: MockProvider) -> None:
    on_redis.start()
    never = Gate()
    provider.reply(openai_reply("One, ", never))
    thread = on_redis.thread()
    run = on_redis.say(thread, "Count")
    never.reached.wait()

    redis.stop()
    on_redis.post(f"runs/{run}/cancel/")
    assert on_redis.ended(run) == "cancelled"
    redis.start()

    assert on_redis.answer(run) == "One, "
    settled(on_redis)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


@pytest.fixture
def on_postgres(make_cluster: MakeCluster, private_template: Database, postgres: Postgres) -> Iterator[Cluster]:
    """A cluster whose PostgreSQL may be stopped."""
    yield make_cluster(server=postgres.url, template=private_template, redis=shared_redis())
    postgres.start()  # a test that failed may have left it stopped


def test_a_stream_survives_a_restart_of_the_database(
    on_postgres: Cluster, postgres: Postgres, provider: MockProvider
) -> None:
    on_postgres.start(workers=1)
    away, back = Gate(), Gate()
    provider.reply(openai_reply("One, ", away, "two, ", back, "three."))
    thread = on_postgres.thread()
    viewer = on_postgres.watch(thread)
    run = on_postgres.say(thread, "Count")
    viewer.sees("One, ")

    postgres.stop(immediate=True)
    away.open()
    viewer.sees("two, ")
    back.open()
    viewer.sees("three.")
    postgres.start()

    assert viewer.sees_end(run) == "completed"
    assert on_postgres.answer(run) == "One, two, three."
    later = on_postgres.say(thread, "And then?")
    assert viewer.sees_end(later) == "completed"
    settled(on_postgres)


def test_an_outage_longer_than_the_lease_leaves_no_run_behind(
    on_postgres: Cluster, postgres: Postgres, provider: MockProvider
) -> None:
    on_postgres.start(workers=2)
    last = Gate()
    provider.reply(openai_reply("One, ", last, "two."))
    thread = on_postgres.thread()
    viewer = on_postgres.watch(thread)
    run = on_postgres.say(thread, "Count")
    viewer.sees("One, ")

    postgres.stop(immediate=True)
    time.sleep(LEASE * 1.25)  # nothing to wait for: it is the length of the outage that matters
    postgres.start()
    last.open()

    assert viewer.sees_end(run) in TERMINAL
    later = on_postgres.say(thread, "And then?")
    assert viewer.sees_end(later) == "completed"
    settled(on_postgres)


def test_who_watches_is_not_forgotten_while_the_database_is_away(
    on_postgres: Cluster, postgres: Postgres, provider: MockProvider
) -> None:
    on_postgres.start()
    thread = on_postgres.thread()
    viewer = on_postgres.watch(thread)

    postgres.stop(immediate=True)
    viewer.cut()  # and joins again while nobody can say whether it may
    time.sleep(LEASE * 2)  # longer than between two looks at a socket's credential
    postgres.start()
    run = on_postgres.say(thread, "Hello")

    assert viewer.sees_end(run) == "completed"
    settled(on_postgres)
