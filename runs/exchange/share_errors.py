"""What can be wrong with sharing."""

from __future__ import annotations

from coday.kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, TooLargeError


class ShareNotFoundError(NotFoundError):
    """It never was, was revoked, has expired, or is not for this person. Which of these is nobody's business."""

    code = "share_not_found"
    message = "Nothing is shared here."


class NobodyToShareWithError(InvalidInputError):
    """Neither a link, nor a person, nor a group."""

    code = "nobody_to_share_with"
    message = "Say with whom: people, groups, or whoever has the link."


class UnknownNameError(InvalidInputError):
    """No such person, or no group of one's own. ``details["names"]`` has those that were asked for."""

    code = "unknown_name"


class NothingToShareError(ConflictError):
    """Nothing was answered yet."""

    code = "nothing_to_share"
    message = "There is nothing to share yet. Wait for the first answer."


class LinksForbiddenError(ForbiddenError):
    """The site shares with named people alone."""

    code = "links_forbidden"
    message = "Links are not allowed here. Share with people or groups."


class RevealForbiddenError(ForbiddenError):
    """Masks may not be lifted for so many."""

    code = "reveal_forbidden"
    message = "Personal data may not be shown to these readers."


class TooManySharesError(ConflictError):
    """As much is shared as one person may share."""

    code = "too_many_shares"
    message = "You share too much already. Revoke something first."
    status = 429


class ShareTooLargeError(TooLargeError):
    """The snapshot has more bytes than one may have."""

    code = "share_too_large"
    message = "This is too long to be shared as a whole. Share a single run."
