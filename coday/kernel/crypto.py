"""Secrets at rest: a text field that the database holds encrypted.

Keys come from ``settings.ENCRYPTION_KEYS``, newest first: the first one encrypts, all of them decrypt, so a key is rotated
by putting the new one in front and saving every row once (``coday.kernel.rotation``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class UnreadableSecretError(Exception):
    """A stored secret was encrypted with a key that is no longer configured."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str, *, purpose: bytes = b"coday.encryption") -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose)
    return base64.urlsafe_b64encode(hkdf.derive(key.encode()))


def encrypt(clear: str) -> str:
    """Encrypt with the newest key (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(clear.encode()).decode()


def decrypt(stored: str) -> str:
    """Decrypt with whichever key fits.

    Raises:
        UnreadableSecretError: none of the configured keys fits.
    """
    try:
        return _cipher(tuple(settings.ENCRYPTION_KEYS)).decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecretError("A stored secret cannot be read with the configured keys.") from error


def is_current(stored: str) -> bool:
    """Whether this was encrypted with the newest key."""
    try:
        _cipher(tuple(settings.ENCRYPTION_KEYS[:1])).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


def keyed_digest(text: str, *, purpose: str) -> str:
    """64 hexadecimal digits that tell equal texts apart, and nothing to whoever lacks the newest key."""
    key = _derive(settings.ENCRYPTION_KEYS[0], purpose=f"coday.digest.{purpose}".encode())
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(_TextField):
    """Text that the database holds encrypted. The empty string stays empty, so "is a key set?" needs no key."""

    def get_prep_value(self, value: Any) -> Any:
        clear = super().get_prep_value(value)
        return encrypt(clear) if clear else clear

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return decrypt(value) if value else value
