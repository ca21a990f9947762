"""Splits the bytes of a ``text/event-stream`` into events, however the network cut them.

The rules are those of the HTML standard, section 9.2.6 (interpreting an event stream). Only ``data`` is kept: both
protocols that are read here repeat an event's name inside of it, and nobody reconnects by ``id`` or ``retry``.
"""

from __future__ import annotations

from typing import Final

from runs.errors import ProviderProtocolError

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024
"""A line, or the data of one event, over this is no answer of a model."""

_BOM: Final = b"\xef\xbb\xbf"


class SseDecoder:
    """An incremental decoder of one stream. An event without its closing blank line is not an event."""

    __slots__ = ("_after_cr", "_at_start", "_data", "_data_size", "_line")

    def __init__(self) -> None:
        self._line = bytearray()  # the beginning of a line whose end has not arrived
        self._data: list[bytes] = []  # the data lines of an event whose end has not arrived
        self._data_size = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event that these bytes complete, in order.

        Raises:
            ProviderProtocolError: a line or an event is over ``MAX_EVENT_BYTES``.
        """
        first, *more = self._normalised(chunk).split(b"\n")
        self._line += first
        if not more:
            self._check(len(self._line))
            return []
        lines = [bytes(self._line), *more]
        self._line = bytearray(lines.pop())
        return self._events(lines)

    def _normalised(self, chunk: bytes) -> bytes:
        """The chunk with LF alone at line ends, a CRLF cut in two by the network included."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[0] == 0x0A:
                chunk = chunk[1:]
        if b"\r" not in chunk:
            return chunk
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, lines: list[bytes]) -> list[bytes]:
        if self._at_start:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        events: list[bytes] = []
        for line in lines:
            if not line:
                if self._data:
                    events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                    self._data = []
                    self._data_size = 0
            elif line.startswith(b"data:"):
                self._add(line[6:] if line.startswith(b"data: ") else line[5:])
            elif line == b"data":
                self._add(b"")
        return events

    def _add(self, value: bytes) -> None:
        self._data_size += len(value) + 1
        self._check(self._data_size)
        self._data.append(value)

    @staticmethod
    def _check(size: int) -> None:
        if size > MAX_EVENT_BYTES:
            raise ProviderProtocolError("The model's provider sent an event that is too large to be one.")
