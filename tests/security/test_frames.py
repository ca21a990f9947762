"""Line 21, at the sockets: whatever a frame says, it gets its answer, no fault of the server's, and the socket stays open."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from tests.runs.api.site import Site
from tests.security.doors import FRAMES, Objects
from tests.support.replies import PATIENCE

NAMES = ("type", "ref", "key", "input", "agent", "model", "parent", "when_busy", "run_id", "after", "text", "images")

words = st.one_of(
    st.sampled_from(
        ["", "user", "queue", "reject", "interrupt", "helper", "mock-1", "\0", "\ufffd", "x" * 300, "null"]
    ),
    st.text(max_size=30),
    st.uuids().map(str),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e308]), st.floats(), words
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | words, inner, max_size=4),
    max_leaves=12,
)
inputs = st.fixed_dictionaries({"type": st.just("user") | values}, optional={"text": values, "images": values})
frames = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(FRAMES)) | values},
    optional={name: inputs | values if name == "input" else values for name in NAMES if name != "type"},
)
raw = st.one_of(
    frames.map(json.dumps),
    values.map(json.dumps),
    st.text(max_size=40),
    st.binary(max_size=40),
    st.sampled_from(
        ["{", "[" * 5_000, '{"a":' * 5_000, '{"type":"resync","type":"x"}', "\ufeff{}", '"\\ud800"', "NaN"]
    ),
)


@pytest.mark.parametrize("path", ["/ws/threads/{thread_id}/", "/ws/threads/"])
@settings(max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(sent=st.lists(raw, min_size=1, max_size=12))
async def test_no_frame_is_a_fault_or_ends_the_socket(
    site: Site, api: Any, objects: Objects, settings: Any, path: str, sent: list[str | bytes]
) -> None:
    settings.CODAY_TOKEN_REQUESTS_PER_SECOND = settings.CODAY_USER_REQUESTS_PER_SECOND = 1e6
    settings.CODAY_RUNS_PER_MINUTE = 1e6
    url = f"ws://{site.host}{path.format(**vars(objects))}"
    headers = {"Authorization": api.headers["Authorization"]}
    async with connect(url, additional_headers=headers, open_timeout=PATIENCE) as connection:
        for one in sent:
            await connection.send(one)
        await connection.send(json.dumps({"type": "no such frame", "ref": "the last one"}))
        while (frame := json.loads(await connection.recv())).get("ref") != "the last one":
            assert frame.get("code") != "internal_error", (frame, sent)
    await site.idle()
