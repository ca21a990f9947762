"""The pages of what is shared: to be read, by whoever has the link, or by those whom it is for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found

from coday.accounts.models import User
from coday.edge.addresses import address_of
from coday.edge.limits import RateLimitedError
from runs.api.shares import count_look
from runs.exchange import sharing
from runs.exchange.share_errors import ShareNotFoundError
from runs.exchange.shown import received_object, snapshot_object
from runs.exchange.snapshot import images_in, load
from runs.models import Share
from threads.api.views import image_response
from threads.errors import ImageNotFoundError
from threads.queries import images_of_thread

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is the key
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def unlisted(view: View[P]) -> View[P]:
    """Whatever it answers is neither kept, nor indexed, nor told to other sites; what is not there is so in one way."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except (ShareNotFoundError, ImageNotFoundError) as error:
            response = cast("HttpResponse", page_not_found(request, error))
        except RateLimitedError as error:
            wait = {"Retry-After": str(error.details["retry_after"])}
            response = HttpResponse(error.message, status=error.status, content_type="text/plain", headers=wait)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return answer


# --- Whoever has the link -----------------------------------------------------------------------------------------


@require_safe
@unlisted
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What a link leads to. No login is needed; to copy it is."""
    count_look(address_of(request))
    row = sharing.find_by_token(token=token)
    if request.method == "GET" and request.user.pk != row.owner_id:
        sharing.count_view(row)
    return _page(request, row, copy=reverse("shared-copy", kwargs={"token": token}))


@require_safe
@unlisted
def shared_image(request: HttpRequest, token: str, image_id: UUID) -> HttpResponse:
    """An image of it."""
    count_look(address_of(request))
    return _image(sharing.find_by_token(token=token), image_id)


# --- Those whom it is for -----------------------------------------------------------------------------------------


@require_safe
@unlisted
@login_required
def share(request: HttpRequest, share_id: UUID) -> HttpResponse:
    """What somebody shares with the caller, or the caller with others."""
    row = sharing.get_share(user_id=_user(request).pk, share_id=share_id)
    return _page(request, row, copy=reverse("share-copy", kwargs={"share_id": share_id}))


@require_safe
@unlisted
@login_required
def share_image(request: HttpRequest, share_id: UUID, image_id: UUID) -> HttpResponse:
    """An image of it."""
    return _image(sharing.get_share(user_id=_user(request).pk, share_id=share_id), image_id)


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # login_required
    return user


def _page(request: HttpRequest, row: Share, *, copy: str) -> HttpResponse:
    """The page; who is logged in gets what a copy needs."""
    is_known = request.user.is_authenticated
    if is_known:
        get_token(request)  # the page sends it back
    bootstrap = {
        "share": received_object(row),
        "snapshot": snapshot_object(row, images=f"{request.path}images/"),
        "copy": copy if is_known else "",
        "login": f"{reverse('accounts:login')}?next={request.path}",
    }
    return render(request, "shared.html", {"bootstrap": bootstrap})


def _image(row: Share, image_id: UUID) -> HttpResponse:
    """An image of the snapshot, and no other one of its conversation.

    Raises:
        ImageNotFoundError: it is not in it, or is gone.
    """
    if image_id not in images_in(load(row.document)):
        raise ImageNotFoundError
    image = images_of_thread(thread_id=row.thread_id, ids=[image_id])[image_id]
    return image_response(image)
