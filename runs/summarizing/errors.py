"""What can go wrong with summaries and with looking at what models saw."""

from __future__ import annotations

from coday.kernel.errors import NotFoundError
from runs.errors import RunError


class SummaryNotFoundError(NotFoundError):
    """The summary does not exist for this person."""

    code = "summary_not_found"
    message = "There is no such summary."


class ModelCallNotFoundError(NotFoundError):
    """Nothing is kept of what this model call was shown."""

    code = "model_call_not_found"
    message = "Nothing is kept of what this model call was shown."


class SummaryFailedError(RunError):
    """The model gave nothing that could stand for what it was asked to summarise."""

    code = "summary_failed"
    message = "The model wrote no summary. Try again, or with another model."
    status = 502
    retryable = True


class RunPrunedError(ConflictError):
    """A retention policy removed the words of the run: nothing can be made from it any more."""

    code = "run_pruned"
    message = "What was said in this run was removed by a retention policy."


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
