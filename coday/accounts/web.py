"""Pages of accounts: log in, log out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponseBase

from coday.accounts.forms import LoginForm, with_refusal


class Login(LoginView):
    """Log in by username and password; who is logged in goes on to the page."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who guesses gets 429."""
        return with_refusal(super().dispatch(request, *args, **kwargs))


class Logout(LogoutView):
    """Log out (POST)."""
