"""A short memory for what every run asks and hardly anything changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

V = TypeVar("V")


class Memory(Generic[V]):
    """Remembers values for ``seconds``. A write to one of ``models``, or to one of ``relations`` (the tables between two
    models), in this process forgets them at once; what another process writes is seen when the time is over. Errors are not
    remembered."""

    def __init__(
        self,
        *,
        seconds: float,
        models: tuple[type[models.Model], ...],
        relations: tuple[type[models.Model], ...] = (),
        size: int = 1_000,
    ) -> None:
        self._seconds = seconds
        self._size = size
        self._values: dict[Hashable, tuple[float, V]] = {}
        for model in models:
            post_save.connect(self._written, sender=model)
            post_delete.connect(self._written, sender=model)
        for relation in relations:
            m2m_changed.connect(self._written, sender=relation)

    def recall(self, key: Hashable, look_up: Callable[[], V]) -> V:
        """The value for ``key``, looked up unless it is remembered."""
        now = time.monotonic()
        known = self._values.get(key)
        if known and known[0] > now:
            return known[1]
        value = look_up()
        if len(self._values) >= self._size:
            self.forget()
        self._values[key] = (now + self._seconds, value)
        return value

    def forget(self) -> None:
        """Forget everything."""
        self._values.clear()

    def _written(self, **_: Any) -> None:
        """Forget now for this transaction's own reads, and again once others can see what was written."""
        self.forget()
        transaction.on_commit(self.forget)
