"""Every kind of provider has its adapter."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from agents.snapshot import ProviderKind
from coday.kernel.http import HttpClients
from runs.errors import ProviderNotFoundError
from runs.inference.registry import ProviderRegistry


@pytest.mark.parametrize("kind", get_args(ProviderKind))
def test_every_kind_has_one_adapter(kind: ProviderKind) -> None:
    registry = ProviderRegistry(HttpClients())
    assert registry.adapter_for(kind) is registry.adapter_for(kind)


def test_an_unknown_kind_is_an_error() -> None:
    unknown: Any = "telepathy"
    with pytest.raises(ProviderNotFoundError):
        ProviderRegistry(HttpClients()).adapter_for(unknown)
