"""Chat Completions: what is sent."""

from __future__ import annotations

import base64
from uuid import uuid4

import httpx
import pytest

from coday.kernel.http import HttpClients
from runs.errors import ProviderRequestError
from runs.inference.base import ImageData, ModelMessage, ToolDefinition
from runs.inference.openai import OpenAIProvider
from tests.runs.inference.requests import KEY, WEATHER, ask, outcome, snapshot
from tests.support.mock_provider import MockProvider, json_reply
from threads.content import ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart


@pytest.fixture
def adapter(clients: HttpClients) -> OpenAIProvider:
    return OpenAIProvider(clients)


class AlwaysHere(HttpClients):
    """Clients for which every name is this machine's."""

    def __init__(self, clients: HttpClients) -> None:
        super().__init__()
        self._inner = clients

    def get(self) -> httpx.AsyncClient:
        client = self._inner.get()
        client.event_hooks = {"request": [self._redirect]}
        return client

    @staticmethod
    async def _redirect(request: httpx.Request) -> None:
        request.url = request.url.copy_with(host="127.0.0.1")


async def test_says_everything_the_model_needs(adapter: OpenAIProvider, server: MockProvider) -> None:
    image = uuid4()
    messages = (
        ModelMessage("user", (TextPart("What is this?"), ImagePart(image))),
        ModelMessage("assistant", (ThinkingPart("hm", "sig", "mock"), ToolUsePart("c1", "weather", {"place": "Köln"}))),
        ModelMessage("tool", (ToolResultPart("c1", "weather", "rain"), ToolResultPart("c2", "weather", "no", True))),
        ModelMessage("assistant", (TextPart("It rains."),)),
        ModelMessage("user", (TextPart("And"), TextPart("now?"))),
    )
    request = ask(
        snapshot("openai", server.base_url),
        messages=messages,
        tools=(WEATHER,),
        images={image: ImageData("image/png", b"png")},
        max_output_tokens=77,
        temperature=0.5,
        top_p=0.9,
    )
    await outcome(adapter.stream(request))
    (received,) = server.requests
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.json == {
        "model": "mock-1",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 77,
        "temperature": 0.5,
        "top_p": 0.9,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": WEATHER.name,
                    "description": WEATHER.description,
                    "parameters": WEATHER.parameters,
                },
            }
        ],
        "messages": [
            {"role": "system", "content": "Be kind."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {
                        "type": "image_url",
                        "image_url": {"url": f"data:image/png;base64,{base64.b64encode(b'png').decode()}"},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"place":"Köln"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
            {"role": "tool", "tool_call_id": "c2", "content": "Error: no"},
            {"role": "assistant", "content": "It rains."},
            {"role": "user", "content": "And\n\nnow?"},
        ],
    }


async def test_sends_malformed_arguments_as_an_object(adapter: OpenAIProvider, server: MockProvider) -> None:
    call = ToolUsePart("c1", "weather", None, '{"place": ')
    request = ask(snapshot("openai", server.base_url), messages=(ModelMessage("assistant", (call,)),))
    await outcome(adapter.stream(request))
    (sent,) = server.requests[0].json["messages"][1]["tool_calls"]
    assert sent["function"]["arguments"] == '{"malformed_arguments":"{\\"place\\": "}'


@pytest.mark.parametrize(
    ("refusal", "gone"),
    [
        ("Unrecognized request argument supplied: stream_options", "stream_options"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("Unsupported value: 'temperature' does not support 0.5 with this model.", "temperature"),
        ("Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
        ("gemma:2b does not support tools", "tools"),
        ('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', "tools"),
    ],
)
async def test_obeys_a_refused_field_once_and_remembers(
    adapter: OpenAIProvider, server: MockProvider, refusal: str, gone: str
) -> None:
    server.reply(json_reply({"error": {"message": refusal}}, status=400))
    tool = ToolDefinition(name="note", description="Notes.", parameters={"type": "object"})
    request = ask(snapshot("openai", server.base_url), max_output_tokens=5, temperature=0.5, top_p=0.9, tools=(tool,))
    assert (await outcome(adapter.stream(request))).finish == "stop"
    assert (await outcome(adapter.stream(request))).finish == "stop"
    first, *others = (received.json for received in server.requests)
    assert gone in first
    assert len(others) == 2
    assert all(gone not in body for body in others)
    assert all(body.get("max_completion_tokens", body.get("max_tokens")) == 5 for body in others)


async def test_what_is_wrong_with_one_tool_is_no_reason_to_leave_them_all(
    adapter: OpenAIProvider, server: MockProvider
) -> None:
    wrong = "Invalid schema for function 'note': tools[0].function.parameters is not of type object"
    server.reply(json_reply({"error": {"message": wrong}}, status=400))
    tool = ToolDefinition(name="note", description="Notes.", parameters={"type": "object"})
    with pytest.raises(ProviderRequestError):
        await outcome(adapter.stream(ask(snapshot("openai", server.base_url), tools=(tool,))))
    assert len(server.requests) == 1


async def test_gives_up_when_the_field_was_not_the_reason(adapter: OpenAIProvider, server: MockProvider) -> None:
    first = json_reply({"error": {"message": "stream_options: too many cooks"}}, status=400)
    second = json_reply({"error": {"message": "Something else."}}, status=400)
    server.reply(first, second)
    with pytest.raises(ProviderRequestError, match="too many cooks"):
        await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
    assert len(server.requests) == 2


async def test_a_limit_that_is_too_large_is_no_question_of_its_name(
    adapter: OpenAIProvider, server: MockProvider
) -> None:
    server.reply(json_reply({"error": {"message": "max_tokens is too large: 99999."}}, status=400))
    with pytest.raises(ProviderRequestError, match="too large: 99999"):
        await outcome(adapter.stream(ask(snapshot("openai", server.base_url), max_output_tokens=99999)))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("host", "field", "header"),
    [
        ("api.openai.com", "max_completion_tokens", "authorization"),
        ("mine.openai.azure.com", "max_completion_tokens", "api-key"),
        ("api.mistral.ai", "max_tokens", "authorization"),
        ("127.0.0.1", "max_tokens", "authorization"),
    ],
)
async def test_begins_with_what_a_host_is_known_to_take(
    server: MockProvider, clients: HttpClients, host: str, field: str, header: str
) -> None:
    port = server.base_url.removesuffix("/v1").rpartition(":")[2]
    adapter = OpenAIProvider(AlwaysHere(clients))
    model = snapshot("openai", f"http://{host}:{port}/v1")
    await outcome(adapter.stream(ask(model, max_output_tokens=5)))
    (received,) = server.requests
    assert received.json[field] == 5
    assert KEY in received.headers[header]
    assert received.headers["host"] == f"{host}:{port}"


async def test_keeps_the_query_of_the_base_url(adapter: OpenAIProvider, server: MockProvider) -> None:
    model = snapshot("openai", f"{server.base_url}/deployments/x?api-version=2024-06-01")
    await outcome(adapter.stream(ask(model)))
    assert server.requests[0].target == "/v1/deployments/x/chat/completions?api-version=2024-06-01"
