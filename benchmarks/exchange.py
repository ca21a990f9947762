"""One run as its client sees it: every frame is timed on receipt and checked, over one socket or several.

It follows the frames as a real client does: ``message_start`` replaces the text, deltas for a message that is not known to be
streaming are ignored, the stored message has the last word, whatever is told late.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from benchmarks.answers import AnswerShape
from benchmarks.frames import CREATED, TERMINAL, Message, RunState, WireFrame, decode_frame


class BrokenAnswerError(AssertionError):
    """What was received is not what the provider sent."""


@dataclass
class Exchange:
    """Times are seconds of ``time.perf_counter``; sizes are bytes.

    ``sessions``: how often the server began again (after a join, or because it had to skip deltas). ``retold``: how often it
    told the text so far again, because deltas were lost on the way to it. ``mended``: the code points of the stored message
    that the deltas before it had not. ``late``: how often a message began when it was stored already. ``cancelled``: the run
    may end early, with a part of its text.
    """

    shape: AnswerShape
    sent_at: float = 0.0
    first_delta_at: float = 0.0
    ended_at: float = 0.0
    text: str = ""
    run_id: str = ""
    streaming: str = ""
    stored: str = ""
    last_seq: int | None = None
    sessions: int = 0
    retold: int = 0
    mended: int = 0
    late: int = 0
    cancelled: bool = False
    delta_frames: int = 0
    delta_overhead: int = 0
    other_bytes: int = 0
    ended: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def first_delta_ms(self) -> float:
        """Milliseconds from sending to the first text."""
        return (self.first_delta_at - self.sent_at) * 1000

    @property
    def text_bytes(self) -> int:
        """The size of the texts of both sides, in UTF-8."""
        return len(self.shape.prompt.encode()) + len(self.shape.text.encode())

    def receive(self, data: bytes, now: float) -> None:
        """Take in one frame."""
        frame = decode_frame(data)
        if frame.type == "delta":
            self.receive_delta(frame, len(data), now)
            return
        self.other_bytes += len(data)
        if frame.seq:
            self.count(frame.seq)
        match frame:
            case WireFrame(type="message_start", message=Message() as message):
                self.start(message, now)
            case WireFrame(type="message", message=Message(role="assistant") as message):
                self.store(message, now)
            case WireFrame(type="run", run=RunState() as run, changed=None) if run.status in TERMINAL:
                self.finish(run, now)
            case WireFrame(type="session"):
                self.begin_again(frame)
            case WireFrame(type="ack") if frame.ref == CREATED:
                self.run_id = frame.run_id
            case WireFrame(type="error"):
                self.fail(f"unexpected frame: {data.decode()}")

    def receive_delta(self, frame: WireFrame, size: int, now: float) -> None:
        """Append a delta that follows what is here already. A relay's has neither message nor offset."""
        if frame.message_id != self.streaming:
            return
        if frame.message_id and frame.offset != len(self.text):
            self.fail(f"a delta at {frame.offset} came when {len(self.text)} code points were here")
        self.show(self.text + frame.text, now)
        self.delta_frames += 1
        self.delta_overhead = max(self.delta_overhead, size - len(frame.text.encode()))

    def start(self, message: Message, now: float) -> None:
        """A message begins, or begins again: news, unless its end was known sooner."""
        if message.id and message.id == self.stored:
            self.late += 1
            return
        self.retold += self.streaming == message.id
        self.streaming = message.id
        self.show(message.text, now)

    def store(self, message: Message, now: float) -> None:
        """The stored answer must be the provider's, whole, and begin with what was shown."""
        whole = self.shape.text
        if not message.text.startswith(self.text):
            self.fail(f"{len(self.text)} code points were shown that the stored answer does not begin with")
        if message.text != whole and not (self.cancelled and whole.startswith(message.text)):
            self.fail(f"the stored answer has {len(message.text)} of {len(whole)} code points, or others")
        self.mended += len(message.text) - len(self.text)
        self.streaming, self.stored = "", message.id
        self.show(message.text, now)

    def show(self, text: str, now: float) -> None:
        """This is what a person sees from now on."""
        if text and not self.first_delta_at:
            self.first_delta_at = now
        self.text = text

    def count(self, seq: int) -> None:
        """The journal comes without a gap, and nothing of it twice."""
        if self.last_seq is not None and seq != self.last_seq + 1:
            self.fail(f"number {seq} of the journal came after {self.last_seq}")
        self.last_seq = seq

    def begin_again(self, session: WireFrame) -> None:
        """What is being streamed will be told again."""
        self.sessions += 1
        self.streaming = ""
        if self.last_seq is None:
            self.last_seq = session.last_seq

    def finish(self, run: RunState, now: float) -> None:
        """The run has ended: well, and with all of its text."""
        self.ended_at = now
        if run.status != "completed" and not (self.cancelled and run.status == "cancelled"):
            self.fail(f"the run is {run.status}: {run.error}")
        elif run.status == "completed" and self.text != self.shape.text:
            self.fail(f"received {len(self.text)} of {len(self.shape.text)} code points, or in another order")
        elif not self.ended.done():
            self.ended.set_result(None)

    def fail(self, reason: str) -> None:
        """End the exchange with an error."""
        if not self.ended.done():
            self.ended.set_exception(BrokenAnswerError(f"run {self.run_id or '(unknown)'}: {reason}"))
