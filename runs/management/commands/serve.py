"""``manage.py serve``: the web server and the run driver in one event loop, the embedded model beside them."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.local_model import LocalModelProcess
from agents.provisioning import local_model_wanted, set_local_model
from coday.env import BASE_DIR, env
from coday.kernel.database import alone, close_database_threads
from coday.kernel.locks import DirectoryInUseError, alone_in
from runs.execution.driver import start_driver, stop_driver

FRAME_MARGIN = 64 * 1024  # a frame somewhat over the limit is answered; only a much larger one is cut off
SHUTDOWN_SECONDS = 3


class Server(uvicorn.Server):
    """Uvicorn under our own signal handling: its own would raise the signal again, before the driver has stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let the first signal end the server in order, and the second one without waiting for anyone."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


class Command(BaseCommand):
    """Serve Coday on ``HOST`` and ``PORT`` until SIGINT or SIGTERM."""

    help = "Serve Coday on http://${HOST:-127.0.0.1}:${PORT:-8000} until SIGINT or SIGTERM."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """``--bootstrap`` saves a second against two commands."""
        parser.add_argument("--bootstrap", action="store_true", help="Run the bootstrap command first.")

    def handle(self, *_args: Any, bootstrap: bool, **_options: Any) -> None:
        """Take the data directory and the port, start the embedded model, serve."""
        with ExitStack() as stack:
            if not settings.DISTRIBUTED:
                stack.enter_context(_only_server())
            if bootstrap:
                with alone("bootstrap"):
                    call_command("bootstrap", stdout=self.stdout)
            listener = stack.enter_context(
                _listener(env.str("HOST", default="127.0.0.1"), env.int("PORT", default=8000))
            )
            if local_model_wanted():
                stack.enter_context(_local_model())
            config = uvicorn.Config(
                "coday.asgi:application",
                loop="auto",  # uvloop where there is one
                ws="websockets-sansio",
                ws_max_size=settings.CODAY_MAX_FRAME_BYTES + FRAME_MARGIN,
                ws_per_message_deflate=False,  # deltas are too small to be worth compressing
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
            self._say_where(listener)
            with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
                runner.run(_serve(Server(config), listener))
            close_database_threads()

    def _say_where(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Coday is at http://{host}:{port} - log in as admin. Ctrl-C ends it.")
        self.stdout.flush()


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    await start_driver()
    gc.collect()
    gc.freeze()  # what is loaded now stays: a collection in the middle of a stream need not look through it
    try:
        await server.serve(sockets=[listener])
    finally:
        await stop_driver()


@contextmanager
def _only_server() -> Iterator[None]:
    """Hold the data directory's lock; the system gives it back however this process ends."""
    try:
        with alone_in(settings.DATA_DIR):
            yield
    except DirectoryInUseError as error:
        raise CommandError(f"Another Coday server uses the data directory {settings.DATA_DIR}.") from error


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket. It is open before anything else starts, so the first visitor waits instead of being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}. Set PORT to a free one.") from error


@contextmanager
def _local_model() -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = LocalModelProcess(port=port, manage=BASE_DIR / "manage.py", log=settings.DATA_DIR / "local_model.log")
    set_local_model(port=port, key=process.key)
    try:
        yield
    finally:
        process.stop()
