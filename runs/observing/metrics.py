"""Prometheus metrics of this process, and of the backlog that all processes share (``docs/monitoring.md``).

Labels name what admins configure, never a person, a thread or a run, and each has a bounded number of values.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, all_tasks
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal
from weakref import WeakSet

from django.db import Error as DatabaseError
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from coday.kernel.memory import Memory
from coday.kernel.probes import ask
from runs.backlog import Backlog, read_backlog
from runs.events import RunSnapshot

MOST_VALUES: Final = 200  # of one label; what comes later is counted as "other"
BACKLOG_SECONDS: Final = 5.0  # for which the backlog is remembered
BACKLOG_PATIENCE: Final = 2.0  # seconds
_SHORT: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds
_LONG: Final = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a series began tells nobody anything here
REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_RUNS = Counter("coday_runs", "Runs that ended.", ("outcome", "agent", "model"), registry=REGISTRY)
_RUNNING = Gauge("coday_runs_running", "Runs that this process executes.", registry=REGISTRY)
_WAITED = Histogram("coday_run_wait_seconds", "From a run's capture to its start.", buckets=_LONG, registry=REGISTRY)
_FIRST_DELTA = Histogram(
    "coday_run_first_delta_seconds",
    "From a run's start to its first delta.",
    ("model",),
    buckets=_SHORT,
    registry=REGISTRY,
)
_DURATION = Histogram(
    "coday_run_duration_seconds", "From a run's start to its end.", ("outcome",), buckets=_LONG, registry=REGISTRY
)
_TOKENS = Counter("coday_tokens", "Tokens that providers reported.", ("provider", "model", "kind"), registry=REGISTRY)
_PROVIDER_ERRORS = Counter(
    "coday_provider_errors", "Model calls that failed, repeated ones too.", ("provider", "code"), registry=REGISTRY
)
_TOOL_CALLS = Counter("coday_tool_calls", "Tool calls that were executed.", ("tool", "outcome"), registry=REGISTRY)
_SUBSCRIBERS = Gauge("coday_subscribers", "Who watches, through this process.", ("kind",), registry=REGISTRY)
_RESYNCS = Counter(
    "coday_resyncs", "Times that a subscriber was brought up to date from the journal.", ("reason",), registry=REGISTRY
)

_TASKS = Gauge("coday_asyncio_tasks", "Tasks of this process's event loops.", registry=REGISTRY)
_loops: WeakSet[AbstractEventLoop] = WeakSet()
_TASKS.set_function(lambda: sum(len(all_tasks(loop)) for loop in tuple(_loops)))

SubscriberKind = Literal["thread", "list"]
ToolOutcome = Literal["done", "failed"]
ResyncReason = Literal["gap", "overflow"]


def page() -> bytes:
    """All metrics in Prometheus's text format. Waits for the database, but not for long."""
    return generate_latest(REGISTRY)


def watch_tasks(loop: AbstractEventLoop) -> None:
    """Count the tasks of an event loop from here on, for as long as it is there."""
    _loops.add(loop)


@contextmanager
def running() -> Iterator[None]:
    """Count a run of this process as under way."""
    with _RUNNING.track_inprogress():
        yield


def run_started(run: RunSnapshot) -> None:
    """A run was claimed: how long did it wait?"""
    if run.started_at:
        _WAITED.observe(max(0.0, (run.started_at - run.created_at).total_seconds()))


def run_spoke(run: RunSnapshot, *, seconds: float) -> None:
    """A run's first delta came so long after its start."""
    _FIRST_DELTA.labels(_few("model", run.model)).observe(seconds)


def run_ended(run: RunSnapshot) -> None:
    """A run came to its end. For each run once, by whoever wrote its terminal state."""
    _RUNS.labels(run.status, _few("agent", run.agent), _few("model", run.model)).inc()
    if run.started_at and run.finished_at:
        _DURATION.labels(run.status).observe(max(0.0, (run.finished_at - run.started_at).total_seconds()))


def tokens_used(*, provider: str, model: str, input: int, cached: int, output: int, reasoning: int) -> None:  # noqa: A002
    """What a provider says that one call took. A token is counted under one kind: ``input`` without the cached ones,
    ``output`` without those of reasoning."""
    labels = _few("provider", provider), _few("model", model)
    for kind, tokens in (("input", input), ("cached", cached), ("output", output), ("reasoning", reasoning)):
        _TOKENS.labels(*labels, kind).inc(max(0, tokens))


def provider_failed(*, provider: str, code: str) -> None:
    """A model call failed with this code."""
    _PROVIDER_ERRORS.labels(_few("provider", provider), _few("code", code)).inc()


def tool_called(*, tool: str, outcome: ToolOutcome) -> None:
    """A tool was executed."""
    _TOOL_CALLS.labels(_few("tool", tool), outcome).inc()


def joined(*, kind: SubscriberKind) -> None:
    """Somebody began to watch."""
    _SUBSCRIBERS.labels(kind).inc()


def left(*, kind: SubscriberKind) -> None:
    """Somebody watches no more."""
    _SUBSCRIBERS.labels(kind).dec()


def resynced(*, reason: ResyncReason) -> None:
    """A subscriber had missed something (``gap``) or was too slow (``overflow``)."""
    _RESYNCS.labels(reason).inc()


_seen: dict[str, set[str]] = {}


def _few(label: str, value: str) -> str:
    """The value, unless the label has too many already."""
    known = _seen.setdefault(label, set())
    if value not in known and len(known) >= MOST_VALUES:
        return "other"
    known.add(value)
    return value


_backlog: Memory[Backlog] = Memory(seconds=BACKLOG_SECONDS, models=())


class _BacklogCollector(Collector):
    """Asks the database when the metrics are read."""

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The backlog's gauges; only that it cannot be read where the database does not answer."""
        backlog = _recall_backlog()
        readable = backlog is not None
        yield GaugeMetricFamily("coday_backlog_readable", "Whether the database told its backlog.", value=readable)
        if backlog:
            yield GaugeMetricFamily("coday_backlog_queued", "Runs that wait, everywhere.", value=backlog.queued)
            yield GaugeMetricFamily("coday_backlog_active", "Runs under way, everywhere.", value=backlog.active)
            yield GaugeMetricFamily(
                "coday_backlog_lag_seconds", "How long a run has waited that could start.", value=backlog.lag
            )


def _recall_backlog() -> Backlog | None:
    try:
        return _backlog.recall("", lambda: ask(read_backlog).result(BACKLOG_PATIENCE))
    except (DatabaseError, TimeoutError):
        return None


REGISTRY.register(_BacklogCollector())
