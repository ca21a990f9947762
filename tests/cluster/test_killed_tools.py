"""Processes are killed while tools are at work, while people are asked, and while others do the work."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cluster.conftest import MakeCluster
from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import HANG, Call, Gate, MockProvider, Reply, json_reply, openai_reply
from tests.support.services import Database, shared_postgres, shared_redis, wait_until

TOOLS = {"fetch_page": "allow", "calculate": "ask", "http_job": "allow"}


@pytest.fixture
def cluster(make_cluster: MakeCluster, template: Database, provider: MockProvider) -> Cluster:
    """A hasty cluster whose agent has tools, and may fetch from the mock provider."""
    made = make_cluster(
        server=shared_postgres(),
        template=template,
        redis=shared_redis(),
        CODAY_FETCH_ALLOW=urlsplit(provider.base_url).netloc,
    )
    made.database.write("UPDATE agents_languagemodel SET tools = true")
    made.database.write("UPDATE agents_agent SET tools = %s", json.dumps(TOOLS))
    return made


def fetch(provider: MockProvider, name: str = "slow", *, id: str = "call_1") -> Call:  # noqa: A002
    """A call that reads a page of the mock provider's."""
    return Call("fetch_page", (json.dumps({"url": f"{provider.base_url}/{name}"}),), id=id)


def page(*steps: Any) -> Reply:
    """What a fetched page says."""
    return Reply(content_type="text/plain", steps=tuple(steps))


def fetched(provider: MockProvider) -> list[str]:
    """The pages that were asked for, in order."""
    paths = [request.path for request in provider.requests]
    return [path.rsplit("/", 1)[-1] for path in paths if not path.endswith("/chat/completions")]


def calls(cluster: Cluster, run: str) -> list[tuple[str, str]]:
    """Status and result of a run's tool calls."""
    rows = cluster.database.rows("SELECT status, content FROM runs_toolcall WHERE run_id = %s ORDER BY id", run)
    return [(row["status"], row["content"]) for row in rows]


def results(cluster: Cluster, run: str) -> list[dict[str, Any]]:
    """The results that the run's messages hold."""
    rows = cluster.database.rows("SELECT content FROM threads_message WHERE run_id = %s AND role = 'tool'", run)
    return [part for row in rows for part in row["content"]]


def test_in_the_middle_of_a_tool_nobody_knows_and_nobody_repeats_it(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    slow = Gate()
    provider.reply(openai_reply(fetch(provider)), page(slow))
    run = cluster.say(cluster.thread(), "Read it")
    slow.reached.wait()

    cluster.executor(run).kill()

    assert cluster.ended(run) == "interrupted"
    [(status, content)] = calls(cluster, run)
    assert (status, content.startswith("It is not known")) == ("cancelled", True)
    assert [result["is_error"] for result in results(cluster, run)] == [True]
    assert fetched(provider) == ["slow"]
    settled(cluster)


def test_of_three_tools_side_by_side_what_was_done_is_kept(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start(workers=2)
    held = Gate()
    names = ["a", "b", "c"]
    provider.reply(openai_reply(*(fetch(provider, name, id=name) for name in names)))
    provider.reply(page(b"Some text."), page(b"Some text."), page(held))
    thread = cluster.thread()
    run = cluster.say(thread, "Read them")
    held.reached.wait()
    wait_until(lambda: [status for status, _ in calls(cluster, run)].count("succeeded") == 2, "two pages are read")

    cluster.executor(run).kill()

    assert cluster.ended(run) == "interrupted"
    assert sorted(status for status, _ in calls(cluster, run)) == ["cancelled", "succeeded", "succeeded"]
    told = results(cluster, run)
    assert [result["tool_call_id"] for result in told] == names
    assert sum("Some text." in result["content"] for result in told) == 2
    assert sorted(fetched(provider)) == names
    settled(cluster)


def test_a_question_outlives_every_process(cluster: Cluster, provider: MockProvider) -> None:
    cluster.start()
    provider.reply(openai_reply(Call("calculate", ('{"expression": "6*7"}',))), openai_reply("It is 42."))
    run = cluster.say(cluster.thread(), "Calculate")
    wait_until(lambda: cluster.status(run) == "waiting", "the run waits")
    for process in cluster.processes:
        process.kill()

    cluster.start()
    approval = {"tool_call_id": "call_1", "approved": True}
    cluster.post(f"runs/{run}/input/", {"input": {"type": "tool_result", "results": [approval]}})

    assert cluster.ended(run) == "completed"
    assert calls(cluster, run) == [("succeeded", "6*7 = 42")]
    assert cluster.answer(run) == "It is 42."
    settled(cluster)


def test_between_a_callback_and_its_system_run_nothing_is_lost(cluster: Cluster, provider: MockProvider) -> None:
    endpoint = f"{provider.base_url}/job"
    cluster.database.write(
        "INSERT INTO runs_jobendpoint (id, created_at, slug, name, description, url, headers, input_schema, deadline,"
        " poll_url, enabled) VALUES (gen_random_uuid(), now(), 'job', 'Job', '', %s, '', '{}', 3600, '', true)",
        endpoint,
    )
    cluster.start()
    provider.reply(openai_reply(Call("http_job", ('{"endpoint": "job"}',))), json_reply({}, status=202))
    provider.reply(openai_reply("I have started it."), openai_reply("It is done."))
    run = cluster.say(cluster.thread(), "Start the job")
    assert cluster.ended(run) == "completed"
    (asked,) = [request.json for request in provider.requests if request.path.endswith("/job")]
    cluster.workers[0].kill()

    callback = urlsplit(asked["callback_url"]).path.removeprefix("/api/v1/")
    cluster.post(callback, {"status": "succeeded", "result": "Built."})
    cluster.webs[0].kill()
    cluster.start()

    wait_until(lambda: cluster.count("completed") == 2, "the system run has ended")
    (brought,) = cluster.database.rows(
        "SELECT id::text, kind, trigger, cause_run::text FROM runs_run WHERE kind = 'system'"
    )
    assert (brought["trigger"], brought["cause_run"]) == ("tool", run)
    assert cluster.answer(brought["id"]) == "It is done."
    settled(cluster)


def test_in_the_middle_of_a_delegated_run_its_cause_hears_of_it_and_goes_on(
    cluster: Cluster, provider: MockProvider
) -> None:
    cluster.database.write(
        "INSERT INTO agents_agent_delegates (from_agent_id, to_agent_id)"
        " SELECT a.id, b.id FROM agents_agent a, agents_agent b WHERE a.slug = 'assistant' AND b.slug = 'editor'"
    )
    cluster.start(workers=2)
    provider.reply(
        openai_reply(Call("delegate", ('{"agent": "editor", "task": "Edit."}',))), openai_reply("One, ", HANG)
    )
    provider.reply(openai_reply("It broke off."))
    run = cluster.say(cluster.thread(), "Have it edited")
    child = "SELECT id::text FROM runs_run WHERE trigger = 'delegation' AND status = 'running'"
    wait_until(lambda: bool(cluster.database.rows(child)) and len(cluster.asked()) == 2, "the editor is at work")
    wait_until(lambda: cluster.status(run) == "waiting", "who delegated waits")
    victim = cluster.executor(cluster.database.rows(child)[0]["id"])

    victim.kill()

    assert cluster.ended(run) == "completed"
    assert cluster.answer(run) == "It broke off."
    [(status, content)] = calls(cluster, run)
    assert (status, "interrupted" in content) == ("failed", True)
    settled(cluster)
