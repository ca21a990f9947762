"""Copies of a conversation, written straight into the database: what Coday costs when there is much in it already.

A thread with one completed run, made by Coday itself, is the model of them all. Ids are numbers that only go up, smaller than
any real one, so the copies are older than what is measured. Payloads of the journal are copied as they are.
"""

from __future__ import annotations

from uuid import UUID

import psycopg

from benchmarks.cluster.services import Database

PREPARE = """
CREATE SEQUENCE IF NOT EXISTS benchmark_ids;
CREATE OR REPLACE FUNCTION next_id() RETURNS uuid LANGUAGE sql VOLATILE AS
$$ SELECT lpad(to_hex(nextval('benchmark_ids')), 32, '0')::uuid $$;
DROP TABLE IF EXISTS copied_runs, copied_threads;
"""

THREADS = """
CREATE UNLOGGED TABLE copied_threads AS SELECT next_id() AS id FROM generate_series(1, %(threads)s);
"""

RUNS = """
CREATE UNLOGGED TABLE copied_runs AS
SELECT *, lag(id) OVER (PARTITION BY thread_id ORDER BY number) AS parent_id
FROM (SELECT thread.id AS thread_id, number, next_id() AS id
      FROM copied_threads thread CROSS JOIN generate_series(1, %(runs)s) number) AS numbered;
"""

COPY_THREADS = """
INSERT INTO threads_thread
SELECT copy.* FROM threads_thread pattern, copied_runs last, LATERAL jsonb_populate_record(pattern, jsonb_build_object(
    'id', last.thread_id, 'head', last.id, 'last_number', last.number, 'last_seq', pattern.last_seq * last.number)) AS copy
WHERE pattern.id = %(model)s AND last.number = %(runs)s;
"""

COPY_RUNS = """
INSERT INTO runs_run
SELECT copy.* FROM runs_run pattern, copied_runs run, LATERAL jsonb_populate_record(pattern, jsonb_build_object(
    'id', run.id, 'thread_id', run.thread_id, 'lane', run.thread_id, 'number', run.number, 'parent_id', run.parent_id,
    'key', '')) AS copy
WHERE pattern.thread_id = %(model)s;
"""

COPY_MESSAGES = """
INSERT INTO threads_message
SELECT copy.* FROM (
    SELECT message, run.thread_id, run.id AS run_id FROM copied_runs run, threads_message message
    WHERE message.thread_id = %(model)s ORDER BY run.number, message.id) AS said,
    LATERAL jsonb_populate_record(said.message, jsonb_build_object(
        'id', next_id(), 'thread_id', said.thread_id, 'run_id', said.run_id)) AS copy;
"""

COPY_EVENTS = """
INSERT INTO runs_runeventrecord
SELECT copy.* FROM runs_runeventrecord pattern, threads_thread thread, copied_runs run,
    LATERAL jsonb_populate_record(pattern, jsonb_build_object(
        'id', next_id(), 'thread_id', run.thread_id, 'run_id', run.id,
        'seq', pattern.seq + thread.last_seq * (run.number - 1))) AS copy
WHERE pattern.thread_id = %(model)s AND thread.id = %(model)s;
"""

NEWEST_THREAD = "SELECT id FROM copied_threads ORDER BY id DESC LIMIT 1"


def copy_thread(database: Database, *, model: str, threads: int, runs: int) -> str:
    """So many more threads, each with so many runs as the one of the model; the id of the last of them."""
    given = {"model": UUID(model), "threads": threads, "runs": runs}
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(PREPARE)
        with psycopg.ClientCursor(connection) as cursor:
            for statement in (THREADS, RUNS, COPY_THREADS, COPY_RUNS, COPY_MESSAGES, COPY_EVENTS):
                cursor.execute(statement, given)
        connection.execute("VACUUM (ANALYZE)")
        row = connection.execute(NEWEST_THREAD).fetchone()
    assert row is not None
    return str(row[0])
