"""What can go wrong when what was said once is used again."""

from __future__ import annotations

from collections.abc import Mapping

from coday.kernel.errors import ConflictError, InvalidInputError, NotFoundError


class TemplateNotFoundError(NotFoundError):
    """The template does not exist for this person."""

    code = "template_not_found"
    message = "There is no such template."


class VersionNotFoundError(NotFoundError):
    """The template was never saved under this number."""

    code = "template_version_not_found"
    message = "The template has no such version."


class ScheduleNotFoundError(NotFoundError):
    """The schedule does not exist for this person."""

    code = "schedule_not_found"
    message = "There is no such schedule."


class TemplateInvalidError(InvalidInputError):
    """The template cannot be saved like this. ``details["field"]`` says what is wrong with it."""

    code = "invalid_template"


class AmbiguousTemplateError(InvalidInputError):
    """Several people share a template of this name."""

    code = "ambiguous_template"
    message = "Several templates that are shared with you have this name. Use the id of the one that you mean."


class TemplateCycleError(InvalidInputError):
    """A template would contain itself."""

    code = "template_cycle"
    message = "This template would contain itself."
    status = 422


class TemplateTooDeepError(InvalidInputError):
    """More templates inside each other than may be. ``details["limit"]`` gives how many."""

    code = "template_too_deep"
    message = "Too many templates are inside each other."
    status = 422


class ArgumentsInvalidError(InvalidInputError):
    """Arguments do not fit the template's parameters. ``details["errors"]`` says what is wrong with each."""

    code = "template_arguments"
    status = 422

    def __init__(self, errors: Mapping[str, str]) -> None:
        name, message = next(iter(errors.items()))
        super().__init__(f"{name}: {message}", field=name, details={"errors": dict(errors)})


class TemplateExistsError(ConflictError):
    """The person has a template of this slug."""

    code = "template_exists"
    message = "You have a template of this name already."


class TemplateArchivedError(ConflictError):
    """The template was put away by its owner."""

    code = "template_archived"
    message = "This template is archived: nothing starts from it any more."


class TooManyTemplatesError(ConflictError):
    """As many templates as one person may have."""

    code = "too_many_templates"
    message = "You have as many templates as you may have. Delete one of them first."


class TooManySchedulesError(ConflictError):
    """As many schedules as one person may have."""

    code = "too_many_schedules"
    message = "You have as many schedules as you may have. Delete one of them first."


class ScheduleInvalidError(InvalidInputError):
    """The schedule's times make no sense, or come too often. ``details["field"]`` says which of them."""

    code = "invalid_schedule"


class ConversationGoneError(NotFoundError):
    """A schedule's conversation was deleted."""

    code = "thread_not_found"
    message = "The conversation that its runs go into is gone."


class InactiveOwnerError(ConflictError):
    """A schedule's person may not log in any more."""

    code = "inactive_owner"
    message = "Its person may not log in any more."
