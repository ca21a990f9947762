"""Threads with history, written the way runs write it, without a provider."""

from __future__ import annotations

from django.test import Client

from coday.accounts.models import User
from coday.accounts.operations import create_token
from runs import capture, journal, lifecycle
from runs.branching import repeat
from runs.events import RunSnapshot, RunStepEvent
from runs.inputs import parse_request
from runs.models import Run
from tests.runs.conversation import Cast
from threads.content import TextPart
from threads.operations import add_message


class History:
    """A thread whose runs are written step by step."""

    def __init__(self, cast: Cast) -> None:
        self.asker = cast.asker
        self.thread_id = cast.thread_id
        self.url = f"/api/v1/threads/{cast.thread_id}/"

    def client(self) -> Client:
        """A program of the thread's owner."""
        _, token = create_token(user=User.objects.get(pk=self.asker.user_id))
        return Client(headers={"Authorization": f"Bearer {token}"})

    def ask(self, text: str) -> RunSnapshot:
        """Capture an input: its run is queued."""
        request = parse_request({"input": {"type": "user", "text": text}})
        return capture.create(asker=self.asker, thread_id=self.thread_id, request=request).run

    def start(self, run: RunSnapshot) -> None:
        """Let the run begin."""
        claimed = lifecycle.claim_next(lane=run.lane)
        assert claimed is not None
        assert claimed.run.id == run.id

    def say(self, run: RunSnapshot, text: str) -> None:
        """Let the assistant say something."""
        row = Run.objects.get(pk=run.id)
        add_message(lifecycle.new_message(run=row, role="assistant", content=(TextPart(text=text),)))

    def step(self, run: RunSnapshot, summary: str) -> None:
        """Let the run do something beside what is said."""
        step = RunStepEvent(
            thread_id=self.thread_id, run_id=run.id, kind="decision", status="done", summary=summary, details={"n": 1}
        )
        journal.append([step])

    def finish(self, run: RunSnapshot) -> None:
        """End the run."""
        assert lifecycle.finish(run_id=run.id, outcome=lifecycle.Outcome(status="completed"))

    def turn(self, number: int) -> RunSnapshot:
        """A whole run: a question and its answer."""
        run = self.ask(f"question {number}")
        self.answer(run, f"answer {number}")
        return run

    def answer(self, run: RunSnapshot, text: str) -> None:
        """Start a queued run, answer, end it."""
        self.start(run)
        self.say(run, text)
        self.finish(run)

    def rerun(self, run: RunSnapshot) -> RunSnapshot:
        """A sibling with the same input, queued."""
        return repeat.rerun(asker=self.asker, run_id=run.id).run
