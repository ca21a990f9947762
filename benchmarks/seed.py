"""Writes a long thread straight into the database, with the project's own operations; prints the thread's id.

Run as ``python -m benchmarks.seed RUNS`` with the settings of the installation in the environment. Each run says what a
benchmark's run says: a question and an answer of 200 tokens.
"""

from __future__ import annotations

import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.answers import AnswerShape  # noqa: E402
from coday.kernel.ids import new_id  # noqa: E402
from runs import capture, journal, lifecycle  # noqa: E402
from runs.events import RunMessageEvent, RunSnapshot  # noqa: E402
from runs.inputs import Asker, RunRequest, RunUserInput  # noqa: E402
from threads import operations as threads  # noqa: E402
from threads.content import TextPart  # noqa: E402
from threads.snapshot import MessageSnapshot  # noqa: E402

SHAPE = AnswerShape(tokens=200)


@transaction.atomic
def seed(runs: int) -> str:
    """A thread of the admin's with so many completed runs."""
    admin = get_user_model().objects.get(username="admin")
    asker = Asker(user_id=admin.pk, username=admin.username)
    thread = threads.create_thread(owner_id=admin.pk, title="A long conversation")
    for _ in range(runs):
        request = RunRequest(input=RunUserInput(text=SHAPE.prompt))
        run = capture.create(asker=asker, thread_id=thread.id, request=request).run
        lifecycle.claim_next(lane=run.lane)
        answer(run)
        lifecycle.finish(run_id=run.id, outcome=lifecycle.Outcome(status="completed"))
    return str(thread.id)


def answer(run: RunSnapshot) -> None:
    """Store the answer to a run."""
    message = MessageSnapshot(
        id=new_id(),
        thread_id=run.thread_id,
        run_id=run.id,
        role="assistant",
        status="complete",
        content=(TextPart(text=SHAPE.text),),
        agent=run.agent,
        model=run.model,
        created_at=timezone.now(),
    )
    threads.save_message(message)
    journal.append([RunMessageEvent(thread_id=run.thread_id, run_id=run.id, message=message)])


if __name__ == "__main__":
    print(seed(int(sys.argv[1])))
