"""The list of built-in tools over REST."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from coday.accounts.models import User
from runs.tools.registry import ACQUIRED, BUILTIN

ADDRESS = "/api/v1/tools/"


def test_all_built_in_tools_are_listed(client_of: Callable[[User], Client], owner: User) -> None:
    listed = client_of(owner).get(ADDRESS).json()
    assert [tool["name"] for tool in listed["results"]] == [*BUILTIN, *ACQUIRED]
    assert listed["results"][0] == {
        "name": "current_time",
        "title": "Clock",
        "description": BUILTIN["current_time"].definition.description,
        "kind": "backend",
        "changes": False,
        "untrusted": False,
    }
    assert listed["next"] is None


def test_only_who_is_logged_in_is_told(client: Client, client_of: Callable[[User], Client], owner: User) -> None:
    assert client.get(ADDRESS).status_code == 401
    assert client_of(owner).get(f"{ADDRESS}?kind=mcp").status_code == 400
