"""What can go wrong when an agent or a model is looked up."""

from __future__ import annotations

from coday.kernel.errors import CodayError, NotFoundError


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
