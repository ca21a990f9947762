"""What has to be true of a cluster after anything that happened to it, read past the product's own code."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from tests.support.cluster import TERMINAL, Cluster
from tests.support.services import Row, wait_until
from tests.support.viewer import Viewer

Shown = dict[str, tuple[str, str, str]]


@dataclass(frozen=True)
class Journals:
    """Everything that was written."""

    threads: list[Row]
    runs: list[Row]
    events: list[Row]
    messages: list[Row]
    usage: Counter[str]

    @classmethod
    def read(cls, cluster: Cluster) -> Journals:
        """As it is now."""
        rows = cluster.database.rows
        usage = rows("SELECT run_id::text AS run, count(*) AS calls FROM usage_usagerecord GROUP BY run_id")
        return cls(
            threads=rows("SELECT id::text, last_seq FROM threads_thread"),
            runs=rows(
                "SELECT id::text, thread_id::text, status, attempt, model_calls, finished_at, kind, trigger, cause_run::text"
                " FROM runs_run"
            ),
            events=rows(
                "SELECT thread_id::text, run_id::text, seq, type, payload FROM runs_runeventrecord"
                " ORDER BY thread_id, seq"
            ),
            messages=rows(
                "SELECT id::text, thread_id::text, run_id::text, role, status, content FROM threads_message ORDER BY id"
            ),
            usage=Counter({row["run"]: row["calls"] for row in usage}),
        )

    def said(self, run: str) -> list[str]:
        """What the person's messages of a run say."""
        messages = [message for message in self.messages if message["run_id"] == run and message["role"] == "user"]
        return [text_of(message["content"]) for message in messages]

    def shown(self, thread: str) -> Shown:
        """The thread's messages as every screen should show them."""
        messages = [message for message in self.messages if message["thread_id"] == thread]
        return {
            message["id"]: (message["role"], message["status"], text_of(message["content"])) for message in messages
        }


def settled(cluster: Cluster) -> None:
    """Wait until every run has ended; then nothing may be lost, doubled, stuck or told wrongly."""
    journals = ended(cluster)
    _nothing_acknowledged_is_lost_or_doubled(cluster, journals)
    _every_call_is_told_and_paid(cluster, journals)
    for thread in {said.thread for said in cluster.said}:
        cluster.watch(thread)
    for viewer in cluster.viewers:
        _shows_what_is_stored(viewer, journals)


def ended(cluster: Cluster) -> Journals:
    """Wait until every run has ended; then each says so once, and the journals have no gaps."""
    wait_until(lambda: not _unfinished(cluster), "every run ends")
    journals = Journals.read(cluster)
    _every_run_ended_once(journals)
    _numbers_have_no_gaps(journals)
    return journals


def _unfinished(cluster: Cluster) -> list[Row]:
    return cluster.database.rows("SELECT id FROM runs_run WHERE status <> ALL(%s)", list(TERMINAL))


def _every_run_ended_once(journals: Journals) -> None:
    for run in journals.runs:
        told = [event for event in journals.events if event["run_id"] == run["id"] and not _is_later_change(event)]
        ends = [event for event in told if event["type"] == "run" and event["payload"]["run"]["status"] in TERMINAL]
        assert [event["payload"]["run"]["status"] for event in ends] == [run["status"]], "one terminal event"
        assert told[-1] is ends[0], "the terminal event is the run's last durable one"
        assert run["finished_at"], "a run that has ended says when"


def _is_later_change(event: Row) -> bool:
    """A title's cost is told after the end, as a change of the bill and not of the status; and so is the end of what went on
    after the run."""
    payload = event["payload"]
    return bool(payload.get("changed") if event["type"] == "run" else payload.get("operation"))


def _numbers_have_no_gaps(journals: Journals) -> None:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for event in journals.events:
        numbers[event["thread_id"]].append(event["seq"])
    for thread in journals.threads:
        assert numbers[thread["id"]] == list(range(1, thread["last_seq"] + 1))


def _nothing_acknowledged_is_lost_or_doubled(cluster: Cluster, journals: Journals) -> None:
    first_attempts = {run["id"] for run in journals.runs if run["attempt"] == 1 and run["kind"] == "user"}
    assert first_attempts == {said.run for said in cluster.said}
    for said in cluster.said:
        assert journals.said(said.run) == [said.text]


def _every_call_is_told_and_paid(cluster: Cluster, journals: Journals) -> None:
    told: Counter[str] = Counter()
    for run in journals.runs:
        assert run["model_calls"] == _calls_of(run, journals), "the bill is the sum of its records"
        for text in journals.said(run["id"]):
            told[text] += journals.usage[run["id"]] + _retries(journals, run["id"])
    asked = Counter(text for text in cluster.asked() if not text.startswith("<coday-event"))
    assert not asked - told, f"the provider was called more often than the journal says: {asked - told}"


def _calls_of(run: Row, journals: Journals) -> int:
    """The run's model calls and those of the runs that it delegated to."""
    delegated = [one for one in journals.runs if one["cause_run"] == run["id"] and one["trigger"] == "delegation"]
    return journals.usage[run["id"]] + sum(_calls_of(one, journals) for one in delegated)


def _retries(journals: Journals, run: str) -> int:
    steps = [event for event in journals.events if event["run_id"] == run and event["type"] == "step"]
    return sum(step["payload"]["kind"] == "retry" for step in steps)


def _shows_what_is_stored(viewer: Viewer, journals: Journals) -> None:
    (end,) = [thread["last_seq"] for thread in journals.threads if thread["id"] == viewer.thread]
    viewer.wait(lambda: viewer.screen.last_seq == end, f"the screen shows everything up to {end}")
    shown = {
        key: (message["role"], message["status"], text_of(message["content"]))
        for key, message in viewer.screen.messages.items()
    }
    assert shown == journals.shown(viewer.thread)


def text_of(content: list[dict[str, Any]]) -> str:
    """A message's text."""
    return "".join(part.get("text", "") for part in content)
