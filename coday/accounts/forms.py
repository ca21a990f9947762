"""The login form of the page and the admin: refuses those who guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from coday.accounts.throttle import TooManyLoginsError, admit
from coday.edge.addresses import address_of

if TYPE_CHECKING:
    _Form = AuthenticationForm
else:
    _Form = object


class _Throttled(_Form):
    """Looks at a password only if not too many were wrong. ``refusal`` is set where it did not."""

    refusal: TooManyLoginsError | None = None
    request: HttpRequest | None

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not username or not password:
            return super().clean()
        try:
            attempt = admit(username=username, address=address_of(self.request))
        except TooManyLoginsError as error:
            self.refusal = error
            raise ValidationError(error.message, code=error.code) from error
        cleaned = super().clean()
        attempt.forgive()
        return cleaned


class LoginForm(_Throttled, AuthenticationForm):
    """The page's."""


class AdminLoginForm(_Throttled, UnfoldAuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """The admin's."""


def with_refusal(response: HttpResponseBase) -> HttpResponseBase:
    """A login page that says in its status and headers, too, that the password was not looked at."""
    form = (response.context_data or {}).get("form") if isinstance(response, TemplateResponse) else None
    refusal: TooManyLoginsError | None = getattr(form, "refusal", None)
    if refusal is not None:
        response.status_code = refusal.status
        response.headers["Retry-After"] = str(refusal.details["retry_after"])
    return response
