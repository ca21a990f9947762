"""The tree: a branch is the walk over parents, and its pages are its messages."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runs import capture, lifecycle
from runs.branching import repeat
from runs.errors import RunNotFoundError
from runs.inputs import parse_request
from runs.models import Run
from runs.queries import branch, branch_messages, earlier_turns
from tests.runs.conversation import Cast, make_cast
from threads.content import TextPart
from threads.operations import add_message, create_thread
from threads.queries import messages_of_runs
from threads.snapshot import MessageSnapshot

# One step in a thread's life: say something behind the newest run, behind an earlier one, try an ended one again, let one
# answer (late, perhaps: what was said after it is older then than the answer), or stop one.
steps = st.lists(
    st.tuples(st.sampled_from(["say", "branch", "rerun", "answer", "stop"]), st.integers(0, 30)),
    min_size=1,
    max_size=15,
)
in_database = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(base_url="http://127.0.0.1:9/v1")


def live(cast: Cast, life: list[tuple[str, int]]) -> list[UUID]:
    """Let a fresh thread live; its runs in the order of their numbers."""
    thread_id = create_thread(owner_id=cast.asker.user_id).id
    runs: list[UUID] = []
    for step, index in [("say", 0), *life]:
        chosen = runs[index % len(runs)] if runs else None
        match step:
            case "say" | "branch":
                body = {"input": {"type": "user", "text": f"{len(runs)}?"}}
                parent = {"parent": str(chosen)} if step == "branch" else {}
                request = parse_request({**body, **parent})
                runs.append(capture.create(asker=cast.asker, thread_id=thread_id, request=request).run.id)
            case "rerun" if chosen:
                lifecycle.cancel(asker=cast.asker, run_id=chosen)
                runs.append(repeat.rerun(asker=cast.asker, run_id=chosen).run.id)
            case "stop" if chosen:
                lifecycle.cancel(asker=cast.asker, run_id=chosen)
            case "answer" if chosen:
                run = Run.objects.get(pk=chosen)
                add_message(lifecycle.new_message(run=run, role="assistant", content=(TextPart("!"),)))
    return runs


def walk(run_id: UUID | None) -> list[UUID]:
    """The naive way: from parent to parent, newest first."""
    found: list[UUID] = []
    while run_id is not None:
        found.append(run_id)
        run_id = Run.objects.values_list("parent_id", flat=True).get(pk=run_id)
    return found


def pages(head: Run, size: int) -> list[MessageSnapshot]:
    """The branch's messages, read a page at a time."""
    found: list[MessageSnapshot] = []
    while True:
        page = branch_messages(head=head, before=found[-1].id if found else None, size=size)
        assert len(page) <= size
        if not page:
            return found
        found += page


@in_database
@given(life=steps, size=st.integers(1, 4))
def test_a_branch_is_the_walk_over_parents(cast: Cast, life: list[tuple[str, int]], size: int) -> None:
    for run_id in live(cast, life):
        found = [run.pk for runs in branch(run=Run.objects.get(pk=run_id), size=size) for run in runs]
        assert found == walk(run_id)


@in_database
@given(life=steps, size=st.integers(1, 4))
@example(life=[("say", 0), ("answer", 0), ("answer", 1)], size=3)
def test_its_pages_are_its_messages(cast: Cast, life: list[tuple[str, int]], size: int) -> None:
    run_id = live(cast, life)[-1]
    messages = messages_of_runs(run_ids=walk(run_id))
    expected = [message.id for run in walk(run_id) for message in reversed(messages[run])]

    assert [message.id for message in pages(Run.objects.get(pk=run_id), size)] == expected


@in_database
@given(life=steps, size=st.integers(1, 4))
def test_the_earlier_turns_of_a_run_are_its_branch_without_it(
    cast: Cast, life: list[tuple[str, int]], size: int
) -> None:
    run_id = live(cast, life)[-1]
    parent = Run.objects.get(pk=run_id).parent
    turns = list(earlier_turns(parent=parent, size=size)) if parent else []

    assert [run.id for run, _ in turns] == walk(run_id)[1:]
    assert [messages for _, messages in turns] == [messages_of_runs(run_ids=[run.id])[run.id] for run, _ in turns]


def test_a_page_begins_at_no_foreign_message(cast: Cast) -> None:
    [run_id], [other] = live(cast, []), live(cast, [])
    foreign = messages_of_runs(run_ids=[other])[other][0]
    for before in (foreign.id, uuid4()):
        with pytest.raises(RunNotFoundError):
            branch_messages(head=Run.objects.get(pk=run_id), before=before)
