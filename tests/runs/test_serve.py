"""The server process: it starts, is alone on its data, ends in order, and survives being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.forked import PROJECT
from tests.support.server import CodayServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CodayServer]:
    with CodayServer(data_dir=tmp_path) as running:
        yield running


@contextmanager
def _socket(server: CodayServer) -> Iterator[ClientConnection]:
    """A socket of a new thread of the admin's, after its first frame."""
    with httpx.Client(base_url=f"{server.base_url}/api/v1/") as client:
        credentials = {"username": server.admin_username, "password": server.admin_password}
        headers = {"Authorization": f"Bearer {client.post('tokens/', json=credentials).json()['token']}"}
        thread = client.post("threads/", json={}, headers=headers).json()["id"]
    address = f"{server.websocket_url}/ws/threads/{thread}/"
    with connect(address, additional_headers=headers, proxy=None) as socket:
        assert '"session"' in str(socket.recv(10))
        yield socket


def test_starts_and_answers(server: CodayServer) -> None:
    login = httpx.get(f"{server.base_url}/accounts/login/")
    assert login.status_code == 200
    assert "server" not in login.headers
    assert "The admin user is “admin”" in server.text
    assert server.admin_password not in server.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_in_order(server: CodayServer, number: signal.Signals) -> None:
    with _socket(server) as socket:
        server.process.send_signal(number)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert server.process.wait(10) == 0
    assert "Traceback" not in server.text


def test_a_large_frame_is_answered_and_the_socket_stays_open(server: CodayServer) -> None:
    with _socket(server) as socket:
        socket.send('{"type": "run.create", "ref": "1", "text": "' + "x" * 2 * 1024 * 1024 + '"}')
        assert '"frame_too_large"' in str(socket.recv(10))
        socket.send("{")
        assert '"malformed_frame"' in str(socket.recv(10))


def test_second_server_on_the_same_data_says_so(server: CodayServer) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failure:
        server.manage("serve")
    assert failure.value.returncode == 1
    assert "Another Coday server uses the data directory" in failure.value.stderr


def test_a_port_in_use_is_told(server: CodayServer, tmp_path: Path) -> None:
    other = CodayServer(data_dir=tmp_path / "other", environment={"PORT": str(server.port)})
    with pytest.raises(AssertionError, match=f"Cannot listen on 127.0.0.1:{server.port}"):
        other.start()


STARTER = """
from pathlib import Path
from tests.support.server import CodayServer

with CodayServer(data_dir=Path(input())) as server:
    print(server.port, flush=True)
    input()
"""


def test_the_tests_server_does_not_outlive_killed_tests(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", STARTER], cwd=PROJECT, stdin=pipe, stdout=pipe, text=True) as starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        print(tmp_path, file=starter.stdin, flush=True)
        with create_connection(("127.0.0.1", int(starter.stdout.readline())), timeout=20) as connection:
            starter.kill()
            with suppress(ConnectionResetError):  # the other way to hear that the server has ended
                assert connection.recv(1) == b""


def test_starts_again_after_a_crash(server: CodayServer) -> None:
    server.kill()
    server.restart()
    assert httpx.get(f"{server.base_url}/accounts/login/").status_code == 200
    assert server.text.count("The admin user is") == 1  # made once


def test_stays_in_its_process_group(server: CodayServer) -> None:
    """What ends the group ends everything: nothing daemonises."""
    pid = server.process.pid
    assert os.getpgid(pid) == pid  # the tests start it as the leader of a group
    os.killpg(pid, signal.SIGKILL)
    assert server.process.wait(10) == -signal.SIGKILL
