"""Pages of accounts: log in, log out."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView


class Login(LoginView):
    """Log in by username and password; who is logged in goes on to the page."""

    redirect_authenticated_user = True


class Logout(LogoutView):
    """Log out (POST)."""
