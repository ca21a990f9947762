"""Measures the list of threads in the installation whose settings are in the environment; prints the figures as JSON.

Run as ``python -m benchmarks.lists.inside THREADS``. The requests go through the product's doors in this process: credential,
parameters, queries, JSON.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

import django

django.setup()

import msgspec  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.lists.figures import Figure, Told  # noqa: E402
from coday.accounts.models import User  # noqa: E402
from coday.accounts.operations import create_token  # noqa: E402
from coday.kernel.ids import new_id  # noqa: E402
from runs.models import Run, RunTag, RunTagging  # noqa: E402
from runs.summaries import thread_summaries  # noqa: E402
from threads.content import TextPart, dump_parts  # noqa: E402
from threads.models import Message, Thread, ThreadFolder  # noqa: E402

REPEATS: Final = 30
URL: Final = "/api/v1/threads/"
PIN: Final = "pin or unpin {} threads at once"
TAGS: Final = ("work", "home", "later", "Büro")
AT_ONCE: Final = 2_000


def write(threads: int) -> User:
    """So many threads of one person, each with two runs: every tenth untitled, some pinned, archived, tagged, in folders,
    with a run that is queued, runs or has failed; most of them read."""
    person = User.objects.create_user("person")
    folders = [
        ThreadFolder.objects.create(owner=person, name=f"Folder {number}", position=number) for number in range(20)
    ]
    tags = {name: RunTag.objects.create(user_id=person.pk, name=name) for name in TAGS}
    rows, runs, messages, taggings = [], [], [], []
    now = timezone.now()
    for number in range(threads):
        named = [TAGS[number % len(TAGS)]] if number % 5 == 0 else []
        thread = Thread(
            owner=person, title=f"What we said of {number}" if number % 10 else "", pinned=number % 97 == 0,
            archived=number % 4 == 3, tags=named, folder=folders[number % 20] if number % 3 == 0 else None,
            updated_at=now - timedelta(minutes=number), last_seq=10, seen_seq=0 if number % 8 == 0 else 10, last_number=2,
        )  # fmt: skip
        rows.append(thread)
        parent: UUID | None = None
        lane = new_id()
        for place in (1, 2):
            ends = (
                {40: "failed", 41: "running", 42: "queued"}.get(number % 50, "completed") if place == 2 else "completed"
            )
            run = Run(
                thread=thread, number=place, parent_id=parent, lane=lane, status=ends, user_id=person.pk,
                username=person.username, agent="helper", model="mock-1", tags=named,
                finished_at=None if ends in ("running", "queued") else now,
            )  # fmt: skip
            parent = thread.head = run.pk
            runs.append(run)
            taggings += [RunTagging(run=run, tag=tags[name]) for name in named]
            said = [("user", f"What is {number}, and why? " * 4), ("assistant", "Because of this and that. " * 40)]
            messages += [
                Message(thread=thread, run_id=run.pk, role=role, content=dump_parts([TextPart(text=text)]))
                for role, text in said
            ]
    Thread.objects.bulk_create(rows, batch_size=AT_ONCE)
    Run.objects.bulk_create(runs, batch_size=AT_ONCE)
    Message.objects.bulk_create(messages, batch_size=AT_ONCE)
    RunTagging.objects.bulk_create(taggings, batch_size=AT_ONCE)
    return person


def timed(work: Callable[[], Any], *, repeats: int) -> list[float]:
    """Milliseconds of each time that it was done, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1_000)
    return times


def figures(person: User) -> list[Figure]:
    """All cases."""
    _, token = create_token(user=person)
    client = Client(headers={"Authorization": f"Bearer {token}", "Host": "localhost"})

    def get(address: str) -> dict[str, Any]:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        cache.clear()
        page: dict[str, Any] = answer.json()
        return page

    def post(address: str, body: Any) -> None:
        answer = client.post(address, msgspec.json.encode(body), content_type="application/json")
        assert answer.status_code == 200, answer.content

    deep = f"{URL}?limit=200"
    for _ in range(20):
        deep = get(deep)["next"]
    folder = ThreadFolder.objects.filter(owner=person)[0].pk
    page = [thread["id"] for thread in get(f"{URL}?limit=200")["results"]]
    changed = [UUID(thread) for thread in page[:20]]
    turns = count()

    def pin(size: int) -> None:
        post(f"{URL}bulk/", {"threads": page[:size], "pinned": next(turns) % 2 == 0})

    cases: dict[str, Callable[[], Any]] = {
        "the newest page of 50": lambda: get(URL),
        "the newest page of 200": lambda: get(f"{URL}?limit=200"),
        "a page of 200 behind 4,000 others": lambda: get(deep),
        "what is archived": lambda: get(f"{URL}?archived=true"),
        "a folder": lambda: get(f"{URL}?folder={folder}"),
        "what is in no folder": lambda: get(f"{URL}?folder=none"),
        "a tag": lambda: get(f"{URL}?tag=B%C3%BCro"),
        "20 summaries for the socket": lambda: thread_summaries(user_id=person.pk, thread_ids=changed),
        "all tags, with their counts": lambda: get("/api/v1/run-tags/"),
        "all folders, with their counts": lambda: get("/api/v1/thread-folders/"),
        PIN.format(50): lambda: pin(50),
        PIN.format(200): lambda: pin(200),
    }
    results = []
    for name, work in cases.items():
        times = timed(work, repeats=6 if name.startswith("pin") else REPEATS)
        cuts = statistics.quantiles(times, n=20)
        results.append(Figure(name=name, least=min(times), p50=statistics.median(times), p95=cuts[18]))
    return results


def main() -> None:
    """Write, measure, print."""
    threads = int(sys.argv[1])
    person = write(threads)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(msgspec.json.encode(Told(database=connection.vendor, threads=threads, figures=figures(person))).decode())


if __name__ == "__main__":
    main()
