"""The app, and the admin site that it gives to all of them."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    name = "coday.accounts"
    label = "accounts"
    default = True

    def ready(self) -> None:
        """Listen to logins."""
        import_module("coday.accounts.receivers")


class AdminConfig(admin_apps.SimpleAdminConfig):
    """Its pages are looked for where they get their addresses (``coday.urls``): commands need none of what those import."""

    default = False
    default_site = "coday.accounts.site.AdminSite"
