"""What can go wrong with threads and what they hold."""

from __future__ import annotations

from coday.kernel.errors import CodayError, ConflictError, InvalidInputError, NotFoundError, TooLargeError


class ThreadNotFoundError(NotFoundError):
    """The thread does not exist for this person."""

    code = "thread_not_found"
    message = "There is no such conversation."


class ImageNotFoundError(NotFoundError):
    """The image does not exist in this thread for this person."""

    code = "image_not_found"
    message = "There is no such image in this conversation. Upload it again."


class UnreadableImageError(InvalidInputError):
    """The file's content is not an image of an accepted format, whatever its name says."""

    code = "unreadable_image"
    message = "This file is not a PNG, JPEG, GIF or WebP image."


class ImageTooLargeError(TooLargeError):
    """The image has too many bytes or too many pixels."""

    code = "image_too_large"
    message = "This image is too large."


class AnonymityUnavailableError(InvalidInputError):
    """The site has switched anonymous threads off, so none is made: nothing may look private that is not."""

    code = "anonymity_unavailable"
    message = "Anonymous conversations are switched off here."


class AnonymityRequiredError(InvalidInputError):
    """All threads are anonymous here, and this one was not: nothing of it may be stored in clear."""

    code = "anonymity_required"
    message = "All conversations are anonymous here, so one that is not cannot come in."


class AnonymizationUnavailableError(CodayError):
    """Personal data cannot be found at the moment: nothing that might hold some is stored or sent."""

    code = "RUN_ANONYMIZATION_UNAVAILABLE"
    message = "This cannot be made anonymous at the moment, so it was not sent. Try again in a moment."
    status = 503
    retryable = True


class AnonymizationInputTooLongError(InvalidInputError):
    """More text than can be looked through at once. ``details["limit"]`` is in characters."""

    code = "ANONYMIZATION_INPUT_TOO_LONG"
    message = "This is too long to be made anonymous, so it was not sent. Send it in parts."
    status = 422


class TooManyActiveSkillsError(ConflictError):
    """As many skills are active in the thread as can be."""

    code = "too_many_active_skills"
    message = "Too many skills are active in this conversation. Take one back first."


class PersonalTagError(InvalidInputError):
    """A tag is seen in all of its person's threads, so in an anonymous one it may name nobody."""

    code = "personal_tag"
    message = "This tag looks like personal data, and tags are seen outside of this conversation. Choose another name."
    status = 422


class FolderNotFoundError(NotFoundError):
    """The folder does not exist for this person."""

    code = "folder_not_found"
    message = "There is no such folder."


class FolderExistsError(ConflictError):
    """The person has a folder of this name."""

    code = "folder_exists"
    message = "You have a folder of this name already."


class TooManyFoldersError(ConflictError):
    """As many folders as one person may have."""

    code = "too_many_folders"
    message = "You have as many folders as you may have. Delete one of them first."
