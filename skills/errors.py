"""What can go wrong with skills and their sources."""

from __future__ import annotations

from coday.kernel.errors import (
    CodayError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooLargeError,
)


class SkillNotFoundError(NotFoundError):
    """The skill does not exist, is switched off, or is not for this person."""

    code = "skill_not_found"
    message = "There is no such skill."


class SourceNotFoundError(NotFoundError):
    """The source does not exist in a skill that this person, or this run, may use."""

    code = "source_not_found"
    message = "There is no such source."


class GroupNotFoundError(NotFoundError):
    """A group that does not exist, or that the person is no member of."""

    code = "group_not_found"
    message = "You are in no such group."


class SkillNotYoursError(ForbiddenError):
    """A skill that the person may use, and somebody else takes care of."""

    code = "skill_not_yours"
    message = "You may use this skill, but not change it."


class SkillSlugTakenError(ConflictError):
    """Another skill has this slug; there is one of each in an installation."""

    code = "skill_slug_taken"
    message = "Another skill has this short name. Choose another one."


class SkillNameTakenError(ConflictError):
    """A skill that the person may use, or one of the site's, is called so: nobody could tell the two apart."""

    code = "skill_name_taken"
    message = "Another skill has this name. Choose another one."


class TooManySkillsError(ConflictError):
    """The person has as many skills as anybody may have."""

    code = "too_many_skills"
    message = "You have as many skills as you may have. Delete one first."


class TooManySourcesError(ConflictError):
    """The skill has as many sources as it may have."""

    code = "too_many_sources"
    message = "This skill has as many sources as it may have. Delete one first."


class SourceTooLargeError(TooLargeError):
    """Too many bytes, pages or characters. ``details`` says how many there may be, and of what."""

    code = "source_too_large"
    message = "This source is too large."


class UnreadableSourceError(InvalidInputError):
    """The content is not what it says it is, is damaged, or is locked with a password."""

    code = "unreadable_source"
    message = "This file cannot be read."


class UnsupportedSourceError(InvalidInputError):
    """Content that is none of the kinds that can be turned into text."""

    code = "unsupported_source"
    message = "Sources are text, Markdown, HTML, PDF or DOCX. This is something else."


class EmptySourceError(InvalidInputError):
    """There is no text in it."""

    code = "empty_source"
    message = "There is no text in this source."


class SlowSourceError(InvalidInputError):
    """Turning it into text took longer, or more memory, than it may."""

    code = "source_takes_too_long"
    message = "Reading this file takes too long or too much memory. Try it in smaller parts."


class ReadersBusyError(CodayError):
    """Too many files are being read at once."""

    code = "readers_busy"
    message = "Other files are being read at the moment. Try again in a few seconds."
    status = 503
    retryable = True


class PageUnavailableError(CodayError):
    """The address was reached, and answered with something else than a page."""

    code = "page_unavailable"
    message = "There is no page at this address."
    status = 502


class SourceHasNoAddressError(ConflictError):
    """Only a page can be fetched again."""

    code = "source_has_no_address"
    message = "This source is no page on the web, so it cannot be fetched again."


class McpHeadersUnreadableError(CodayError):
    """The stored headers of an MCP server were encrypted with a secret that is no longer configured."""

    code = "mcp_headers_unreadable"
    message = "The stored headers of an MCP server can no longer be read. An admin has to enter them again."
    status = 503
