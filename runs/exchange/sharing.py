"""Sharing: read-only snapshots of a branch or of one run, for people, groups, or whoever has a link.

A link's token is 256 random bits that are told once; its digest is stored. Whatever cannot be seen (revoked, expired, for
others, of somebody who was deactivated, or made up) is not there, in one and the same way.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from coday.accounts.audit import Action, Actor, record
from coday.accounts.authentication import digest_of
from coday.accounts.queries import groups_called, people_called
from coday.edge.limits import RateLimit
from coday.kernel.database import reserve
from coday.kernel.errors import InvalidInputError
from runs.exchange.share_errors import (
    LinksForbiddenError,
    NobodyToShareWithError,
    RevealForbiddenError,
    ShareNotFoundError,
    TooManySharesError,
    UnknownNameError,
)
from runs.exchange.snapshot import runs_to_share, store, take
from runs.models import Run, Share
from threads.models import Thread
from threads.queries import get_thread, thread_snapshot

N = TypeVar("N")

LINK_LASTS: Final = timedelta(days=30)  # where nobody says for how long
LONGEST_LINK: Final = timedelta(days=366)
WRONG_NAMES_PER_MINUTE: Final = 20  # of one person: names are not to be found out by trying
TOKEN_BYTES: Final = 32

_wrong_names = RateLimit()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """What is to be shared, and with whom. ``show_name`` is ``None`` for what is usual: readers who are named see whose it
    is, whoever has a link does not."""

    run: UUID | None = None
    link: bool = False
    people: Sequence[str] = ()
    groups: Sequence[str] = ()
    expires_at: datetime | None = None
    reveal: bool = False
    show_name: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readers:
    people: dict[str, UUID]
    groups: dict[str, int]


# --- Writes -------------------------------------------------------------------------------------------------------


@transaction.atomic
def share(*, by: Actor, owner_id: UUID, thread_id: UUID, new: NewShare) -> tuple[Share, str]:
    """Share the branch of a thread that is shown, or one run of it, as it is now. The second value is the link's token: it
    can be told now and never again; empty without a link.

    Raises:
        ThreadNotFoundError, RunNotFoundError: they do not exist for this person.
        RunStateError, NothingToShareError, ShareTooLargeError: see ``snapshot``.
        NobodyToShareWithError: nobody could see it.
        UnknownNameError: no such person, or no such group of theirs.
        LinksForbiddenError, RevealForbiddenError: the site does not allow that.
        TooManySharesError: they share as much as one person may.
        RateLimitedError: too many wrong names.
    """
    thread = get_thread(user_id=owner_id, thread_id=thread_id)
    runs = runs_to_share(user_id=owner_id, thread=thread, run_id=new.run)
    reveal = new.reveal and thread.anonymous
    _ensure_allowed(link=new.link, reveal=reveal)
    readers = _readers_of(new, owner_id=owner_id)
    _ensure_room(owner_id=owner_id)
    token = secrets.token_urlsafe(TOKEN_BYTES) if new.link else ""
    row = Share(
        owner_id=owner_id, thread=thread, run_id=new.run, reveals=reveal, token_digest=digest_of(token) if token else "",
        expires_at=_end_of(new), shows_name=not new.link if new.show_name is None else new.show_name,
    )  # fmt: skip
    _fill(row, thread=thread, runs=runs)
    row.save(force_insert=True)
    row.people.set(readers.people.values())  # type: ignore[arg-type]  # keys, which are UUIDs here
    row.groups.set(readers.groups.values())
    told = {"people": sorted(readers.people), "groups": sorted(readers.groups)}
    _note("shared", row, by=by, link=new.link, reveals=reveal, **told)
    return row, token


@transaction.atomic
def renew(*, by: Actor, owner_id: UUID, share_id: UUID) -> Share:
    """Take the snapshot of a share anew, for the same readers: what was said since then is in it.

    Raises:
        ShareNotFoundError: there is no such share of this person's that can still be seen.
        RunNotFoundError, NothingToShareError, ShareTooLargeError, RevealForbiddenError, LinksForbiddenError: as ``share``.
    """
    row = _locked(live_shares().filter(owner=owner_id), share_id)
    _ensure_allowed(link=bool(row.token_digest), reveal=row.reveals)
    thread = get_thread(user_id=owner_id, thread_id=row.thread_id)
    _fill(row, thread=thread, runs=runs_to_share(user_id=owner_id, thread=thread, run_id=row.run_id))
    row.save(update_fields=["runs", "title", "document", "taken_at"])
    _note("renewed", row, by=by)
    return row


@transaction.atomic
def revoke(*, by: Actor, share_id: UUID, owner_id: UUID | None = None) -> None:
    """End a share at once, and keep nothing of what it showed; one that was revoked before stays so.

    Args:
        owner_id: whose share it has to be; ``None`` for whoever runs the site.

    Raises:
        ShareNotFoundError: there is no such share (of this person's).
    """
    shares = Share.objects.all() if owner_id is None else Share.objects.filter(owner=owner_id)
    row = _locked(shares, share_id)
    if row.revoked_at is not None:
        return
    row.revoked_at = timezone.now()
    row.document, row.runs = "", []
    row.save(update_fields=["revoked_at", "document", "runs"])
    _note("revoked", row, by=by, views=row.views)


def forget_expired() -> int:
    """Keep nothing of what can be seen no more; returns of how many shares that was. Their rows stay, for the lists."""
    expired = Share.objects.filter(expires_at__lte=timezone.now()).exclude(document="")
    return expired.update(document="", runs=[])


def count_view(row: Share) -> None:
    """Note that somebody has opened the link."""
    Share.objects.filter(pk=row.pk).update(views=F("views") + 1, viewed_at=timezone.now())


def _locked(shares: QuerySet[Share], share_id: UUID) -> Share:
    row = shares.filter(pk=share_id).select_for_update(no_key=True, of=("self",)).first()
    if row is None:
        raise ShareNotFoundError
    return row


def _fill(row: Share, *, thread: Thread, runs: Sequence[Run]) -> None:
    snapshot = thread_snapshot(thread)
    named = runs[-1].title if row.run_id else ""
    row.title = named or snapshot.title or snapshot.excerpt
    row.runs = [str(run.pk) for run in runs]
    row.taken_at = timezone.now()
    row.document = store(take(thread=thread, runs=runs, title=row.title, reveal=row.reveals))


def _note(what: str, row: Share, *, by: Actor, **facts: object) -> None:
    record(action=Action.ACTED, by=by, about=row, details={"action": what, "thread": str(row.thread_id), **facts})


# --- What is allowed ----------------------------------------------------------------------------------------------


def _ensure_allowed(*, link: bool, reveal: bool) -> None:
    if link and not settings.CODAY_SHARE_LINKS:
        raise LinksForbiddenError(details={"field": "link"})
    allowed = {"people": not link, "links": True}.get(settings.CODAY_SHARE_REVEALED, False)
    if reveal and not allowed:
        raise RevealForbiddenError(details={"field": "reveal"})


def _ensure_room(*, owner_id: UUID) -> None:
    reserve(f"shares {owner_id}")
    if Share.objects.filter(owner=owner_id, revoked_at=None).count() >= settings.CODAY_MAX_SHARES:
        raise TooManySharesError(details={"limit": settings.CODAY_MAX_SHARES})


def _end_of(new: NewShare) -> datetime | None:
    """When it ends. What whoever has its address can read does so, some day."""
    now = timezone.now()
    if new.expires_at is not None and new.expires_at <= now:
        raise InvalidInputError("It has to end in the future.", field="expires_at")
    if not new.link:
        return new.expires_at
    if new.expires_at is not None and new.expires_at > now + LONGEST_LINK:
        raise InvalidInputError(f"A link lasts {LONGEST_LINK.days} days at most.", field="expires_at")
    return new.expires_at or now + LINK_LASTS


def _readers_of(new: NewShare, *, owner_id: UUID) -> _Readers:
    """Those who are named. That a name is wrong is all that is said of it, and not as often as somebody likes."""
    if not (new.link or new.people or new.groups):
        raise NobodyToShareWithError(field="people")

    def groups(names: Collection[str]) -> dict[str, int]:
        return groups_called(names, user_id=owner_id)

    readers = _Readers(
        people=_resolved(new.people, people_called, field="people", by=owner_id),
        groups=_resolved(new.groups, groups, field="groups", by=owner_id),
    )
    if owner_id in readers.people.values():
        raise InvalidInputError("This is yourself.", field="people")
    return readers


def _resolved(
    names: Sequence[str], look_up: Callable[[Collection[str]], dict[str, N]], *, field: str, by: UUID
) -> dict[str, N]:
    found = look_up(set(names)) if names else {}
    missing = sorted(set(names) - found.keys())
    for _ in missing:
        _wrong_names.take(by, per_second=WRONG_NAMES_PER_MINUTE / 60, burst=WRONG_NAMES_PER_MINUTE)
    if missing:
        what = "Nobody here is called" if field == "people" else "You are in no group called"
        raise UnknownNameError(f"{what} {', '.join(missing)}.", field=field, details={"names": missing})
    return found


# --- Reads --------------------------------------------------------------------------------------------------------


def live_shares() -> QuerySet[Share]:
    """What can be seen by somebody: neither revoked nor expired, of people who may log in."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return Share.objects.filter(lasting, revoked_at=None, owner__is_active=True).select_related("owner")


def own_shares(*, user_id: UUID, thread_id: UUID | None = None) -> QuerySet[Share]:
    """All that this person has shared (of one thread), ended or not, without what it shows."""
    shares = Share.objects.filter(owner=user_id)
    if thread_id is not None:
        shares = shares.filter(thread=thread_id)
    return shares.defer("document").select_related("owner").prefetch_related("people", "groups")


def received_shares(*, user_id: UUID) -> QuerySet[Share]:
    """What others share with this person, by name or by group, without what it shows."""
    return live_shares().filter(_is_for(user_id)).exclude(owner=user_id).defer("document")


def get_share(*, user_id: UUID, share_id: UUID) -> Share:
    """A share that this person may see: their own, or one that they received.

    Raises:
        ShareNotFoundError: there is none.
    """
    row = live_shares().filter(Q(owner=user_id) | _is_for(user_id), pk=share_id).first()
    if row is None:
        raise ShareNotFoundError
    return row


def get_own_share(*, user_id: UUID, share_id: UUID) -> Share:
    """A share of this person's, ended or not, without what it shows.

    Raises:
        ShareNotFoundError: there is none.
    """
    row = own_shares(user_id=user_id).filter(pk=share_id).first()
    if row is None:
        raise ShareNotFoundError
    return row


def find_by_token(*, token: str) -> Share:
    """The share that this link leads to.

    Raises:
        ShareNotFoundError: none (any more), or links are not allowed here.
    """
    digest = digest_of(token)
    row = live_shares().filter(token_digest=digest).first() if settings.CODAY_SHARE_LINKS else None
    if row is None or not constant_time_compare(row.token_digest, digest):
        raise ShareNotFoundError
    return row


def _is_for(user_id: UUID) -> Q:
    by_name = Share.people.through.objects.filter(share=OuterRef("pk"), user=user_id)
    by_group = Share.groups.through.objects.filter(share=OuterRef("pk"), group__user=user_id)
    return Q(Exists(by_name)) | Q(Exists(by_group))
