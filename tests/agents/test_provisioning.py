"""What a start makes of the environment, and what it leaves to the admin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents import local_model
from agents.environment import ollama_in, providers_in
from agents.models import Agent, LanguageModel, Provider
from agents.provisioning import provision
from tests.support.mock_provider import MockProvider
from tests.support.server import free_port

NOTHING = {"CODAY_LOCAL_MODEL": "off", "OLLAMA_HOST": f"127.0.0.1:{free_port()}"}
OPENAI = {**NOTHING, "OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "CODAY_DEFAULT_MODEL": "m-1"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def mock() -> Iterator[MockProvider]:
    with MockProvider.in_thread() as running:
        yield running


def _default() -> str:
    return LanguageModel.objects.get(is_default=True).slug


def _provider(slug: str = "openai") -> Provider:
    return Provider.objects.get(slug=slug)


# --- A new installation -------------------------------------------------------------------------------------------


def test_without_anything_there_is_the_demo() -> None:
    provision(NOTHING)
    assert _default() == "demo"
    assert Agent.objects.get(is_default=True).slug == "assistant"
    assert not Agent.objects.exclude(slug="demo").filter(instructions="").exists()


def test_again_changes_nothing() -> None:
    for environment in (NOTHING, OPENAI):
        provision(environment)
        before = [list(model.objects.order_by("pk").values()) for model in (Provider, LanguageModel, Agent)]
        provision(environment)
        assert [list(model.objects.order_by("pk").values()) for model in (Provider, LanguageModel, Agent)] == before


def test_a_base_url_alone_is_enough() -> None:
    assert provision({**NOTHING, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "CODAY_DEFAULT_MODEL": "m-1"}) == []
    assert (_provider().base_url, _provider().api_key, _provider().enabled) == ("http://127.0.0.1:9/v1", "", True)
    assert _default() == "m-1"


def test_an_unknown_server_is_asked_for_its_models(mock: MockProvider) -> None:
    provision({**NOTHING, "OPENAI_BASE_URL": mock.base_url, "OPENAI_API_KEY": "sk-1"})
    assert mock.requests[0].headers["authorization"] == "Bearer sk-1"
    assert _provider().language_models.count() > 0
    assert LanguageModel.objects.get(is_default=True).provider == _provider()


def test_a_server_that_does_not_answer_is_told_and_asked_again(mock: MockProvider) -> None:
    environment = {**NOTHING, "OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1"}
    notes = provision(environment)
    assert "CODAY_DEFAULT_MODEL" in notes[0]
    assert _default() == "demo"
    provision({**environment, "OPENAI_BASE_URL": mock.base_url})
    assert _default() != "demo"


# --- Later starts -------------------------------------------------------------------------------------------------


def test_what_leaves_the_environment_is_switched_off_and_forgotten() -> None:
    provision(OPENAI)
    provision(NOTHING)
    assert (_provider().enabled, _provider().api_key, _default()) == (False, "", "demo")
    provision(OPENAI)
    assert (_provider().enabled, _provider().api_key, _default()) == (True, "sk-1", "m-1")


def test_a_new_key_is_taken_over_and_the_admins_changes_stay() -> None:
    provision(OPENAI)
    Provider.objects.filter(slug="openai").update(name="Ours")
    LanguageModel.objects.filter(slug="m-1").update(label="Our model", vision=True, context_window=7)
    Agent.objects.filter(slug="translator").delete()
    Agent.objects.filter(slug="code").update(name="Coder")
    provision({**OPENAI, "OPENAI_API_KEY": "sk-2"})
    assert (_provider().name, _provider().api_key) == ("Ours", "sk-2")
    model = LanguageModel.objects.get(slug="m-1")
    assert (model.label, model.vision, model.context_window) == ("Our model", True, 7)
    assert not Agent.objects.filter(slug="translator").exists()
    assert Agent.objects.get(slug="code").name == "Coder"


def test_what_an_admin_switched_off_stays_off() -> None:
    provision(OPENAI)
    Provider.objects.filter(slug="openai").update(enabled=False)
    provision(OPENAI)
    assert not _provider().enabled


def test_the_admins_default_stays_unless_the_environment_names_one() -> None:
    without_default = {name: value for name, value in OPENAI.items() if name != "CODAY_DEFAULT_MODEL"}
    provision(OPENAI)
    LanguageModel.objects.update(is_default=False)
    other = LanguageModel.objects.create(provider=_provider(), slug="other", name="other", label="A", is_default=True)
    provision(without_default)
    assert _default() == other.slug
    provision(OPENAI)
    assert _default() == "m-1"


def test_a_provider_of_the_admin_is_not_touched() -> None:
    Provider.objects.create(slug="openai", name="Ours", kind="openai", base_url="http://ours/v1", api_key="sk-ours")
    notes = provision(OPENAI)
    assert "made in the admin" in notes[0]
    assert (_provider().base_url, _provider().api_key) == ("http://ours/v1", "sk-ours")
    provision(NOTHING)
    assert _provider().enabled


# --- Ollama and the embedded model --------------------------------------------------------------------------------


def test_a_running_ollama_is_used_as_long_as_there_is_nothing_else(mock: MockProvider) -> None:
    beside = {**NOTHING, "OLLAMA_HOST": mock.base_url.removesuffix("/v1")}
    provision(beside)
    assert (_provider("ollama").enabled, _provider("ollama").base_url) == (True, mock.base_url)
    assert LanguageModel.objects.get(is_default=True).provider.slug == "ollama"
    provision({**OPENAI, "OLLAMA_HOST": beside["OLLAMA_HOST"]})
    assert not _provider("ollama").enabled
    assert _default() == "m-1"


@pytest.mark.skipif(not local_model.is_installed(), reason="the embedded model is not installed")
def test_the_embedded_model_is_superseded_and_comes_back() -> None:
    allowed = {**NOTHING, "CODAY_LOCAL_MODEL": ""}
    small = Agent.objects.filter(slug="small-model", enabled=True)
    provision(allowed)
    assert _default() == local_model.MODEL
    assert small.exists()
    provision({**OPENAI, "CODAY_LOCAL_MODEL": ""})
    assert (_provider("local").enabled, _default(), small.exists()) == (False, "m-1", False)
    provision(allowed)
    assert (_provider("local").enabled, _default(), small.exists()) == (True, local_model.MODEL, True)
    provision(NOTHING)
    assert (_provider("local").enabled, _default()) == (False, "demo")


# --- Reading the environment --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "base_url"),
    [
        ("OPENAI_API_KEY", "sk-1", "https://api.openai.com/v1"),
        ("OPENAI_BASE_URL", "http://host:8000", "http://host:8000/v1"),
        ("OPENAI_BASE_URL", "http://host/openai/deployments/x/", "http://host/openai/deployments/x"),
        ("ANTHROPIC_API_KEY", "sk-1", "https://api.anthropic.com/v1"),
        ("ANTHROPIC_BASE_URL", "http://host/anthropic", "http://host/anthropic/v1"),
        ("ANTHROPIC_BASE_URL", "http://host/v1/", "http://host/v1"),
    ],
)
def test_addresses(name: str, value: str, base_url: str) -> None:
    [wanted] = providers_in({name: value, "OTHER": ""})
    assert wanted.base_url == base_url


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:5000", "http://127.0.0.1:5000/v1"),
        ("gpu", "http://gpu:11434/v1"),
        ("https://gpu.example:443/", "https://gpu.example:443/v1"),
    ],
)
def test_ollama_addresses(host: str, base_url: str) -> None:
    assert ollama_in({"OLLAMA_HOST": host}).base_url == base_url


def test_the_default_model_belongs_to_its_maker() -> None:
    both = {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b"}
    for model, home in (("claude-sonnet-4-6", "anthropic"), ("gpt-5.4", "openai"), ("llama", "openai")):
        wanted = providers_in({**both, "CODAY_DEFAULT_MODEL": model})
        assert {it.slug: it.default_model for it in wanted if it.default_model} == {home: model}


# --- The agents of a new installation -----------------------------------------------------------------------------


def test_seeded_agents_have_tools_that_ask_before_they_change_anything() -> None:
    provision(NOTHING)
    assistant, demo = Agent.objects.get(slug="assistant"), Agent.objects.get(slug="demo")
    assert assistant.tools["fetch_page"] == "allow"
    assert "http_job" not in assistant.tools
    assert demo.tools["http_job"] == demo.tools["fetch_page"] == "ask"
    assert set(assistant.tools) < set(demo.tools)
    assert sorted(demo.delegates.values_list("slug", flat=True)) == ["explainer", "translator"]
    for agent in Agent.objects.all():
        agent.full_clean()
