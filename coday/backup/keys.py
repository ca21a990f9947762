"""The installation's keys: kept apart from its archives, and recognised by fingerprints."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from coday.backup.errors import BackupError

FINGERPRINT_BYTES = 16


def fingerprint(key: str) -> str:
    """What tells a key from another and says nothing about it: derived for this purpose alone (HKDF-SHA256), in hex."""
    hkdf = HKDF(algorithm=SHA256(), length=FINGERPRINT_BYTES, salt=None, info=b"coday.backup.fingerprint")
    return hkdf.derive(key.encode()).hex()


def fingerprints() -> list[str]:
    """Those of the keys that encrypt this installation's stored secrets, newest first."""
    return [fingerprint(key) for key in settings.ENCRYPTION_KEYS]


def write_keys(path: Path) -> None:
    """Write the keys as lines of an environment file, which only its owner can read.

    Raises:
        BackupError: the file exists, or cannot be written.
    """
    lines = [f"SECRET_KEY={settings.SECRET_KEY}"]
    if settings.ENCRYPTION_KEYS != [settings.SECRET_KEY]:
        lines.append(f"CODAY_ENCRYPTION_KEYS={','.join(settings.ENCRYPTION_KEYS)}")
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text("\n".join(lines) + "\n")
    except OSError as error:
        raise BackupError(f"The keys cannot be written to {path}: {error.strerror}.") from error
