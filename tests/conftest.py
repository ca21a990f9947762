"""Fixtures for all tests: a fixed cast of people, and clients that are logged in as one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

import agents.queries
import coday.urls  # noqa: F401 - finds the admin's pages, which tests look at without asking for an address first
import threads.privacy.rules
from coday.accounts.models import User
from coday.accounts.operations import create_token
from coday.kernel.database import close_database_threads

PASSWORD = "correct horse battery staple"
BUSY = ("tests/browser/", "tests/cluster/", "tests/backup/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real browsers and clusters of processes share the machine with all other tests: there, a time limit may be missed.
    What is tried again is told in the summary."""
    for item in items:
        if item.nodeid.startswith(BUSY):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session", autouse=True)
def _close_database_threads() -> Iterator[None]:
    yield
    close_database_threads()


@pytest.fixture(autouse=True)
def _forget_settings() -> Iterator[None]:
    """What a test's rolled-back rows left in the process's short memory."""
    yield
    agents.queries._resolved.forget()
    agents.queries._prompts.forget()
    agents.queries._limits.forget()
    threads.privacy.rules._remembered.forget()


@pytest.fixture
def owner(db: None) -> User:
    """Whose threads they are."""
    return User.objects.create_user("owner", password=PASSWORD)


@pytest.fixture
def teammate(db: None) -> User:
    """Somebody else, whom the owner may trust one day."""
    return User.objects.create_user("teammate", password=PASSWORD)


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody who must never see anything of the owner's."""
    return User.objects.create_user("stranger", password=PASSWORD)


@pytest.fixture
def admin(db: None) -> User:
    """Who runs the site."""
    return User.objects.create_superuser("admin", password=PASSWORD)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Makes a program's client: it sends a bearer token of this user."""

    def make(user: User) -> Client:
        _, token = create_token(user=user, name="tests")
        return Client(headers={"Authorization": f"Bearer {token}"})

    return make


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """Makes a browser's client: a session cookie of this user, and CSRF tokens are enforced."""

    def make(user: User) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        return client

    return make
