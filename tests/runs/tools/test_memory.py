"""The memory's tools: what they note and forget, for whom, and when they do neither."""

from __future__ import annotations

from typing import Any

from agents.errors import MemoryOffError
from agents.models import Fact
from agents.operations import add_fact, change_chat_settings
from agents.queries import chat_prompts
from coday.accounts.models import User
from coday.kernel.database import in_database
from runs.tools.memory import MEMORY_TOOLS
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.support.mock_provider import Call, MockProvider, openai_reply

TOOLS = {tool.definition.name: tool for tool in MEMORY_TOOLS}


async def _talk(converse: Converse) -> Conversation:
    policies = dict.fromkeys(TOOLS, "allow")
    return await converse(model={"tools": True}, agent={"tools": policies}, tools=MEMORY_TOOLS)


async def _facts(talk: Conversation) -> tuple[str, ...]:
    return (await in_database(chat_prompts, user_id=talk.asker.user_id)).facts


async def _call(talk: Conversation, provider: MockProvider, name: str, arguments: str) -> Any:
    provider.reply(openai_reply(Call(name, (arguments,))), openai_reply("Done."))
    run = await talk.ask()
    [result] = [part for message in await talk.messages(run) if message.role == "tool" for part in message.content]
    return result


async def test_a_fact_is_noted_and_its_run_with_it(converse: Converse, provider: MockProvider) -> None:
    talk = await _talk(converse)
    result = await _call(talk, provider, "remember_fact", '{"fact": "Likes\\ntea."}')
    fact = await in_database(Fact.objects.get)
    assert (result.content, result.is_error) == ("Noted: Likes tea.", False)
    assert (fact.source, fact.user_id, fact.run_id is not None) == ("model", talk.asker.user_id, True)
    assert await _facts(talk) == ("Likes tea.",)


async def test_a_fact_is_forgotten_by_its_words(converse: Converse, provider: MockProvider) -> None:
    talk = await _talk(converse)
    for text in ("Likes tea.", "Has a dog."):
        await in_database(add_fact, user_id=talk.asker.user_id, text=text)
    unknown = await _call(talk, provider, "forget_fact", '{"fact": "Likes coffee."}')
    assert unknown.is_error
    assert unknown.content == "No fact says this. Noted are:\n- Likes tea.\n- Has a dog."
    assert (await _call(talk, provider, "forget_fact", '{"fact": "likes tea."}')).content == "Forgotten."
    assert await _facts(talk) == ("Has a dog.",)


async def test_of_others_nothing_is_forgotten_or_told(converse: Converse, provider: MockProvider) -> None:
    talk = await _talk(converse)
    other = await in_database(User.objects.create_user, "other")
    await in_database(add_fact, user_id=other.pk, text="Secret.")
    result = await _call(talk, provider, "forget_fact", '{"fact": "Secret."}')
    assert (result.content, result.is_error) == ("No fact is noted.", True)
    assert await in_database(Fact.objects.count) == 1


async def test_switched_off_it_refuses(converse: Converse, provider: MockProvider) -> None:
    talk = await _talk(converse)
    await in_database(change_chat_settings, user_id=talk.asker.user_id, memory=False)
    for name in TOOLS:
        result = await _call(talk, provider, name, '{"fact": "Likes tea."}')
        assert result.is_error
        assert MemoryOffError.message in result.content
    assert not await in_database(Fact.objects.exists)
