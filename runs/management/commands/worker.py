"""``manage.py worker``: executes runs for any number of web processes."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string
from uvicorn import Config

from coday.kernel.database import close_database_threads


class Command(BaseCommand):
    """Execute runs until SIGINT or SIGTERM."""

    help = "Execute runs until SIGINT or SIGTERM. Needs DATABASE_URL (PostgreSQL) and REDIS_URL."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """How much this process takes on."""
        parser.add_argument(
            "--concurrency", type=int, default=settings.CODAY_MAX_RUNS, help="Runs at once (CODAY_MAX_RUNS)."
        )

    def handle(self, *_args: Any, concurrency: int, **_options: Any) -> None:
        """Work."""
        if not settings.DISTRIBUTED:
            raise CommandError(
                "Workers need PostgreSQL and Redis: set DATABASE_URL and REDIS_URL. Without them, manage.py serve executes"
                " runs itself."
            )
        if concurrency < 1:
            raise CommandError("A worker executes at least one run at once.")
        with _monitoring(), asyncio.Runner(loop_factory=Config("", loop="auto").get_loop_factory()) as runner:
            runner.run(self._work(concurrency))
        close_database_threads()

    async def _work(self, concurrency: int) -> None:
        worker = import_string("runs.execution.worker.Worker")(concurrency=concurrency)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
        self.stdout.write(f"This worker executes up to {concurrency} runs at once. Ctrl-C ends it.")
        self.stdout.flush()
        await worker.run()


def _monitoring() -> AbstractContextManager[Any]:
    """A server for those who watch, where ``CODAY_METRICS_PORT`` says so."""
    server: AbstractContextManager[Any] = import_string("runs.observing.monitoring.worker_server")()
    return server
