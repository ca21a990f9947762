"""What can go wrong with threads and what they hold."""

from __future__ import annotations

from coday.kernel.errors import InvalidInputError, NotFoundError, TooLargeError


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
    """Anonymous threads cannot be had on this server, so none is made: nothing may look private that is not."""

    code = "anonymity_unavailable"
    message = "This server cannot keep conversations anonymous yet."
