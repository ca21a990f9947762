"""Measures the analytics in the installation whose settings are in the environment; prints the figures as JSON.

Run as ``python -m benchmarks.analytics.inside RUNS``. The requests go through the product's doors in this process:
credential, parameters, figures, JSON. A page asks twice: by day, and by what was chosen.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import timedelta
from typing import Final

import django

django.setup()

import msgspec  # noqa: E402
from django.contrib.auth.models import Permission  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.analytics.figures import Figure, Told  # noqa: E402
from benchmarks.analytics.rows import write  # noqa: E402
from coday.accounts.operations import create_token  # noqa: E402
from runs.models import Run  # noqa: E402

REPEATS: Final = 15
ADDRESS: Final = "/api/v1/analytics/"
GROUPS: Final = ("day", "agent", "tag", "outcome", "user")
SCOPES: Final = (("mine", 30), ("mine", None), ("all", 30), ("all", None))


def figure(client: Client, scope: str, days: int | None, groups: tuple[str, ...]) -> Figure:
    """One kind of look: all its requests, one after the other."""
    since = {"since": (timezone.now() - timedelta(days=days)).isoformat()} if days else {}
    times, runs = [], 0
    for _ in range(REPEATS):
        began = time.perf_counter()
        for group in groups:
            query = {"scope": scope, "group_by": group, "time_zone": "Europe/Berlin", **since}
            answer = client.get(ADDRESS, query)
            assert answer.status_code == 200, answer.content
            runs = answer.json()["totals"]["runs"]
        times.append((time.perf_counter() - began) * 1_000)
    span = f"the last {days} days" if days else "a year"
    name = f"{'everybody' if scope == 'all' else 'one person'}, {span}, by {' and '.join(groups)}"
    return Figure(
        name=name, runs=runs, alone=min(times), p50=statistics.median(times), p95=statistics.quantiles(times, n=20)[18]
    )


def main() -> None:
    """Write the runs, measure, print."""
    person = write(int(sys.argv[1]))
    person.user_permissions.add(Permission.objects.get(codename="view_all_analytics"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _, token = create_token(user=person)
    client = Client(headers={"Authorization": f"Bearer {token}", "Host": "localhost"})
    client.get(ADDRESS)
    looks = [(scope, days, (group,)) for scope, days in SCOPES for group in GROUPS if group != "user" or scope == "all"]
    pages = [(scope, days, ("day", "agent")) for scope, days in SCOPES]
    figures = [figure(client, *look) for look in [*pages, *looks]]
    print(msgspec.json.encode(Told(database=connection.vendor, runs=Run.objects.count(), figures=figures)).decode())


if __name__ == "__main__":
    main()
