"""The app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "coday.accounts"
    label = "accounts"
