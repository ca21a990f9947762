"""Where people want to be told, and what they were told there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.database import reserve
from coday.kernel.guarded.policy import FetchPolicy
from coday.kernel.guarded.targets import parse_target
from coday.kernel.ids import new_id
from runs.errors import TargetNotFoundError, TooManyTargetsError
from runs.models import Notification, NotificationTarget
from runs.notifying.letters import Letter, trial_letter
from runs.notifying.sending import stop
from runs.notifying.signing import new_secret

MOST = 20  # targets of a person


def targets_of(*, user_id: UUID) -> QuerySet[NotificationTarget]:
    """A person's targets by name, without their secrets."""
    return NotificationTarget.objects.filter(owner_id=user_id).defer("secret")


def get_target(*, user_id: UUID, target_id: UUID, lock: bool = False) -> NotificationTarget:
    """One of the person's targets. ``lock`` holds it until the transaction ends.

    Raises:
        TargetNotFoundError: it does not exist, or is not theirs.
    """
    targets = targets_of(user_id=user_id).filter(pk=target_id)
    target = (targets.select_for_update() if lock else targets).first()
    if target is None:
        raise TargetNotFoundError
    return target


def deliveries_of(*, user_id: UUID, target_id: UUID) -> QuerySet[Notification]:
    """What a target was told, or is to be told.

    Raises:
        TargetNotFoundError: it does not exist, or is not theirs.
    """
    return Notification.objects.filter(target=get_target(user_id=user_id, target_id=target_id))


@transaction.atomic
def create_target(*, user_id: UUID, values: Mapping[str, Any]) -> tuple[NotificationTarget, str]:
    """Make a target with ``name``, ``url``, ``events`` and ``enabled``. The second value is its secret: it can be shown now
    and never again.

    Raises:
        TooManyTargetsError: the person has as many as they may.
        InvalidAddressError, AddressRefusedError: nothing may be sent to its address.
    """
    _check_address(values["url"])
    reserve(f"notification targets of {user_id}")
    if NotificationTarget.objects.filter(owner_id=user_id).count() >= MOST:
        raise TooManyTargetsError(details={"limit": MOST})
    secret = new_secret()
    owner = User.objects.get(pk=user_id)
    target = NotificationTarget.objects.create(owner=owner, secret=secret, since=timezone.now(), **values)
    return target, secret


@transaction.atomic
def change_target(*, user_id: UUID, target_id: UUID, changes: Mapping[str, Any]) -> NotificationTarget:
    """Change a target. One that is switched on again is not told what happened while it was off.

    Raises:
        TargetNotFoundError: it does not exist, or is not theirs.
        InvalidAddressError, AddressRefusedError: nothing may be sent to its new address.
    """
    target = get_target(user_id=user_id, target_id=target_id, lock=True)
    if "url" in changes:
        _check_address(changes["url"])
    written = dict(changes)
    if written.get("enabled") and not target.enabled:
        written |= {"since": timezone.now(), "failing_since": None, "last_error": "", "stopped_because": ""}
    NotificationTarget.objects.filter(pk=target.pk).update(**written)
    if target.enabled and written.get("enabled") is False:
        stop(target)
    return get_target(user_id=user_id, target_id=target_id)


def delete_target(*, user_id: UUID, target_id: UUID) -> None:
    """Delete a target with what it was told.

    Raises:
        TargetNotFoundError: it does not exist, or is not theirs.
    """
    get_target(user_id=user_id, target_id=target_id).delete()


def letter_to_try(*, user_id: UUID, target_id: UUID) -> Letter:
    """What is sent to try a target, switched on or off.

    Raises:
        TargetNotFoundError: it does not exist, or is not theirs.
    """
    return trial_letter(target=get_target(user_id=user_id, target_id=target_id), message_id=new_id())


def _check_address(url: str) -> None:
    """Refuse at once what cannot be sent to; where its name leads is checked whenever something is sent.

    Raises:
        InvalidAddressError, AddressRefusedError
    """
    target = parse_target(url)
    FetchPolicy.from_settings().check_place(target.host, target.port)
