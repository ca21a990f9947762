"""The app."""

from importlib import import_module

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"
    label = "runs"

    def ready(self) -> None:
        """Connect the receivers. Nothing is started here."""
        import_module("runs.receivers")
