"""The process's environment: a ``.env`` file, the data directory and the secret key. Knows nothing of Django."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

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
    if not path.exists():
        _make_secret_key(path)
    return path.read_text().strip()


def _make_secret_key(path: Path) -> None:
    """Write a key under another name and link it: of two processes that start at once, both read the first one's."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=".secret_key") as file:  # mode 600 from its first moment
        file.write(secrets.token_urlsafe(50))
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
