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
