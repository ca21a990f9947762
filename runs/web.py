"""The chat page, and what those who watch the installation ask for."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from coday.accounts.models import User
from runs.observing import monitoring
from threads.errors import ThreadNotFoundError
from threads.privacy.rules import policy
from threads.queries import get_thread


@require_safe
@never_cache
@login_required
@ensure_csrf_cookie  # the page sends it back with what it writes
def chat(request: HttpRequest, thread_id: UUID | None = None) -> HttpResponse:
    """The page, with a conversation or without. What it shows it fetches itself."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # login_required
    if thread_id is not None:
        try:
            get_thread(user_id=user.pk, thread_id=thread_id)
        except ThreadNotFoundError as error:
            raise Http404 from error
    return render(request, "chat.html", {"bootstrap": _bootstrap(user, thread_id)})


def _bootstrap(user: User, thread_id: UUID | None) -> dict[str, object]:
    """What the page has to know before its first request."""
    return {
        "user": {
            "id": str(user.pk),
            "username": user.username,
            "is_staff": user.is_staff,
            "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        },
        "thread_id": str(thread_id) if thread_id else None,
        "privacy": {"policy": policy()},
        "sharing": {"links": settings.CODAY_SHARE_LINKS, "revealed": settings.CODAY_SHARE_REVEALED},
        "limits": {
            "message_chars": settings.CODAY_MAX_MESSAGE_CHARS,
            "images": settings.CODAY_MAX_IMAGES,
            "image_bytes": settings.CODAY_MAX_IMAGE_BYTES,
        },
    }


# --- Watching -------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
async def healthz(_request: HttpRequest) -> HttpResponse:
    """The process lives. It asks nobody else."""
    return _send(monitoring.ALIVE)


@require_safe
@never_cache
async def readyz(request: HttpRequest) -> HttpResponse:
    """Whether everything that the process needs is there; 503 where it is not."""
    return _send(await monitoring.readiness(detailed=_may_watch(request)))


@require_safe
@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for those who may read them."""
    return _send(await monitoring.measurements(allowed=_may_watch(request)))


def _may_watch(request: HttpRequest) -> bool:
    return monitoring.may_watch(headers=request.headers, address=request.META.get("REMOTE_ADDR", ""))


def _send(answer: monitoring.Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
