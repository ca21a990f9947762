"""A server whose assistant has tools: some that it may use, one that asks first, and an agent to hand tasks to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, StorageState

from tests.browser.chat_page import ChatPage
from tests.support.mock_provider import MockProvider
from tests.support.replies import Call, Reply, openai_reply
from tests.support.server import CodayServer

PROVIDER = {"OPENAI_API_KEY": "test", "CODAY_DEFAULT_MODEL": "gpt-4o"}
EQUIP = """
from agents.models import Agent
assistant, editor = (Agent.objects.get(slug=slug) for slug in ("assistant", "editor"))
assistant.tools = {**assistant.tools, "calculate": "ask", "remind_me": "allow"}
editor.tools = {"ask_choice": "allow", "current_time": "allow"}
assistant.save(), editor.save()
assistant.delegates.add(editor)
"""


@contextmanager
def equipped_server(provider: MockProvider, data_dir: Path) -> Iterator[CodayServer]:
    """A running server with the scripted provider. ``calculate`` asks first; ``delegate`` reaches the writing editor."""
    environment = {**PROVIDER, "OPENAI_BASE_URL": provider.base_url}
    with CodayServer(data_dir=data_dir, environment=environment) as server:
        server.manage("shell", "-c", EQUIP)
        yield server


def log_in(browser: Browser, server: CodayServer) -> StorageState:
    """The cookies of the administrator."""
    context = browser.new_context(base_url=server.base_url)
    ChatPage(context.new_page()).log_in(server)
    state = context.storage_state()
    context.close()
    return state


def calls(*asked: tuple[str, Mapping[str, Any]], text: str = "") -> Reply:
    """A model's turn that calls these tools, each with its arguments."""
    parts = [Call(name, (json.dumps(given),), f"call_{name}_{index}") for index, (name, given) in enumerate(asked)]
    return openai_reply(*([text] if text else []), *parts, finish="tool_calls")
