"""Signatures, by the published example and by a receiver's own reading of the standard."""

from __future__ import annotations

import base64
import time

import pytest
from cryptography.exceptions import InvalidSignature

from runs.notifying.signing import new_secret, signed_headers
from tests.support.hooks import verify


def test_the_published_example() -> None:
    headers = signed_headers(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_receiver_tells_ours_from_others() -> None:
    secret, now = new_secret(), int(time.time())
    headers = dict(signed_headers(secret=secret, message_id="1", timestamp=now, body=b"{}"))
    verify(secret, headers, b"{}")
    for changed in ({"webhook-id": "2"}, {"webhook-timestamp": str(now - 1)}, {"webhook-signature": "v2,AAAA"}):
        with pytest.raises(InvalidSignature):
            verify(secret, {**headers, **changed}, b"{}")
    for wrong in ((secret, b"{ }"), (new_secret(), b"{}")):
        with pytest.raises(InvalidSignature):
            verify(wrong[0], headers, wrong[1])


def test_secrets_are_long_and_different() -> None:
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in secrets} == {32}
