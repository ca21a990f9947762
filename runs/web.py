"""The chat page."""

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
from threads.errors import ThreadNotFoundError
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
        "user": {"id": str(user.pk), "username": user.username, "is_staff": user.is_staff},
        "thread_id": str(thread_id) if thread_id else None,
        "limits": {
            "message_chars": settings.CODAY_MAX_MESSAGE_CHARS,
            "images": settings.CODAY_MAX_IMAGES,
            "image_bytes": settings.CODAY_MAX_IMAGE_BYTES,
        },
    }
