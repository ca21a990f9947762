"""Every refusal of a provider becomes the error it means, with the provider's words but never a key."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from agents.snapshot import ProviderKind, ProviderSnapshot
from coday.kernel.http import HttpClients
from runs.errors import (
    ContextTooLongError,
    ProviderAuthError,
    ProviderError,
    ProviderNotFoundError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderUnavailableError,
    RunError,
)
from runs.inference.failures import MAX_MESSAGE, mid_stream_failure, retry_after
from runs.inference.registry import ProviderRegistry
from tests.runs.inference.requests import KEY, ask, outcome, snapshot
from tests.support.mock_provider import CUT, HANG, MockProvider, Reply, json_reply

KINDS: tuple[ProviderKind, ...] = ("openai", "anthropic")


async def failure(clients: HttpClients, base_url: str, kind: ProviderKind = "openai", **model: Any) -> RunError:
    """The error that one question ends with."""
    adapter = ProviderRegistry(clients).adapter_for(kind)
    with pytest.raises(RunError) as caught:
        await outcome(adapter.stream(ask(snapshot(kind, base_url, **model))))
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (301, ProviderNotFoundError, False),
        (307, ProviderNotFoundError, False),
        (400, ProviderRequestError, False),
        (401, ProviderAuthError, False),
        (402, ProviderRateLimitedError, False),
        (403, ProviderAuthError, False),
        (404, ProviderNotFoundError, False),
        (408, ProviderUnavailableError, True),
        (413, ContextTooLongError, False),
        (422, ProviderRequestError, False),
        (429, ProviderRateLimitedError, True),
        (500, ProviderUnavailableError, True),
        (503, ProviderUnavailableError, True),
        (529, ProviderUnavailableError, True),
        (204, ProviderProtocolError, True),
    ],
)
async def test_a_status_is_an_error(
    clients: HttpClients,
    server: MockProvider,
    kind: ProviderKind,
    status: int,
    error: type[RunError],
    retryable: bool,
) -> None:
    framed = status != 204
    server.reply(Reply(status=status, headers={"Location": f"{server.base_url}/elsewhere"}, framed=framed))
    got = await failure(clients, server.base_url, kind)
    assert type(got) is error
    assert got.retryable is retryable
    assert got.details["status"] == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html><h1>Bad gateway</h1>", b"{", b"[]", b"null", b'{"error": 5}', b"\xff"])
@pytest.mark.parametrize("status", [400, 502])
async def test_no_error_body_is_too_strange(
    clients: HttpClients, server: MockProvider, status: int, body: bytes
) -> None:
    server.reply(Reply(status=status, content_type="text/html", steps=(body,) if body else ()))
    got = await failure(clients, server.base_url)
    assert type(got) is (ProviderRequestError if status == 400 else ProviderUnavailableError)
    assert "<" not in got.message


async def test_a_cut_error_body_is_still_that_error(clients: HttpClients, server: MockProvider) -> None:
    server.reply(Reply(status=429, steps=(b'{"error": {"mess', CUT)))
    assert type(await failure(clients, server.base_url)) is ProviderRateLimitedError


async def test_an_error_body_that_never_ends_is_not_waited_for(clients: HttpClients, server: MockProvider) -> None:
    server.reply(Reply(status=503, steps=(b'{"error": {"mess', HANG)))
    async with asyncio.timeout(5):
        assert type(await failure(clients, server.base_url)) is ProviderUnavailableError


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": "Bad 'top_k'."}}, "Bad 'top_k'."),
        ({"error": {"message": "Bad\n  'top_k'.", "code": "bad_value"}}, "Bad 'top_k'. (bad_value)"),
        ({"type": "error", "error": {"type": "invalid_request_error", "message": "Bad."}}, "Bad."),
        ({"error": "Bad."}, "Bad."),
        ([{"error": {"message": "Bad.", "code": 400}}], "Bad."),
        ({"object": "error", "message": "Bad.", "code": 400}, "Bad."),
        ({"detail": [{"msg": "Extra inputs"}]}, '[{"msg":"Extra inputs"}]'),
    ],
)
async def test_the_reason_of_a_refusal_is_told(
    clients: HttpClients, server: MockProvider, body: Any, told: str
) -> None:
    server.reply(json_reply(body, status=400))
    got = await failure(clients, server.base_url)
    assert got.message.startswith(f"The model's provider did not accept the request: {told}")


async def test_a_long_reason_is_shortened(clients: HttpClients, server: MockProvider) -> None:
    server.reply(json_reply({"error": "long " * 10_000}, status=400))
    message = (await failure(clients, server.base_url)).message
    assert message.endswith("…")
    assert len(message) < MAX_MESSAGE + 100


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
@pytest.mark.parametrize("secret", [KEY, "sk-proj-abcdefghij0123456789", "sk-ab***************6789", "Bearer abc.def"])
async def test_no_key_is_in_an_error(clients: HttpClients, server: MockProvider, status: int, secret: str) -> None:
    server.reply(json_reply({"error": {"message": f"Incorrect key: {secret}.", "code": secret}}, status=status))
    got = await failure(clients, server.base_url)
    assert secret not in f"{got.message} {got.details} {got!r}"
    assert KEY not in repr(snapshot("openai", server.base_url))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, {"message": "This model's maximum context length is 8192 tokens.", "code": "context_length_exceeded"}),
        (400, {"message": "prompt is too long: 208310 tokens > 200000 maximum", "type": "invalid_request_error"}),
        (400, {"message": "the request exceeds the available context size", "type": "exceed_context_size_error"}),
        (400, {"message": "The input token count (9) exceeds the maximum number of tokens allowed (8)."}),
        (422, {"message": "Too many tokens in the prompt"}),
    ],
)
async def test_a_full_context_is_told_as_one(
    clients: HttpClients, server: MockProvider, status: int, reason: Any
) -> None:
    server.reply(json_reply({"error": reason}, status=status))
    assert type(await failure(clients, server.base_url)) is ContextTooLongError


async def test_a_used_up_account_is_not_retried(clients: HttpClients, server: MockProvider) -> None:
    server.reply(json_reply({"error": {"message": "You exceeded…", "code": "insufficient_quota"}}, status=429))
    got = await failure(clients, server.base_url)
    assert type(got) is ProviderRateLimitedError
    assert not got.retryable


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_passed_on(clients: HttpClients, server: MockProvider, status: int) -> None:
    server.reply(Reply(status=status, headers={"Retry-After": "7"}))
    got = await failure(clients, server.base_url)
    assert isinstance(got, ProviderError)
    assert got.retry_after == got.details["retry_after"] == 7.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Sat, 01 Aug 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 01 Aug 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 01 Aug 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=lambda: datetime(2026, 8, 1, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, ProviderUnavailableError),
        ({"type": "api_error"}, ProviderUnavailableError),
        ({"type": "rate_limit_error"}, ProviderRateLimitedError),
        ({"type": "authentication_error"}, ProviderAuthError),
        ({"type": "invalid_request_error", "message": "prompt is too long"}, ContextTooLongError),
        ({"type": "something_new"}, ProviderUnavailableError),
        ({"code": 200}, ProviderUnavailableError),
        ({"code": [], "type": {}}, ProviderUnavailableError),
        (None, ProviderUnavailableError),
        (True, ProviderUnavailableError),
    ],
)
def test_an_error_object_in_a_stream(error: Any, kind: type[RunError]) -> None:
    provider = ProviderSnapshot(slug="mock", kind="anthropic", name="Mock", base_url="https://mock.invalid/v1")
    assert type(mid_stream_failure(provider, error)) is kind


class TestAddress:
    @pytest.mark.parametrize("kind", KINDS)
    async def test_a_refused_connection(self, clients: HttpClients, kind: ProviderKind) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            assert type(await failure(clients, f"http://127.0.0.1:{port}/v1", kind)) is ProviderUnavailableError

    async def test_a_name_that_does_not_resolve(self, clients: HttpClients) -> None:
        assert type(await failure(clients, "https://provider.invalid/v1")) is ProviderUnavailableError

    @pytest.mark.parametrize(
        "base_url", ["", "v1", "ftp://127.0.0.1/v1", "http://", "http://[::1/v1", "http://x:99999"]
    )
    async def test_an_address_that_is_none(self, clients: HttpClients, base_url: str) -> None:
        assert type(await failure(clients, base_url)) is ProviderNotFoundError

    async def test_a_server_that_speaks_no_http(self, clients: HttpClients, server: MockProvider) -> None:
        server.reply(Reply(head=b"SSH-2.0-OpenSSH_9.2\r\n", steps=(CUT,)))
        assert type(await failure(clients, server.base_url)) is ProviderProtocolError

    async def test_a_server_that_hangs_up(self, clients: HttpClients, server: MockProvider) -> None:
        server.reply(Reply(head=b"", steps=(CUT,)))
        assert type(await failure(clients, server.base_url)) is ProviderUnavailableError

    async def test_tls_to_a_server_without_it(self, clients: HttpClients) -> None:
        async def say_no(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(say_no, "127.0.0.1", 0) as plain:
            port = plain.sockets[0].getsockname()[1]
            assert type(await failure(clients, f"https://127.0.0.1:{port}/v1")) is ProviderUnavailableError

    async def test_a_certificate_that_nobody_vouches_for(self, clients: HttpClients, tmp_path: Path) -> None:
        heard = []

        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read(1))
            writer.close()

        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self_signed_certificate(tmp_path))
        async with await asyncio.start_server(listen, "127.0.0.1", 0, ssl=tls) as impostor:
            port = impostor.sockets[0].getsockname()[1]
            assert type(await failure(clients, f"https://localhost:{port}/v1")) is ProviderUnavailableError
        assert not any(heard)


def self_signed_certificate(folder: Path) -> Path:
    """A file with a fresh key and its own certificate for ``localhost``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
