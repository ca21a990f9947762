"""Writes: a person's chat settings and the facts about them, and the site's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from agents.errors import (
    AgentNotFoundError,
    FactExistsError,
    FactNotFoundError,
    MemoryOffError,
    ModelNotFoundError,
    TooManyFactsError,
)
from agents.models import Agent, ChatSettings, Fact, LanguageModel
from agents.queries import enabled_agents, enabled_models, facts_of, get_fact, memory_is_on, site_and_person
from coday.accounts.models import User
from coday.kernel.errors import InvalidInputError, TooLargeError

PREFERENCES = ("system_prompt", "tools_off", "language", "send_key", "theme", "memory", "anonymous")
MAX_FACT_CHARS = 500


@transaction.atomic
def change_chat_settings(
    *, user_id: UUID, agent: str | None = None, model: str | None = None, **preferences: Any
) -> ChatSettings:
    """Change a person's own chat settings.

    Args:
        agent, model: slugs; ``None`` changes nothing, an empty one goes back to the site's choice.
        preferences: values of ``PREFERENCES``; an empty one goes back to the site's, ``None`` does so for ``memory`` and
            ``anonymous``.

    Raises:
        AgentNotFoundError: no such agent for this person.
        ModelNotFoundError: no such model.
        InvalidInputError: a value that the field cannot have.
    """
    row, _ = ChatSettings.objects.select_for_update().get_or_create(user_id=user_id)
    for name, value in preferences.items():
        if name not in PREFERENCES:
            raise InvalidInputError(f"{name} cannot be changed.", field=name)
        setattr(row, name, value)
    if agent is not None:
        row.agent = enabled_agents(user_id=user_id).filter(slug=agent).first() if agent else None
        if agent and row.agent is None:
            raise AgentNotFoundError(details={"field": "agent"})
    if model is not None:
        row.language_model = enabled_models().filter(slug=model).first() if model else None
        if model and row.language_model is None:
            raise ModelNotFoundError(details={"field": "model"})
    _check(row, names=preferences)
    row.save()
    return row


def _check(row: ChatSettings, *, names: Mapping[str, Any]) -> None:
    try:
        row.clean_fields(exclude={field.name for field in ChatSettings._meta.fields} - names.keys())
    except ValidationError as error:
        name, found = next(iter(error.message_dict.items()))
        raise InvalidInputError(f"{name}: {found[0]}", field=name) from error


# --- Facts ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_fact(*, user_id: UUID, text: str, run_id: UUID | None = None) -> tuple[Fact, bool]:
    """Note something about a person: by themselves, or by the model of ``run_id``. Returns the fact, and whether it is new.

    Raises:
        InvalidInputError, TooLargeError: it says nothing, or too much.
        TooManyFactsError: the memory is full.
        MemoryOffError: a model wants to note it, and the memory is switched off.
    """
    said = _one_line(text)
    _hold(user_id)
    if run_id is not None:
        _ensure_memory(user_id)
    known = list(facts_of(user_id=user_id))
    same = next((fact for fact in known if fact.text.casefold() == said.casefold()), None)
    if same is not None:
        return same, False
    if len(known) >= settings.CODAY_MAX_FACTS:
        raise TooManyFactsError(details={"limit": settings.CODAY_MAX_FACTS})
    source = Fact.Source.PERSON if run_id is None else Fact.Source.MODEL
    return Fact.objects.create(user_id=user_id, text=said, source=source, run_id=run_id), True


@transaction.atomic
def change_fact(*, user_id: UUID, fact_id: UUID, text: str) -> Fact:
    """Let a fact say something else; from now on it is the person's own.

    Raises:
        FactNotFoundError: it does not exist for this person.
        FactExistsError: another fact says the same.
        InvalidInputError, TooLargeError: it says nothing, or too much.
    """
    said = _one_line(text)
    _hold(user_id)
    fact = get_fact(user_id=user_id, fact_id=fact_id)
    if any(other.text.casefold() == said.casefold() for other in facts_of(user_id=user_id) if other.pk != fact.pk):
        raise FactExistsError(details={"field": "text"})
    fact.text, fact.source, fact.run_id = said, Fact.Source.PERSON, None
    fact.save()
    return fact


@transaction.atomic
def delete_fact(*, user_id: UUID, fact_id: UUID) -> None:
    """Forget a fact, as the person wants it.

    Raises:
        FactNotFoundError: it does not exist for this person.
    """
    get_fact(user_id=user_id, fact_id=fact_id).delete()


@transaction.atomic
def forget_fact(*, user_id: UUID, text: str) -> None:
    """Forget the fact that says this, as a model wants it.

    Raises:
        FactNotFoundError: there is none; its ``details`` name no other fact.
        MemoryOffError: the memory is switched off.
    """
    _ensure_memory(user_id)
    said = " ".join(text.split()).casefold()
    found = [fact for fact in facts_of(user_id=user_id) if fact.text.casefold() == said]
    if not found:
        raise FactNotFoundError
    found[0].delete()


def _one_line(text: str) -> str:
    """The text on one line, without what cannot be seen: it is shown to models between lines of ours."""
    said = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    if not said:
        raise InvalidInputError("A fact says something.", field="text")
    if len(said) > MAX_FACT_CHARS:
        limit = {"field": "text", "limit": MAX_FACT_CHARS}
        raise TooLargeError(f"A fact has at most {MAX_FACT_CHARS} characters.", details=limit)
    return said


def _hold(user_id: UUID) -> None:
    """Take the person's row until the transaction ends: facts are counted and compared before they are written."""
    User.objects.select_for_update().filter(pk=user_id).values_list("pk").first()


def _ensure_memory(user_id: UUID) -> None:
    site, person = site_and_person(user_id=user_id)
    if not memory_is_on(site=site, person=person):
        raise MemoryOffError


# --- Defaults -------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_default_model(*, model: LanguageModel) -> None:
    """Make this the one default model."""
    LanguageModel.objects.filter(is_default=True).exclude(pk=model.pk).update(is_default=False)
    LanguageModel.objects.filter(pk=model.pk).update(is_default=True)


@transaction.atomic
def make_default_agent(*, agent: Agent) -> None:
    """Make this the one default agent."""
    Agent.objects.filter(is_default=True).exclude(pk=agent.pk).update(is_default=False)
    Agent.objects.filter(pk=agent.pk).update(is_default=True)
