"""``manage.py bootstrap``: everything an installation needs before it serves. Quick, and harmless to repeat."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from agents.provisioning import provision
from coday.accounts.models import User

ADMIN = "admin"


class Command(BaseCommand):
    """Migrate, make the admin user, the agents, and the providers that the environment asks for."""

    help = "Prepare the database: migrations, admin user, agents, providers from the environment. Idempotent."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Prepare."""
        self._migrate()
        self._ensure_admin()
        for note in provision(os.environ):
            self.stdout.write(note)

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _ensure_admin(self) -> None:
        """Make the admin user where there is no user at all. Their password is never changed here."""
        if User.objects.exists():
            return
        configured = os.environ.get("CODAY_ADMIN_PASSWORD", "")
        password = configured or secrets.token_urlsafe(12)
        User.objects.create_superuser(ADMIN, password=password)
        how = "the password in CODAY_ADMIN_PASSWORD" if configured else f"the password {password} (shown only now)"
        self.stdout.write(f"The admin user is “{ADMIN}”, with {how}.")
