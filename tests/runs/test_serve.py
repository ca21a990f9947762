"""The server process: it starts, is alone on its data, ends in order, and survives being killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import CodayServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CodayServer]:
    with CodayServer(data_dir=tmp_path) as running:
        yield running


def test_starts_answers_and_ends_in_order(server: CodayServer) -> None:
    assert httpx.get(f"{server.base_url}/accounts/login/").status_code == 200
    assert "The admin user is “admin”" in server.text
    assert server.terminate() == 0


def test_second_server_on_the_same_data_says_so(server: CodayServer) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failure:
        server.manage("serve")
    assert failure.value.returncode == 1
    assert "Another Coday server uses the data directory" in failure.value.stderr


def test_starts_again_after_a_crash(server: CodayServer) -> None:
    server.kill()
    server.restart()
    assert httpx.get(f"{server.base_url}/accounts/login/").status_code == 200
    assert server.text.count("The admin user is") == 1  # made once
