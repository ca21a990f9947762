"""The built-in demo model: no network and no intelligence, plainly labelled. It shows every part of a run move.

What it does is decided by plain words at the beginning of the newest message (see ``_HELP``), so that a newcomer, a
screenshot or a test can ask for thinking, a tool call, Markdown, a long answer, a failure or a silence.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from itertools import cycle, islice
from typing import Final

from agents.snapshot import ProviderSnapshot
from coday.kernel.ids import new_id
from runs.errors import ProviderUnavailableError
from runs.inference.base import (
    FinishDelta,
    FinishReason,
    InferenceDelta,
    InferenceRequest,
    ModelMessage,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    UsageDelta,
)
from threads.content import ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart, text_of

MODEL_NAME: Final = "demo"
PACE: Final = 0.02
"""Seconds between two words."""

MAX_WORDS: Final = 20_000

_HELP: Final = """\
I am the built-in demo model. I understand nothing, but I can show you how Coday works. Begin a message with:

- `think` to see thinking before an answer, or `think, then code`
- `code` or `table` for Markdown
- `write long 500 words` for a long answer, to stop or to leave and come back to
- `use the tool NAME {"some": "json"}` to see a tool call, if my agent has tools
- `fail` to see an answer break off, `stall` to see one fall silent

For real answers, an admin adds a provider and its models.
"""
_CODE: Final = """\
Here is some code, as the demo model has it by heart:

```python
def fibonacci(count: int) -> list[int]:
    numbers = [0, 1]
    while len(numbers) < count:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:count]
```

It returns the *first* `count` numbers of the **Fibonacci** sequence.
"""
_TABLE: Final = """\
Here is a table, as the demo model has it by heart:

| Planet | Moons | Day in hours |
| --- | ---: | ---: |
| Earth | 1 | 24 |
| Mars | 2 | 24.6 |
| Neptune | 16 | 16 |
"""
_THOUGHTS: Final = "I was asked to think. I cannot, so these words only show where a model's thinking would stand."
_FILLER: Final = "This is a long answer of the demo model; its words mean nothing and only want to stream."
_LONG: Final = re.compile(r"\b(\d{1,6})\s+words\b", re.IGNORECASE)
_TOOL: Final = re.compile(r"\buse the tool\s+(?P<name>[\w.-]+)\s*(?P<arguments>\{.*\})?", re.IGNORECASE | re.DOTALL)
_WISH: Final = re.compile(r"\s*(please\s+)?(think|code|table|write|show|use|fail|stall)\b", re.IGNORECASE)
_END: Final = re.compile(r"\s*(fail|stall)\b", re.IGNORECASE)


class DemoProvider:
    """The adapter of the model that needs none. ``pace`` is the time between two words in seconds."""

    def __init__(self, *, pace: float = PACE) -> None:
        self._pace = pace

    async def stream(self, request: InferenceRequest) -> AsyncGenerator[InferenceDelta, None]:
        """See ``InferenceProvider.stream``."""
        answer = _Answer(request)
        written = 0
        for delta in answer.deltas():
            yield delta
            written += _length(delta)
            await asyncio.sleep(self._pace)
        await answer.end_as_asked()
        yield UsageDelta(input_tokens=_tokens(_request_length(request)), output_tokens=_tokens(written))
        yield FinishDelta(answer.reason)

    async def list_models(self, provider: ProviderSnapshot) -> tuple[str, ...]:
        """The one model that there is."""
        return (MODEL_NAME,)


class _Answer:
    """What the demo model says to one request, and how it stops."""

    def __init__(self, request: InferenceRequest) -> None:
        self._request = request
        self._last = request.messages[-1] if request.messages else ModelMessage("user", ())
        said = text_of(self._last.content)
        self._prompt = said if _WISH.match(said) else ""
        self.reason: FinishReason = "stop"

    def deltas(self) -> Iterator[InferenceDelta]:
        """Thinking if asked for, then a tool call or words, as many as the request allows."""
        if re.search(r"\bthink", self._prompt, re.IGNORECASE):
            yield from (ThinkingDelta(word) for word in _words(_THOUGHTS))
        if call := self._tool_call():
            self.reason = "tool_use"
            yield from call
            return
        yield from self._limited(self._words())

    async def end_as_asked(self) -> None:
        """Break off or fall silent if that was asked for."""
        command = _END.match(self._prompt)
        if command is None:
            return
        if command[1].lower() == "fail":
            raise ProviderUnavailableError("The demo model broke off its answer because you asked it to fail.")
        await asyncio.get_running_loop().create_future()

    def _words(self) -> Iterator[str]:
        if long := _LONG.search(self._prompt):
            count = min(int(long[1]), MAX_WORDS)
            return (f"{word} " for word in islice(cycle(_FILLER.split()), count))
        return _words(self._text())

    def _text(self) -> str:
        if results := [part for part in self._last.content if isinstance(part, ToolResultPart)]:
            return "\n\n".join(_told(result) for result in results)
        if command := _END.match(self._prompt):
            return f"You asked the demo model to {command[1].lower()}, so this answer is going to"
        if tool := _TOOL.search(self._prompt):
            return f"I would, but my agent has no tool called `{tool['name']}`. {self._offered()}"
        if images := sum(isinstance(part, ImagePart) for part in self._last.content):
            return (
                f"I got {images} image{'s' if images > 1 else ''} from you. The demo model cannot see more than that."
            )
        for word, text in (("code", _CODE), ("table", _TABLE)):
            if re.search(rf"\b{word}\b", self._prompt, re.IGNORECASE):
                return text
        return _HELP

    def _offered(self) -> str:
        names = ", ".join(f"`{tool.name}`" for tool in self._request.tools)
        return f"It has {names}." if names else "It has no tools at all."

    def _tool_call(self) -> list[InferenceDelta]:
        asked = _TOOL.search(self._prompt)
        if asked is None or asked["name"] not in {tool.name for tool in self._request.tools}:
            return []
        call_id = f"call_{new_id().hex}"
        arguments = asked["arguments"] or "{}"
        return [ToolCallDelta(0, id=call_id, name=asked["name"]), ToolCallDelta(0, arguments)]

    def _limited(self, words: Iterator[str]) -> Iterator[TextDelta]:
        budget = self._request.max_output_tokens
        written = 0
        for word in words:
            written += len(word)
            if budget is not None and _tokens(written) > budget:
                self.reason = "length"
                return
            yield TextDelta(word)


def _told(result: ToolResultPart) -> str:
    verb = "failed with" if result.is_error else "answered"
    return f"The tool `{result.name}` {verb}:\n\n```\n{result.content}\n```"


def _words(text: str) -> Iterator[str]:
    """The words with the white space after them, so that joined they are the text."""
    return iter(re.findall(r"\s*\S+\s*", text))


def _request_length(request: InferenceRequest) -> int:
    return len(request.system) + sum(_part_length(part) for message in request.messages for part in message.content)


def _part_length(part: object) -> int:
    match part:
        case TextPart(text=text) | ThinkingPart(text=text) | ToolResultPart(content=text):
            return len(text)
        case ToolUsePart(name=name, arguments=arguments):
            return len(name) + len(str(arguments or ""))
    return 0


def _length(delta: InferenceDelta) -> int:
    match delta:
        case TextDelta(text=text) | ThinkingDelta(text=text) | ToolCallDelta(arguments=text):
            return len(text)
    return 0


def _tokens(characters: int) -> int:
    """About four characters are a token, and nothing is free."""
    return -(-characters // 4)
