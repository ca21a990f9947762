"""An account of what a model call is shown: what ``summarizing.calls`` keeps of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from runs.context import RunContext
from runs.inference.base import InferenceRequest
from runs.services.context_window import FittedContext, Shown
from runs.services.system_prompt import SystemPrompt
from runs.services.token_estimate import estimate_messages, estimate_text, estimate_tool
from runs.summarizing.calls import CallRecord, fingerprint


def record_of(
    context: RunContext, fitted: FittedContext, request: InferenceRequest, prompt: SystemPrompt
) -> CallRecord:
    """What this call is shown: the ``request`` as it leaves, which in an anonymous thread is another than was fitted."""
    texts: dict[str, str] = {}

    def kept(text: str) -> str:
        digest = fingerprint(text)
        texts[digest] = text
        return digest

    told = prompt.sections if request.system == prompt.text else ()
    sections = [{"name": one.name, "title": one.title, "text": kept(one.text)} for one in told]
    whole = [{"name": "system", "title": "System prompt", "text": kept(request.system)}] if request.system else []
    tools = [{"name": t.name, "description": t.description, "schema": t.parameters} for t in request.tools]
    plan, summaries = fitted.plan, {summary.id: summary.text for summary in context.summaries}
    memory = fitted.context.memory if plan.memory else None
    manifest: dict[str, Any] = {
        "sections": sections or whole,
        "tools": kept(msgspec.json.encode(tools).decode()) if tools else "",
        "earlier": list(_stretches(plan.shown)),
        "summaries": {
            str(shown.summary): kept(summaries[shown.summary])
            for shown in plan.shown
            if shown.summary and shown.form == "summarised"
        },
        "memory": {"upto": memory.upto_number, "text": kept(memory.text)} if memory else None,
        "current": len(context.messages),
        "cut": plan.cut,
        "vision": request.model.vision,
        "tokens": estimate_text(request.system)
        + sum(map(estimate_tool, request.tools))
        + estimate_messages(request.messages),
    }
    return CallRecord(
        thread_id=context.thread_id,
        run_id=context.run.id,
        position=context.model_calls + 1,
        model=request.model.slug,
        manifest=manifest,
        texts=texts,
    )


def _stretches(shown: Iterable[Shown]) -> Iterable[list[Any]]:
    """``[first, last, form, summary]`` of earlier runs that are shown alike: numbers of the first and the last of them."""
    stretch: list[Any] = []
    for one in shown:
        number, alike = one.turn.run.number, [one.form, str(one.summary or "")]
        if stretch and stretch[2:] == alike:
            stretch[1] = number
        else:
            if stretch:
                yield stretch
            stretch = [number, number, *alike]
    if stretch:
        yield stretch
