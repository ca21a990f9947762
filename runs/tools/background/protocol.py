"""What is said between us and a server of jobs: JSON both ways.

We POST ``{input, callback_url, deadline}``. It answers ``{status: "done", result}`` (a failure: ``"failed"``) where the job
has ended at once; anything else that is a success means that it goes on, perhaps with a ``job_id`` by which we may ask. Its
end comes as ``POST callback_url`` with ``{status: "succeeded" | "failed", result}``, or as the answer to our question, which
has the same form. ``result`` is any JSON; text is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.urls import reverse

from coday.kernel.errors import CodayError
from coday.kernel.guarded.client import Fetched

MAX_BYTES = 1_000_000  # of an answer, and of a callback's body
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
SHOWN = 1_000  # characters of a refusal

_ENDS: Mapping[Any, Literal["succeeded", "failed"]] = {
    "done": "succeeded",
    "succeeded": "succeeded",
    "failed": "failed",
}
_JOB_ID = re.compile(r"[A-Za-z0-9._~-]{1,200}")


class JobRefusedError(CodayError):
    """The server did not take the job. The message quotes it, for the model."""

    code = "job_refused"
    message = "The endpoint did not take the job."
    status = 502


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended, and with which result, as text."""

    status: Literal["succeeded", "failed"]
    result: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: how the job ended (``None`` while it goes on), and by which id it may be asked for."""

    outcome: Outcome | None = None
    job_id: str = ""


def request_body(*, given: Mapping[str, Any], token: str, deadline_at: datetime) -> bytes:
    """The body that starts a job."""
    address = f"{settings.CODAY_PUBLIC_URL.rstrip('/')}{reverse('tool-callback', kwargs={'token': token})}"
    deadline = deadline_at.isoformat(timespec="seconds")
    return msgspec.json.encode({"input": given, "callback_url": address, "deadline": deadline})


def read_answer(fetched: Fetched) -> Answer:
    """What a server's answer says.

    Raises:
        JobRefusedError: it is no success.
    """
    if not 200 <= fetched.status < 300:
        said = fetched.body.decode(errors="replace").strip()[:SHOWN]
        raise JobRefusedError(f"The endpoint answered with HTTP {fetched.status}: {said or 'nothing'}")
    body = _decoded(fetched.body)
    status, job_id = body.get("status"), body.get("job_id")
    ending = _ENDS.get(status) if isinstance(status, str) else None
    named = str(job_id) if isinstance(job_id, str | int) else ""
    return Answer(
        outcome=Outcome(ending, as_text(body.get("result"))) if ending else None,
        job_id=named if _JOB_ID.fullmatch(named) and named.strip(".") else "",
    )


def as_text(result: Any) -> str:
    """A result as text: JSON, where it is none."""
    if result is None:
        return ""
    return result if isinstance(result, str) else msgspec.json.encode(result).decode()


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}
