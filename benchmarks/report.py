"""The figures as the Markdown table of ``README.md``, beside the targets and the figures that others were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.figures import CpuFigures, Figures
from benchmarks.measure.bursts import FirstDeltas

NONE = "–"
QUOTED = ("Chainlit + SQLite", "Open WebUI")

Cell = Callable[[Figures], str]


def deltas(first: FirstDeltas | None) -> str:
    """Two percentiles and the lateness."""
    return f"{first.p50:.0f} / {first.p95:.0f} ms, ends {first.seconds_late:.2f} s late" if first else NONE


def cpu_sum(cpu: CpuFigures | None) -> str:
    """CPU for 1,000 tokens."""
    return f"{cpu.per_1000_tokens:.3f} s" if cpu else NONE


def cpu_split(cpu: CpuFigures | None) -> str:
    """CPU fixed and per token."""
    return f"{cpu.line.fixed * 1e3:.1f} ms + {cpu.line.slope * 1e6:.0f} µs" if cpu else NONE


def cpu_early(cpu: CpuFigures | None) -> str:
    """CPU of a run before its first delta."""
    return f"{cpu.to_first_delta * 1e3:.1f} ms" if cpu else NONE


def start(figures: Figures) -> str:
    """Start and idle memory."""
    if figures.start_seconds is None or figures.idle is None:
        return NONE
    return f"{figures.start_seconds:.2f} s, {figures.idle.proportional:.0f} MB ({figures.idle.resident:.0f} resident)"


def single(figures: Figures) -> str:
    """First delta of one person."""
    return f"{figures.single_ms:.1f} ms" if figures.single_ms is not None else NONE


def newest_page(figures: Figures) -> str:
    """The newest page of the long thread."""
    history = figures.history
    return f"{history.newest_page_ms:.0f} ms, {history.page_messages} messages" if history else NONE


def follow_up(figures: Figures) -> str:
    """First delta in the long thread."""
    return f"{figures.history.follow_up_ms:.0f} ms" if figures.history else NONE


def wire(figures: Figures) -> str:
    """Bytes on the wire."""
    if figures.wire is None:
        return NONE
    others = figures.wire.others
    return f"{figures.wire.delta_overhead} B; {others.slope:.2f} × text + {others.fixed:.0f} B"


def memory(figures: Figures) -> str:
    """Resident memory over the runs."""
    if len(figures.memory) < 2:
        return NONE
    (early, before), (late, after) = figures.memory[1], figures.memory[-1]
    return f"{before:.0f} MB after {early:,} runs, {after:.0f} MB after {late:,}"


def client(figures: Figures) -> str:
    """The load client's own need."""
    return f"{figures.first_runs.client_cores:.2f} of a core" if figures.first_runs else NONE


# What is measured; how it is told; what others got (quoted, not measured here); what we want.
ROWS: tuple[tuple[str, Cell, tuple[str, str], str], ...] = (
    ("first delta, 1 user, median", single, ("12 ms", "60 ms"), "≤ 15 ms"),
    (
        "first delta, 50 runs at once, p50 / p95",
        lambda f: deltas(f.at_once.get(50)),
        ("263 / 302 ms", "3,105 / 4,718 ms"),
        "≤ 25 / 60 ms",
    ),
    (
        "the same, 100 runs",
        lambda f: deltas(f.at_once.get(100)),
        ("530 / 712 ms, ends 4.4 s late", "7,115 / 17,830 ms, 38 lost"),
        "≤ 60 / 150 ms, ends ≤ 0.5 s late",
    ),
    ("50 runs that arrive 2 ms apart, p50 / p95", lambda f: deltas(f.arriving), (NONE, NONE), NONE),
    ("CPU for 1,000 tokens, 50 runs", lambda f: cpu_sum(f.first_runs), ("0.56 s", "0.89 s"), "≤ 0.30 s"),
    ("the same, second runs of the threads", lambda f: cpu_sum(f.follow_ups), (NONE, NONE), NONE),
    (
        "CPU fixed per run + per token",
        lambda f: cpu_split(f.first_runs),
        ("38.7 ms + 512 µs", "108 ms + 363 µs"),
        "≤ 20 ms + 200 µs",
    ),
    ("the same, second runs of the threads", lambda f: cpu_split(f.follow_ups), (NONE, NONE), NONE),
    ("CPU per run before its first delta, 50 runs", lambda f: cpu_early(f.first_runs), (NONE, NONE), NONE),
    ("the same, second runs of the threads", lambda f: cpu_early(f.follow_ups), (NONE, NONE), NONE),
    ("newest page of a thread of 5,000 messages", newest_page, ("6.2 s", "221 ms, all of it"), "≤ 100 ms, a page"),
    ("first delta of a follow-up in that thread", follow_up, ("776 ms", "1,350 ms"), "≤ 80 ms"),
    ("start to first page, idle memory", start, ("2.3 s, 148 MB", "14.5 s, 1,169 MB"), "≤ 3 s, ≤ 150 MB"),
    ("bytes: a delta beside its text; all other frames", wire, (NONE, NONE), "≤ 130 B; ≤ 2 × text + constant"),
    ("resident memory over runs", memory, (NONE, NONE), "flat over 1,000 runs"),
    ("CPU of the load client", client, (NONE, NONE), NONE),
)


def table(results: Mapping[str, Figures]) -> str:
    """The Markdown table, one column for each target that was measured, in their order."""
    header = ["", *results, *(f"{name} (quoted, not measured here)" for name in QUOTED), "target"]
    return markdown(header, [[name, *map(cell, results.values()), *quoted, goal] for name, cell, quoted, goal in ROWS])


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *rows))
