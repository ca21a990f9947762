"""``manage.py local_model``: serve the embedded model until standard input ends. ``serve`` starts it as its child."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents import local_model


class Command(BaseCommand):
    """Serve the embedded model on loopback."""

    help = "Serve the embedded model on 127.0.0.1 until standard input ends."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """``--port``."""
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *_args: Any, port: int, **_options: Any) -> None:
        """Serve."""
        local_model.run(port=port)
