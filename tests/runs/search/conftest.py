"""A thread whose runs are written step by step, and its owner's client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.runs.api.history import History
from tests.runs.conversation import make_cast

Find = Callable[..., dict[str, Any]]


@pytest.fixture
def history(db: None) -> History:
    """A thread of the test's own making, with nobody behind its model."""
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))


@pytest.fixture
def client(history: History) -> Client:
    """A program of the thread's owner."""
    return history.client()


@pytest.fixture
def find(client: Client) -> Find:
    """Asks for runs: ``find("words", status="failed")``; the whole page."""

    def ask(q: str = "", **parameters: Any) -> dict[str, Any]:
        answer = client.get("/api/v1/runs/", {"q": q, **parameters})
        assert answer.status_code == 200, answer.content
        page: dict[str, Any] = answer.json()
        return page

    return ask
