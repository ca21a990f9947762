"""What can go wrong with agents, models, chat settings and facts."""

from __future__ import annotations

from coday.kernel.errors import CodayError, ConflictError, InvalidInputError, NotFoundError


class AgentNotFoundError(NotFoundError):
    """No enabled agent has this slug, or there is no enabled agent at all."""

    code = "agent_not_found"
    message = "There is no such agent."


class ModelNotFoundError(NotFoundError):
    """No enabled model of an enabled provider has this slug."""

    code = "model_not_found"
    message = "There is no such model."


class NoModelError(CodayError):
    """No model is set up at all."""

    code = "no_model"
    message = "No model is set up yet. An admin can add one."
    status = 503


class ProviderKeyUnreadableError(CodayError):
    """The stored key was encrypted with a secret that is no longer configured."""

    code = "provider_key_unreadable"
    message = "The provider's stored key can no longer be read. An admin has to enter it again."
    status = 503


class FactNotFoundError(NotFoundError):
    """No fact about this person has this id, or this text."""

    code = "fact_not_found"
    message = "There is no such fact."


class TooManyFactsError(ConflictError):
    """The person's memory is full. ``details["limit"]`` says how many facts it holds."""

    code = "too_many_facts"
    message = "The memory is full. Delete a fact first."


class FactExistsError(ConflictError):
    """Another fact says the same."""

    code = "fact_exists"
    message = "Another fact says the same."


class MemoryOffError(ConflictError):
    """The person, or the site, does not want facts to be remembered."""

    code = "memory_off"
    message = "The memory is switched off: nothing can be remembered or forgotten now."


class AgentFileError(InvalidInputError):
    """A file of agents that cannot be taken over. The message says where (a line) and why."""

    code = "agent_file_invalid"
    message = "This is no file of agents."
