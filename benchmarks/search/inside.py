"""Measures the search in the installation whose settings are in the environment; prints the figures as JSON.

Run as ``python -m benchmarks.search.inside RUNS``. The requests go through the product's doors in this process: credential,
parameters, search, snippets, JSON.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any, Final

import django

django.setup()

import msgspec  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks.search.figures import Figure, Told  # noqa: E402
from benchmarks.search.rows import Written, write, written  # noqa: E402
from coday.accounts.operations import create_token  # noqa: E402
from runs.search import full_text  # noqa: E402

REPEATS: Final = 30

RUNS, PALETTE, THREADS = "/api/v1/runs/", "/api/v1/search/", "/api/v1/threads/"
CASES: Final[dict[str, tuple[str, list[dict[str, Any]]]]] = {
    "a common word": (RUNS, [{"q": "server"}, {"q": "Vertrag"}, {"q": "invoice"}]),
    "three common words": (RUNS, [{"q": "server contract payment"}, {"q": "Frist Miete Steuer"}]),
    "a word inside others": (RUNS, [{"q": "Kündigungsfristen"}, {"q": "warteschlange"}]),
    "a rare word": (RUNS, [{"q": "drakliwu"}, {"q": "gnafrilan"}, {"q": "tonvolimer"}]),
    "three letters of a word": (RUNS, [{"q": "ver"}, {"q": "con"}, {"q": "kün"}]),
    "two words, three filters": (
        RUNS,
        [
            {"q": "server database", "tag": "work", "status": "completed", "importance": 60},
            {"q": "Vertrag", "tool": "calculate", "pinned": "true", "agent": "helper"},
        ],
    ),
    "nothing found": (RUNS, [{"q": "qqqqzzzz"}, {"q": "server qqqqzzzz"}, {"q": "server", "agent": "nobody"}]),
    "filters without words": (RUNS, [{"tag": "work", "pinned": "true"}, {"tool": "calculate", "importance": 80}]),
    "everything, the newest page": (RUNS, [{}]),
    "the palette": (PALETTE, [{"q": "serv"}, {"q": "Kündigung"}, {"q": "drakliwu"}]),
    "the list of threads": (THREADS, [{"q": "server"}, {"q": "Kündigung Frist"}]),
}


def measured(client: Client, address: str, query: dict[str, Any], *, repeats: int) -> tuple[list[float], int]:
    """Milliseconds of each request, and how much it found."""
    times, found = [], 0
    for _ in range(repeats):
        began = time.perf_counter()
        answer = client.get(address, query)
        times.append((time.perf_counter() - began) * 1_000)
        assert answer.status_code == 200, answer.content
        found = len(answer.json().get("results", answer.json().get("runs", [])))
    return times, found


def figures(there: Written) -> list[Figure]:
    """All cases, asked for by the person who has the most runs."""
    _, token = create_token(user=there.busiest)
    client = Client(headers={"Authorization": f"Bearer {token}", "Host": "localhost"})
    results = []
    for name, (address, queries) in CASES.items():
        for query in queries:
            measured(client, address, query, repeats=1)
        pairs = [measured(client, address, query, repeats=REPEATS) for query in queries]
        times = [one for pair in pairs for one in pair[0]]
        results.append(
            Figure(
                name=name,
                alone=max(min(pair[0]) for pair in pairs),
                p50=statistics.median(times),
                p95=statistics.quantiles(times, n=20)[18],
                found=max(pair[1] for pair in pairs),
            )
        )
        cache.clear()
    return results


def sizes() -> tuple[int, int]:
    """Bytes of what was said, and of the index with what it is made of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(length(CAST(content AS text))) FROM threads_message")
        texts = int(cursor.fetchone()[0])
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s)", [full_text.TABLE])
        else:
            like = [full_text.INDEX + "%", full_text.TABLE + "%"]
            cursor.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE %s OR name LIKE %s", like)
        return texts, int(cursor.fetchone()[0])


def main() -> None:
    """Write the runs, unless they are there; measure; print."""
    there = written() or write(int(sys.argv[1]))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    texts, index = sizes()
    told = Told(
        database=connection.vendor,
        runs=there.runs,
        of_busiest=there.of_busiest,
        texts=texts,
        index=index,
        indexing=there.indexing,
        figures=figures(there),
    )
    print(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    main()
