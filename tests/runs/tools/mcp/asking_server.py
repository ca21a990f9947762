"""A server of the older protocol over stdio, in plain JSON: its tools ask the person, one thing after the other."""

from __future__ import annotations

import json
import sys
from typing import Any

VALUE = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
TOOLS = ("introduce", "pester", "riddle", "borrow_model")


def say(**message: Any) -> None:
    """Write a line."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


class Cancelled(Exception):  # noqa: N818
    """The call is over."""


def request(method: str, **parameters: Any) -> dict[str, Any]:
    """Ask the client and wait; what it says meanwhile about the call itself counts."""
    say(id=f"{method} of mine", method=method, params=parameters)
    while True:
        message = json.loads(sys.stdin.readline())
        if message.get("method") == "notifications/cancelled":
            raise Cancelled
        if "method" not in message:
            return dict(message)


def ask(question: str, schema: dict[str, Any] = VALUE) -> tuple[str, str]:
    """What the person does, and says."""
    result = request("elicitation/create", mode="form", message=question, requestedSchema=schema)["result"]
    return result["action"], (result.get("content") or {}).get("value", "nowhere")


def carry_out(tool: str) -> str:
    """The tool's text."""
    if tool == "introduce":
        _, name = ask("Your name?")
        return f"{name} of {ask(f'Your town, {name}?')[1]}"
    if tool == "riddle":
        return ask("What?", {"type": "object", "properties": {"a": {"type": "string", "minLength": -1}}})[0]
    if tool == "borrow_model":
        answer = request("sampling/createMessage", messages=[], maxTokens=10)
        raise ValueError(str(answer.get("error")))
    number = 0
    while True:
        ask(f"Question {number}?")
        number += 1


def answer(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The result of a request."""
    if method == "initialize":
        return {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "asker", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]}
    if method != "tools/call":
        raise LookupError(method)
    try:
        return {"content": [{"type": "text", "text": carry_out(parameters["name"])}]}
    except ValueError as error:
        return {"content": [{"type": "text", "text": str(error)}], "isError": True}


def main() -> None:
    """Until nobody asks any more."""
    for line in iter(sys.stdin.readline, ""):
        message = json.loads(line)
        if "id" not in message or "method" not in message:
            continue
        try:
            say(id=message["id"], result=answer(message["method"], message.get("params", {})))
        except Cancelled:
            continue
        except LookupError:
            say(id=message["id"], error={"code": -32601, "message": "Method not found"})


if __name__ == "__main__":
    main()
