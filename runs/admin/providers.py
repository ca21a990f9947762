"""Admin of providers, with a test of the connection."""

from __future__ import annotations

import asyncio

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action

from agents.admin import ProviderAdmin
from agents.models import Provider
from agents.queries import provider_snapshot
from agents.snapshot import ProviderSnapshot
from coday.kernel.crypto import UnreadableSecretError
from coday.kernel.http import HttpClients
from runs.errors import ProviderError, ProviderStalledError
from runs.inference.registry import ProviderRegistry

TEST_SECONDS = 10.0
SHOWN_MODELS = 10


@admin.register(Provider)
class TestableProviderAdmin(ProviderAdmin):
    """Providers, with a button that asks one of them for its models."""

    actions = ("test_chosen",)
    actions_submit_line = ("test_connection",)

    @action(description="Save and test the connection")
    def test_connection(self, request: HttpRequest, obj: Provider) -> None:
        """After saving, ask the provider with its stored address and key."""
        self._tell_whether_it_answers(request, obj)

    @admin.action(description="Test the connection of the chosen providers", permissions=["change"])
    def test_chosen(self, request: HttpRequest, providers: QuerySet[Provider]) -> None:
        """Ask each of them."""
        for provider in providers:
            self._tell_whether_it_answers(request, provider)

    def _tell_whether_it_answers(self, request: HttpRequest, provider: Provider) -> None:
        try:
            names = async_to_sync(_list_models)(provider_snapshot(Provider.objects.get(pk=provider.pk)))
        except ProviderError as error:
            self.message_user(request, f"{provider.name}: {error.message}", messages.ERROR)
        except UnreadableSecretError:
            self.message_user(request, f"{provider.name}: the stored key cannot be read any more.", messages.ERROR)
        else:
            more = ", …" if len(names) > SHOWN_MODELS else ""
            shown = ", ".join(names[:SHOWN_MODELS])
            self.message_user(
                request, f"{provider.name} answers. Models: {len(names)} ({shown}{more}).", messages.SUCCESS
            )


async def _list_models(provider: ProviderSnapshot) -> tuple[str, ...]:
    clients = HttpClients()
    try:
        async with asyncio.timeout(TEST_SECONDS):
            return await ProviderRegistry(clients).adapter_for(provider.kind).list_models(provider)
    except TimeoutError as error:
        raise ProviderStalledError(f"No answer within {TEST_SECONDS:.0f} seconds.") from error
    finally:
        await clients.aclose()
