"""What can go wrong with retention policies and with erasing a person."""

from __future__ import annotations

from coday.kernel.errors import ConflictError, InvalidInputError, NotFoundError


class RetentionPolicyNotFoundError(NotFoundError):
    """The retention policy does not exist for this person."""

    code = "retention_policy_not_found"
    message = "There is no such retention policy."


class EmptyPolicyError(InvalidInputError):
    """A retention policy without any condition: every run would meet it."""

    code = "empty_policy"
    message = "A policy needs at least one condition: otherwise everything would go."


class TooManyPoliciesError(ConflictError):
    """As many retention policies as a person may have."""

    code = "too_many_policies"
    message = "You have as many retention policies as one may have. Delete one first."


class ErasureHeldUpError(ConflictError):
    """A person is not wholly erased yet; what was done stays done, and it goes on when it is asked for again."""

    code = "erasure_held_up"
    message = "Something of this person is left. Try again: it goes on where it stopped."
    retryable = True


class LastSuperuserError(ConflictError):
    """Nobody would be left who may do everything on this site."""

    code = "last_superuser"
    message = "You are the last superuser who can log in. Make somebody else one first."
