"""How an answer's length and pace are asked for in a message, and the exact text that must come back.

The provider, the clients and the seeded history share this module, so "nothing was lost or reordered" is an equality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# The closing quotation mark: a request that only quotes the message, as one for a title does, asks for nothing.
MARKER = re.compile(rb'answer with (\d+) tokens, one every (\d+) ms\."')
CALLS = re.compile(rb'call pause (\d+) times, each for (\d+) ms\."')


@dataclass(frozen=True)
class AnswerShape:
    """The length of an answer in tokens and the time between two of them in milliseconds."""

    tokens: int
    pace_ms: int = 20

    @property
    def prompt(self) -> str:
        """The message that asks the mock provider for this answer."""
        return f"Please answer with {self.tokens} tokens, one every {self.pace_ms} ms."

    @property
    def text(self) -> str:
        """The text that the answer must have."""
        return "".join(map(token, range(self.tokens)))

    @property
    def duration(self) -> float:
        """Seconds from the first token, which comes at once, to the last one."""
        return max(self.tokens - 1, 0) * self.pace_ms / 1000


@dataclass(frozen=True)
class CallShape:
    """How many calls of the tool ``pause`` an answer consists of, and how long each takes in milliseconds."""

    count: int
    pause_ms: int

    @property
    def prompt(self) -> str:
        """The message that asks the mock provider for these calls."""
        return f"Please call pause {self.count} times, each for {self.pause_ms} ms."


def token(index: int) -> str:
    """The text of one token: six code points, now and then one outside of ASCII, because offsets count code points."""
    return f" {'ü' if index % 16 == 15 else 'w'}{index:04d}"


def shape_asked_for(message: bytes) -> AnswerShape | None:
    """The shape that a JSON-encoded message asks for with its last words, or ``None``."""
    found = MARKER.search(message)
    return AnswerShape(tokens=int(found[1]), pace_ms=int(found[2])) if found else None


def calls_asked_for(message: bytes) -> CallShape | None:
    """The calls that a JSON-encoded message asks for with its last words, or ``None``."""
    found = CALLS.search(message)
    return CallShape(count=int(found[1]), pause_ms=int(found[2])) if found else None
