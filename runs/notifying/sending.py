"""Sends what is due, and tries again what was not taken.

A notification is claimed before it is sent: for as long as its lease holds, nobody else sends it. A process that dies in the
middle lets the lease run out, and the notification is sent again: receivers know it by its ``webhook-id``.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from coday.kernel.guarded.client import GuardedClient
from coday.kernel.guarded.policy import FetchPolicy
from runs.models import Notification, NotificationTarget, Run
from runs.notifying.letters import Letter, letter_of
from runs.notifying.signing import signed_headers

SECONDS: Final = 3.5  # of one request: all that is sent at once has to be over before the clock's next tick
SENDING: Final = 1.0  # seconds of a tick in which something is still claimed
AT_ONCE: Final = 20  # requests
AT_ONCE_TO_ONE: Final = 4  # requests to one target: a slow one leaves room for the others
LEASE: Final = timedelta(seconds=60)
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1_800, 7_200, 28_800, 86_400))
"""Between the attempts. After the last one nothing is tried any more."""
PATIENCE: Final = timedelta(days=3)  # in which nothing got through; then a target is switched off
KEPT: Final = timedelta(days=30)
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: it was taken, or why not. ``gone``: the address wants nothing any more."""

    refusal: str = ""
    gone: bool = False

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return not self.refusal


async def send_due() -> None:
    """Send what is due, for about as long as a chore may take."""
    until = time.monotonic() + SENDING
    while letters := await in_database(claim_due):
        await asyncio.gather(*(_deliver(letter) for letter in letters))
        if time.monotonic() >= until:
            return


async def post(letter: Letter) -> Answer:
    """Send a letter once. Redirects are not followed, and of the answer only the status is read."""
    headers = signed_headers(
        secret=letter.secret, message_id=str(letter.id), timestamp=int(time.time()), body=letter.body
    )
    policy = replace(FetchPolicy.from_settings(), seconds=SECONDS, redirects=0)
    request = GuardedClient(policy=policy).stream(
        letter.url, method="POST", headers={"Content-Type": "application/json", **headers}, body=letter.body
    )
    try:
        async with request as answer:
            status = answer.status
    except CodayError as error:
        return Answer(error.message)
    if 200 <= status < 300:
        return Answer()
    return Answer(f"The address answered with the status {status}.", gone=status == GONE)


async def _deliver(letter: Letter) -> None:
    answer = await post(letter)
    await in_database(settle, letter=letter, answer=answer)


@transaction.atomic
def claim_due() -> list[Letter]:
    """Take what is due, longest waiting first, and little enough of each target."""
    now = timezone.now()
    waiting = Notification.objects.filter(next_at__lte=now, target__enabled=True, target__owner__is_active=True)
    place = Window(RowNumber(), partition_by=F("target_id"), order_by=("next_at", "pk"))
    due = waiting.annotate(place=place).filter(place__lte=AT_ONCE_TO_ONE).order_by("next_at", "pk")[:AT_ONCE]
    found = {notification.pk: notification for notification in due}
    claimed = [one for one in found.values() if _claim(one)]
    targets = NotificationTarget.objects.in_bulk({one.target_id for one in claimed})
    runs = Run.objects.select_related("thread").filter(deleted_at__isnull=True).in_bulk([one.run_id for one in claimed])
    letters = []
    for one in claimed:
        one.target = targets[one.target_id]
        if one.run_id in runs:
            letters.append(letter_of(notification=one, run=runs[one.run_id]))
        else:
            _give_up(one, "The run was deleted.")
    return letters


def _claim(notification: Notification) -> bool:
    due = Notification.objects.filter(pk=notification.pk, next_at=notification.next_at)
    return due.update(next_at=timezone.now() + LEASE, attempts=F("attempts") + 1) == 1


def _give_up(notification: Notification, reason: str) -> None:
    Notification.objects.filter(pk=notification.pk).update(next_at=None, last_error=reason)


# --- What became of it ----------------------------------------------------------------------------------------------


@transaction.atomic
def settle(*, letter: Letter, answer: Answer) -> None:
    """Write down what became of an attempt. A target that is gone, or that nothing got through to for too long, is switched
    off. What was deleted meanwhile is left alone."""
    # Of several answers of one target that come at once, each finds what the one before it wrote.
    target = NotificationTarget.objects.select_for_update().filter(pk=letter.target_id).first()
    notification = Notification.objects.filter(pk=letter.id).first()
    if target is None or notification is None:
        return
    now = timezone.now()
    if answer.taken:
        Notification.objects.filter(pk=letter.id).update(delivered_at=now, next_at=None, last_error="")
        NotificationTarget.objects.filter(pk=target.pk).update(failing_since=None, last_error="")
        return
    reason = answer.refusal[:300]
    more = notification.attempts <= len(PAUSES) and target.enabled
    next_at = now + PAUSES[notification.attempts - 1] if more else None
    Notification.objects.filter(pk=letter.id).update(next_at=next_at, last_error=reason)
    failing_since = target.failing_since or now
    NotificationTarget.objects.filter(pk=target.pk).update(failing_since=failing_since, last_error=reason)
    if answer.gone:
        stop(target, because=reason)
    elif now - failing_since > PATIENCE:
        stop(target, because=f"Nothing got through for {PATIENCE.days} days. {reason}")


def stop(target: NotificationTarget, *, because: str = "") -> None:
    """Switch a target off, in the caller's transaction; what was still to be sent is not."""
    NotificationTarget.objects.filter(pk=target.pk).update(enabled=False, stopped_because=because[:300])
    waiting = Notification.objects.filter(target=target, next_at__isnull=False)
    waiting.filter(last_error="").update(last_error="The target was switched off.")
    waiting.update(next_at=None)


def forget_old() -> None:
    """Delete what was settled long ago."""
    Notification.objects.filter(created_at__lt=timezone.now() - KEPT, next_at__isnull=True).delete()
