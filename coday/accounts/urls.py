"""Addresses of accounts."""

from __future__ import annotations

from django.urls import path

from coday.accounts import api, web

app_name = "accounts"
urlpatterns = [
    path("accounts/login/", web.Login.as_view(), name="login"),
    path("accounts/logout/", web.Logout.as_view(), name="logout"),
]
api_urlpatterns = [
    path("tokens/", api.Tokens.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/", api.TokenDetail.as_view(), name="token"),
]
