"""What can go wrong when conversations come in."""

from __future__ import annotations

from coday.kernel.errors import InvalidInputError, TooLargeError


class UnknownFormatError(InvalidInputError):
    """The file is no export of a kind that is known here."""

    code = "unknown_format"
    message = "This file is no export that can be read here: Coday, ChatGPT, Claude and Open WebUI are."


class UnreadableFileError(InvalidInputError):
    """The file is damaged, or is no JSON."""

    code = "unreadable_file"
    message = "This file cannot be read: it is damaged, or it is no JSON."


class UnknownVersionError(InvalidInputError):
    """The file was written by a newer Coday."""

    code = "unknown_version"
    message = "This file was written by a newer version of Coday than this one."


class ImportTooLargeError(TooLargeError):
    """The file, or something in it, is over a limit. ``details["limit"]`` gives it, ``details["unit"]`` what it counts."""

    code = "import_too_large"
    message = "This file is too large."


class BrokenThreadError(InvalidInputError):
    """A conversation in the file makes no sense. The rest of the file comes in without it."""

    code = "broken_thread"
    message = "This conversation cannot be read."
