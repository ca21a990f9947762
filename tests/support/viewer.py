"""Somebody who watches a thread over its socket, and joins again, elsewhere if need be, as the page does."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Condition, Event, Thread
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from tests.runs.conversation import TERMINAL, Screen
from tests.support.replies import PATIENCE

REST = 0.05  # seconds between two tries to join

Frame = dict[str, Any]


class Page(Screen):
    """The page's screen: what was streaming in a run that has ended, and was not stored, is no longer shown."""

    def show(self, frame: Frame) -> None:
        """Take in one frame."""
        super().show(frame)
        if frame["type"] == "run" and frame["run"]["status"] in TERMINAL:
            run = frame["run"]["id"]
            self.messages = {
                key: message
                for key, message in self.messages.items()
                if message["run_id"] != run or message["status"] != "streaming"
            }


class Viewer:
    """Reads in a thread of its own. ``screen`` is what it shows; every wait ends with a failure after ``PATIENCE``.

    Args:
        addresses: where web processes are at the moment; it takes one after the other.
    """

    def __init__(self, *, thread: str, token: str, addresses: Callable[[], list[str]]) -> None:
        self.thread = thread
        self.screen = Page()
        self.frames: list[Frame] = []
        self.closes: list[int] = []
        self.joins = 0
        self._token = token
        self._addresses = addresses
        self._changed = Condition()
        self._closing = Event()
        self._failure: AssertionError | None = None
        self._socket: ClientConnection | None = None
        self._reader = Thread(target=self._watch, daemon=True)
        self._reader.start()

    # --- What it shows ------------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """Everything that the assistant's messages on the screen say, in the order of their ids."""
        shown = [message for _, message in sorted(self.screen.messages.items()) if message["role"] == "assistant"]
        return "".join(part.get("text", "") for message in shown for part in message["content"])

    def joined(self, *, times: int = 1) -> None:
        """Wait until it has joined so often."""
        self.wait(lambda: self.joins >= times, f"the socket opens {times} times")

    def sees(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.wait(lambda: text in self.text, f"the screen shows {text!r}")

    def sees_end(self, run: str) -> str:
        """Wait until the screen shows a run's end; its status."""
        self.wait(lambda: self.status(run) in TERMINAL, f"the screen shows the end of run {run}")
        return self.status(run)

    def status(self, run: str) -> str:
        """The run's status on the screen; empty where it is not shown."""
        return str(self.screen.runs.get(run, {}).get("status", ""))

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until what arrives makes a condition true."""
        with self._changed:
            self._changed.wait_for(lambda: self._failure or condition(), PATIENCE)
            if self._failure:
                raise self._failure
            assert condition(), f"waited in vain: {what}; the screen shows {self.text!r}"

    # --- What becomes of it -------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Lose the connection, as a network does. It joins again."""
        if self._socket:
            self._socket.close_socket()

    def close(self) -> None:
        """Leave."""
        self._closing.set()
        self.cut()
        self._reader.join(PATIENCE)

    def _watch(self) -> None:
        turn = 0
        while not self._closing.is_set():
            turn += 1
            addresses = self._addresses()
            if addresses:
                self._visit(addresses[turn % len(addresses)])
            self._closing.wait(REST)

    def _visit(self, address: str) -> None:
        try:
            self._read(address)
        except ConnectionClosed as closed:
            self.closes.append(closed.rcvd.code if closed.rcvd else 1006)
        except (OSError, InvalidHandshake):
            pass  # nobody is there: it tries the next one
        except AssertionError as failure:
            with self._changed:
                self._failure = failure
                self._changed.notify_all()
            self._closing.set()

    def _read(self, address: str) -> None:
        url = f"{address}/ws/threads/{self.thread}/?after={self.screen.last_seq}"
        headers = {"Authorization": f"Bearer {self._token}"}
        with connect(url, additional_headers=headers, proxy=None, open_timeout=PATIENCE) as self._socket:
            while not self._closing.is_set():
                self._take(json.loads(self._socket.recv()))

    def _take(self, frame: Frame) -> None:
        with self._changed:
            self.frames.append(frame)
            self.joins += frame["type"] == "session"
            self.screen.show(frame)
            self._changed.notify_all()
