"""Export as Markdown, for people: question and answer, with tools and thoughts folded, and the facts of each run.

Tokens stay tokens unless they are revealed: then the values stand in the text. What was said is Markdown as it is; HTML in it
is shown and not carried out, wherever the file is read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from runs.exchange.documents import (
    CallDocument,
    ImagePlaceDocument,
    MessageDocument,
    RunDocument,
    TextDocument,
    ThinkingDocument,
    ThreadDocument,
    ToolUseDocument,
)
from runs.exchange.export import Chosen, Pages
from runs.exchange.texts import revealed
from threads.models import Thread
from threads.queries import visible_threads
from threads.transfer import mask_values

_CODE: Final = re.compile(
    r"(^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)|(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`))",
    re.DOTALL | re.MULTILINE,
)
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>#|])")
TRIGGERS: Final = {
    "tool": "a tool that went on",
    "schedule": "a schedule",
    "webhook": "a webhook",
    "delegation": "another agent",
}


def export_markdown(*, user_id: UUID, chosen: Iterable[Chosen], reveal: bool) -> Iterator[bytes]:
    """A whole file, thread by thread and run by run, as ``runs.exchange.export.export_json``."""
    for one in chosen:
        thread = visible_threads(user_id=user_id).filter(pk=one.thread).first()
        if thread is not None:
            yield from thread_markdown(thread=thread, chosen=one, reveal=reveal)


def thread_markdown(*, thread: Thread, chosen: Chosen, reveal: bool) -> Iterator[bytes]:
    """One thread. The caller has checked that it may be seen."""
    masks = mask_values(thread_id=thread.pk, reveal=True) if reveal and thread.anonymous else []
    values = {f"{mask.category}_{mask.number}": mask.value for mask in masks if mask.value}
    pages = Pages(thread=thread, runs=chosen.runs)
    yield "".join(_head(revealed(pages.head(), values))).encode()
    before: str | None = None
    for run in pages.runs():
        yield "".join(_run(revealed(run, values), follows=run.parent == before)).encode()
        before = run.id


def _head(thread: ThreadDocument) -> Iterator[str]:
    yield f"# {_plain(thread.title or 'Conversation')}\n\n"
    facts = [f"Begun {_time(thread.created_at)}"]
    facts += [f"tags: {', '.join(map(_plain, thread.tags))}"] if thread.tags else []
    facts += ["anonymous"] if thread.anonymous else []
    yield f"*{' · '.join(facts)}*\n\n"
    for summary in thread.summaries:
        yield _folded("Summary of earlier runs", _text(summary.text))


def _run(run: RunDocument, *, follows: bool) -> Iterator[str]:
    yield f"---\n\n## {run.number}. {_plain(run.title or 'Run')}\n\n"
    if not follows and run.parent:
        yield "*On another branch.*\n\n"
    if run.trigger in TRIGGERS:
        yield f"*Started by {TRIGGERS[run.trigger]}.*\n\n"
    calls = {call.call_id: call for call in run.calls}
    for message in run.messages:
        yield from _message(message, calls=calls)
    if run.error:
        yield f"> **{_plain(run.error.code)}**: {_plain(run.error.message)}\n\n"
    if run.feedback:
        said = " ".join(
            filter(None, ("👍" if run.feedback.rating > 0 else "👎", run.feedback.reason, run.feedback.comment))
        )
        yield f"> {_plain(said)}\n\n"
    yield f"*{_facts(run)}*\n\n"


def _message(message: MessageDocument, *, calls: dict[str, CallDocument]) -> Iterator[str]:
    """What was said; a tool's message says nothing that is not folded with its call."""
    if message.role == "tool":
        return
    who = {"user": "You", "system": "System"}.get(message.role) or message.agent or message.model or "Assistant"
    partial = " (partial)" if message.status != "complete" else ""
    yield f"**{_plain(who)}**{partial} · {_time(message.created_at)}\n\n"
    for part in message.content:
        match part:
            case TextDocument():
                yield f"{_text(part.text)}\n\n"
            case ThinkingDocument():
                yield _folded("Thinking", _text(part.text))
            case ImagePlaceDocument():
                yield f"*[image{f': {_plain(part.alt)}' if part.alt else ''}]*\n\n"
            case ToolUseDocument():
                yield _tool(part, calls.get(part.id))


def _tool(part: ToolUseDocument, call: CallDocument | None) -> str:
    given = call.arguments if call and call.arguments is not None else part.arguments
    asked = _block(part.arguments_text, "") if given is None else _block(_json(given), "json")
    answered = _block(call.content, "") if call and call.content else ""
    status = call.status.replace("_", " ") if call else "not executed"
    return _folded(f"Tool {call.title or part.name if call else part.name}: {status}", f"{asked}{answered}")


def _facts(run: RunDocument) -> str:
    used = run.usage
    facts = [run.status, *(_plain(name) for name in (run.agent, run.model) if name)]
    if run.started_at and run.finished_at:
        facts.append(f"{(run.finished_at - run.started_at).total_seconds():.1f} s")
    if used.input_tokens or used.output_tokens:
        facts.append(f"{used.input_tokens} + {used.output_tokens} tokens")
    if used.cost is not None:
        facts.append(f"{used.cost.normalize():f} {used.currency}")
    facts += [f"tags: {', '.join(map(_plain, run.tags))}"] if run.tags else []
    facts += [f"context: {run.context}"] if run.context != "full" else []
    facts += ["words removed"] if run.pruned_at else []
    return " · ".join(facts)


# --- Markdown -------------------------------------------------------------------------------------------------------


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{html.escape(_line(summary))}</summary>\n\n{inner.rstrip()}\n\n</details>\n\n"


def _block(text: str, language: str) -> str:
    """A block of code, whatever fences stand in it."""
    longest = max((len(ticks) for ticks in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n\n" if text else ""


def _text(text: str) -> str:
    """Markdown whose HTML is shown as it is written. Code shows it anyway."""
    parts, position = [], 0
    for code in _CODE.finditer(text):
        parts += [_TAG.sub("&lt;", text[position : code.start()]), code[0]]
        position = code.end()
    unclosed = _is_open(text)
    return "".join([*parts, _TAG.sub("&lt;", text[position:]), "\n```" if unclosed else ""])


def _is_open(text: str) -> bool:
    """Whether a fenced block has no end: it would go on through what comes behind."""
    last = [code for code in _CODE.finditer(text) if code["fence"]]
    return bool(last) and last[-1].end() == len(text) and not text.rstrip().endswith(last[-1]["fence"])


def _plain(text: str) -> str:
    """A text in one line, without a mark that means something."""
    return _MARKS.sub(r"\\\1", _line(text))


def _line(text: str) -> str:
    return " ".join(text.split())


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
