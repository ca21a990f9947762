"""Rotates encryption keys: saves every stored secret with the newest key, so that older ones can be thrown away.

The fields are found, not listed: whoever adds an ``EncryptedTextField`` need not think of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import F, Model, QuerySet, TextField
from django.db.models.functions import Cast

from coday.kernel.crypto import EncryptedTextField, UnreadableSecretError, decrypt, is_current


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """One encrypted field of one model."""

    model: type[Model]
    field: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field}"

    def stored(self) -> QuerySet[Model, tuple[Any, str]]:
        """Key and stored text of each row that has a secret; nothing is decrypted."""
        return self._rows().exclude(stored="").order_by("pk").values_list("pk", "stored")

    def rotate(self, pk: Any) -> bool:
        """Save one secret with the newest key; ``False`` where it is so already, or gone.

        What is written meanwhile by others is not lost: a row is replaced only while it holds what was read.
        """
        while True:
            row = self.stored().filter(pk=pk).first()
            if row is None or is_current(row[1]):
                return False
            if self._rows().filter(pk=pk, stored=row[1]).update(**{self.field: decrypt(row[1])}):
                return True

    def _rows(self) -> QuerySet[Any]:
        rows = self.model._base_manager  # noqa: SLF001  # Django's documented name
        return rows.annotate(stored=Cast(F(self.field), TextField()))  # through the field itself, reading decrypts


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a column holds: the keys of rows that are to be saved again and that cannot be read, and how many are good."""

    column: EncryptedColumn
    outdated: tuple[Any, ...]
    unreadable: tuple[Any, ...]
    current: int


def encrypted_columns() -> list[EncryptedColumn]:
    """Every encrypted field of every model, in a stable order."""
    return sorted(
        (
            EncryptedColumn(model, field.name)
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed and not model._meta.proxy
            for field in model._meta.local_concrete_fields
            if isinstance(field, EncryptedTextField)
        ),
        key=str,
    )


def survey() -> Iterator[Survey]:
    """Look at every stored secret, and change nothing."""
    for column in encrypted_columns():
        states = {pk: _state_of(stored) for pk, stored in column.stored()}
        yield Survey(
            column=column,
            outdated=tuple(pk for pk, state in states.items() if state == "outdated"),
            unreadable=tuple(pk for pk, state in states.items() if state == "unreadable"),
            current=sum(state == "current" for state in states.values()),
        )


def _state_of(stored: str) -> str:
    if is_current(stored):
        return "current"
    try:
        decrypt(stored)
    except UnreadableSecretError:
        return "unreadable"
    return "outdated"
