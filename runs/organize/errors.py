"""What can go wrong when runs are put in order."""

from __future__ import annotations

from coday.kernel.errors import ConflictError, NotFoundError


class TagNotFoundError(NotFoundError):
    """The tag does not exist for this person."""

    code = "tag_not_found"
    message = "There is no such tag."


class TagExistsError(ConflictError):
    """The person has a tag of this name."""

    code = "tag_exists"
    message = "You have a tag of this name already."


class TooManyTagsError(ConflictError):
    """As many tags as one person may have."""

    code = "too_many_tags"
    message = "You have as many tags as you may have. Delete one of them first."


class TooManyTagsOfRunError(ConflictError):
    """As many tags as a run, or a thread, may have."""

    code = "too_many_tags_of_run"
    message = "That are too many tags for one thing. Take one off first."


class GroupNotFoundError(NotFoundError):
    """The group does not exist for this person, or not in this thread."""

    code = "group_not_found"
    message = "There is no such group."


class TooManyGroupsError(ConflictError):
    """As many groups as one thread may have."""

    code = "too_many_groups"
    message = "This conversation has as many groups as it may have. Delete one of them first."


class FeedbackNotFoundError(NotFoundError):
    """The person has said nothing of this answer."""

    code = "feedback_not_found"
    message = "You have said nothing of this answer."
