"""The process's environment: a ``.env`` file, the data directory and the secret key. Knows nothing of Django."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(str(BASE_DIR / ".env"))


def data_dir() -> Path:
    """Where the database, files and secrets of this installation live (``CODAY_DATA_DIR``, else ``var/``)."""
    path = Path(env.str("CODAY_DATA_DIR", default=str(BASE_DIR / "var"))).expanduser()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def secret_key() -> str:
    """``SECRET_KEY`` from the environment, else one that is made once and kept in a file only its owner can read."""
    configured = env.str("SECRET_KEY", default="")
    if configured:
        return str(configured)
    path = data_dir() / "secret_key"
    try:
        # O_EXCL: of two processes that start at once, one writes and the other reads.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    key = secrets.token_urlsafe(50)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key
