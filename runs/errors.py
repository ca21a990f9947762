"""What can go wrong in a run, each with a code that the page, REST and the journal share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coday.kernel.errors import CodayError, ConflictError, InvalidInputError, NotFoundError, TooLargeError
from threads.errors import AnonymizationUnavailableError


class RunError(CodayError):
    """A run ended without its answer."""

    code = "run_failed"
    status = 500


RunAnonymizationUnavailableError = AnonymizationUnavailableError
"""Personal data cannot be masked right now: nothing is sent, nothing is stored in clear."""


class AnonymousModelError(RunError):
    """The model is reached in anonymous conversations alone."""

    code = "anonymous_model"
    message = "This model answers in anonymous conversations alone. Start a new one with it."
    status = 409


class RunNotFoundError(NotFoundError):
    """The run does not exist for this person."""

    code = "run_not_found"
    message = "There is no such run."


class EmptyMessageError(InvalidInputError):
    """Neither text nor an image."""

    code = "empty_message"
    message = "Write something or attach an image."


class MessageTooLongError(TooLargeError):
    """The text has more characters than a message may have."""

    code = "message_too_long"
    message = "This message is too long."


class TooManyImagesError(TooLargeError):
    """More images than a message may have."""

    code = "too_many_images"
    message = "This message has too many images."


class TooManyCommandsError(TooLargeError):
    """More commands than an input may have."""

    code = "too_many_commands"
    message = "This message has too many commands."


class TooManyAlsoError(TooLargeError):
    """More agents or models than may be asked the same at once."""

    code = "too_many_also"
    message = "So many cannot be asked at once."


class NothingToContinueError(ConflictError):
    """The run's answer was not cut, or there is none that could go on."""

    code = "nothing_to_continue"
    message = "This answer is complete, or nothing of it is there. Run it again instead."


class ForkTooLongError(TooLargeError):
    """The branch has more runs than a fork may have."""

    code = "fork_too_long"
    message = "So long a branch cannot be copied."


class QueueFullError(ConflictError):
    """Too many messages already wait in this conversation."""

    code = "queue_full"
    message = "Too many messages are already waiting in this conversation. Wait for some of them to be answered."
    status = 429
    retryable = True


class RunLostError(RunError):
    """The process that executed the run was taken for dead, and somebody else has ended the run."""

    code = "run_lost"
    message = "The run was ended elsewhere."


class RunStateError(ConflictError):
    """The run's state does not allow the request (retry of a completed run, rerun of a running one …)."""

    code = "run_state"


class RunPrunedError(ConflictError):
    """A retention policy removed the words of the run: nothing can be made from it any more."""

    code = "run_pruned"
    message = "What was said in this run was removed by a retention policy."


class DeletionNotFoundError(NotFoundError):
    """Nothing that this person removed can be brought back under this id."""

    code = "deletion_not_found"
    message = "This cannot be undone any more: it was undone already, or is gone for good."


class CallNotFoundError(NotFoundError):
    """The run has no such tool call."""

    code = "tool_call_not_found"
    message = "There is no such tool call in this run."


class CallNotPendingError(ConflictError):
    """The tool call waits for nobody: it was answered, has expired, or its run has ended."""

    code = "call_not_pending"
    message = "This question was answered already, or is no longer open."


class AnswerInvalidError(InvalidInputError):
    """The answer does not fit what was asked. ``details["errors"]`` says why."""

    code = "answer_invalid"
    message = "The answer does not fit the question."


class LaneBusyError(ConflictError):
    """``when_busy`` is ``reject`` and the lane has a run that has not ended."""

    code = "lane_busy"
    message = "This conversation is still answering. Wait for it, stop it, or queue the message."
    retryable = True


class KeyReusedError(ConflictError):
    """The idempotency ``key`` was used in this thread with other content."""

    code = "key_reused"
    message = "This key was already used for another message."


class UnsupportedInputError(InvalidInputError):
    """The chosen model cannot take this kind of input."""

    code = "unsupported_input"


class IterationLimitError(RunError):
    """The agent reached its limit of model calls in one run."""

    code = "iteration_limit"
    message = "The agent reached its limit of steps for one run. What it did so far is kept."
    retryable = True


class DelegationRefusedError(RunError):
    """A task cannot be handed to another agent."""

    code = "delegation_refused"
    message = "This task cannot be delegated."
    status = 403


class TimeLimitError(RunError):
    """The run worked for longer than its agent may."""

    code = "time_limit"
    message = "The agent reached its time limit for one run. What it did so far is kept."
    retryable = True


class CostLimitError(RunError):
    """The run cost more than its agent may spend."""

    code = "cost_limit"
    message = "The agent reached its cost limit for one run. What it did so far is kept."


class RepeatedToolFailureError(RunError):
    """The same tool call failed in the same way three times in a row."""

    code = "repeated_tool_failure"
    message = "The same tool call failed three times in a row. What was done so far is kept."
    retryable = True


class ContextTooLongError(RunError):
    """The newest turn alone does not fit the model's context window."""

    code = "context_too_long"
    message = "This message is too long for the model. Shorten it or choose a model with a larger context window."
    status = 413


class ProviderError(RunError):
    """The model's provider did not answer as asked.

    Attributes:
        retry_after: seconds the provider asked to wait, or ``None``.
    """

    code = "provider_error"
    message = "The model's provider did not answer as expected."
    status = 502

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, details=details, retryable=retryable)
        self.retry_after = retry_after


class ProviderAuthError(ProviderError):
    """401 or 403: the stored key is missing, wrong or lacks the right."""

    code = "provider_auth"
    message = "The model's provider refused the stored key. An admin can check it."


class ProviderNotFoundError(ProviderError):
    """404: no such model or address at the provider."""

    code = "provider_not_found"
    message = "The provider does not know this model or address. An admin can check both."


class ProviderRequestError(ProviderError):
    """Another 4xx: the provider did not accept the request."""

    code = "provider_rejected"
    message = "The model's provider did not accept the request."


class ProviderRateLimitedError(ProviderError):
    """429: too many requests, or a quota at the provider is used up."""

    code = "provider_rate_limited"
    message = "The model's provider is receiving too many requests. Try again in a moment."
    retryable = True


class ProviderUnavailableError(ProviderError):
    """5xx, a refused connection, or a name that does not resolve."""

    code = "provider_unavailable"
    message = "The model's provider is not available right now. Try again in a moment."
    retryable = True


class ProviderProtocolError(ProviderError):
    """HTML, broken JSON, an empty answer: not what the provider's protocol promises."""

    code = "provider_protocol"
    message = "The model's provider sent an answer that could not be read."
    retryable = True


class ProviderEmptyAnswerError(ProviderError):
    """The provider ended the answer before it said anything."""

    code = "provider_empty_answer"
    message = "The model gave an empty answer."
    retryable = True


class ProviderDisconnectedError(ProviderError):
    """The connection ended in the middle of the answer."""

    code = "provider_disconnected"
    message = "The connection to the model's provider broke in the middle of the answer. What arrived is kept."
    retryable = True


class ProviderStalledError(ProviderError):
    """Nothing arrived within the model's time limit."""

    code = "provider_stalled"
    message = "The model's provider stopped sending. What arrived is kept."
    retryable = True


class OperationNotFoundError(NotFoundError):
    """The operation does not exist for this person."""

    code = "operation_not_found"
    message = "There is no such operation."


class OperationEndedError(ConflictError):
    """The operation has ended already, and ends only once."""

    code = "operation_ended"
    message = "This has ended already."


class TooManyOperationsError(ConflictError):
    """As many operations of the person go on as may."""

    code = "too_many_operations"
    message = "Too many reminders and jobs are going on already. Wait for one of them to end, or cancel one."
    status = 429
    retryable = True


class CallbackNotFoundError(NotFoundError):
    """The token of a callback is unknown, was used, or comes too late. Which of these is nobody's business."""

    code = "callback_not_found"
    message = "Nothing waits for this callback (any more)."


class TargetNotFoundError(NotFoundError):
    """The notification target does not exist for this person."""

    code = "notification_target_not_found"
    message = "There is no such notification target."


class TooManyTargetsError(ConflictError):
    """The person has as many notification targets as they may. ``details["limit"]`` says how many."""

    code = "too_many_notification_targets"
    message = "There are too many notification targets already. Delete one of them."


class NothingToReadError(ConflictError):
    """A question about runs of which none can be read."""

    code = "nothing_to_read"
    message = "None of these runs can be read: they have not ended, or their words are not kept any more."


class AnonymousRunsError(ConflictError):
    """A question about runs of anonymous conversations in one that is not."""

    code = "anonymous_runs"
    message = (
        "Some of these runs are from anonymous conversations: ask about them in an anonymous one, or in a new one."
    )
