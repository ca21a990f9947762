"""Questions with a time limit, each on a thread of its own: a service that hangs holds up nobody but who asks it.

The database threads of the engine (``coday.kernel.database``) are no place for them: a call there is always waited for.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")

LOST_AFTER = 30.0  # seconds

_lock = threading.Lock()
_asked: dict[Callable[[], Any], tuple[float, Future[Any]]] = {}


def ask(question: Callable[[], T], /, *, lost_after: float = LOST_AFTER) -> Future[T]:
    """Begin to ask. Whoever asks while the same question is under way shares its answer: one thread for a question.

    One that has had no answer for ``lost_after`` seconds may hang on a connection that is gone: it is asked anew.
    """
    now = time.monotonic()
    with _lock:
        asked_at, answer = _asked.get(question, (now, None))
        if answer is None or answer.done() or now - asked_at >= lost_after:
            answer = Future()
            answer.set_running_or_notify_cancel()  # who stops waiting does not end it for the others
            _asked[question] = now, answer
            threading.Thread(target=_find_out, args=(question, answer), name="probe", daemon=True).start()
        return answer


async def answer_to(question: Callable[[], T], /, *, within: float) -> T:
    """The answer, waited for without a thread.

    Raises:
        TimeoutError: there was none within so many seconds.
    """
    async with asyncio.timeout(within):
        return await asyncio.wrap_future(ask(question))


def _find_out(question: Callable[[], T], answer: Future[T]) -> None:
    with _Outcome(answer):
        try:
            found = question()
        finally:
            connection.close()  # the thread's own, if it needed one
        answer.set_result(found)


class _Outcome:
    """Hands whatever a question raises to those who wait for its answer."""

    def __init__(self, answer: Future[Any]) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is not None:
            self._answer.set_exception(error)
        return True
