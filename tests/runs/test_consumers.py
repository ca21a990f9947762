"""The sockets: who may open them, what a frame does, and what a bad one gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.conf import settings
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from coday.accounts.models import ApiToken, User
from coday.accounts.operations import create_token, revoke_token
from coday.kernel.database import in_database
from runs.delivery import delivery
from runs.execution.driver import get_driver, stop_driver
from runs.models import Run
from tests.runs.conversation import Frame
from tests.runs.sockets import Person, Socket, create, make_person, opened, serving
from tests.support.mock_provider import HANG, Gate, MockProvider, openai_reply
from tests.support.replies import PATIENCE
from threads.operations import create_thread, delete_thread

HERE = "http://testserver"
UNKNOWN = str(uuid4())


@pytest.fixture
async def person(transactional_db: None, provider: MockProvider, settings: Any) -> AsyncIterator[Person]:
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    yield await in_database(make_person, provider.base_url)
    await stop_driver()


class TestOpening:
    async def test_with_a_token_in_the_header(self, person: Person) -> None:
        assert await Socket(_path(person), token=person.token).open()

    async def test_with_a_token_as_subprotocol_which_is_not_echoed(self, person: Person) -> None:
        socket = Socket(_path(person), subprotocols=("coday.v1", f"bearer.{person.token}"))
        assert await socket.open()
        assert socket.subprotocol == "coday.v1"

    async def test_with_a_session_of_this_site(self, person: Person) -> None:
        assert await Socket(_path(person), session=person.session, origin=HERE).open()

    @pytest.mark.parametrize("origin", ["", "http://evil.example", "null", "https://testserver.evil.example"])
    async def test_not_with_a_session_from_elsewhere(self, person: Person, origin: str) -> None:
        assert not await Socket(_path(person), session=person.session, origin=origin).open()

    async def test_not_with_a_token_from_a_foreign_page(self, person: Person) -> None:
        assert not await Socket(_path(person), token=person.token, origin="http://evil.example").open()

    @pytest.mark.parametrize("token", ["wrong", "coday_" + "x" * 43])
    async def test_not_with_a_wrong_token_whatever_else_is_sent(self, person: Person, token: str) -> None:
        assert not await Socket(_path(person), token=token).open()
        assert not await Socket(_path(person), token=token, session=person.session, origin=HERE).open()

    async def test_not_without_a_credential(self, person: Person) -> None:
        assert not await Socket(_path(person), origin=HERE).open()

    async def test_not_at_an_address_that_has_no_socket(self, person: Person) -> None:
        assert not await Socket("/ws/nope/", token=person.token).open()

    async def test_not_for_an_unknown_thread(self, person: Person) -> None:
        assert not await Socket(f"/ws/threads/{UNKNOWN}/", token=person.token).open()

    async def test_not_for_somebody_elses_thread(self, person: Person) -> None:
        token = await in_database(_token_of_somebody_else)

        assert not await Socket(_path(person), token=token).open()

    @pytest.mark.parametrize("after", ["x", "-1", "1.5", "%F0%9F%98%80", "9" * 40])
    async def test_not_after_something_that_is_no_number(self, person: Person, after: str) -> None:
        assert not await Socket(f"{_path(person)}?after={after}", token=person.token).open()

    async def test_after_a_number_that_the_journal_has_not_reached(self, person: Person) -> None:
        async with opened(person, query=f"?after={10**18 - 1}"):
            pass


def _path(person: Person) -> str:
    return f"/ws/threads/{person.cast.thread_id}/"


def _token_of_somebody_else() -> str:
    return create_token(user=User.objects.create_user("stranger"))[1]


class TestFrames:
    async def test_a_run_is_created_acknowledged_and_told(self, person: Person, provider: MockProvider) -> None:
        async with opened(person) as socket:
            await socket.send(create("1"))
            ack = await socket.answer("1")
            end = await socket.frame(lambda frame: frame["type"] == "run" and frame["run"]["status"] == "completed")

        assert set(ack) == {"type", "ref", "run_id"}
        assert ack["type"] == "ack"
        assert end["run"]["id"] == ack["run_id"]

    async def test_a_run_is_cancelled(self, person: Person, provider: MockProvider) -> None:
        provider.reply(openai_reply("Half an", HANG))
        async with opened(person) as socket:
            await socket.send(create("1"))
            run_id = (await socket.answer("1"))["run_id"]
            await provider.arrival()
            await socket.send({"type": "run.cancel", "ref": "2", "run_id": run_id})
            told: dict[str, Frame] = {}
            while told.keys() != {"ack", "run"}:  # in whichever order they come
                frame = await socket.frame(lambda frame: "ref" in frame or frame["type"] == "run")
                if frame["type"] == "ack" or frame["run"]["status"] == "cancelled":
                    told[frame["type"]] = frame

        assert told["ack"] == {"type": "ack", "ref": "2", "run_id": run_id}
        assert told["run"]["run"]["id"] == run_id

    async def test_a_run_goes_on_when_its_socket_closes(self, person: Person, provider: MockProvider) -> None:
        gate = Gate()
        provider.reply(openai_reply("Hel", gate, "lo"))
        async with opened(person) as socket:
            await socket.send(create("1"))
            run_id = (await socket.answer("1"))["run_id"]
            await gate.reached
        gate.open()
        driver = await get_driver()
        async with asyncio.timeout(PATIENCE):
            await driver.ended(UUID(run_id))

        assert (await in_database(Run.objects.get, pk=run_id)).status == "completed"

    async def test_the_same_key_is_the_same_run(self, person: Person) -> None:
        async with opened(person) as socket:
            for ref in ("1", "2"):
                await socket.send(create(ref, key="k"))
            first, second = await socket.answer("1"), await socket.answer("2")
            await socket.send(create("3", "Other.", key="k"))
            third = await socket.answer("3")

        assert first["run_id"] == second["run_id"]
        assert (third["type"], third["code"]) == ("error", "key_reused")

    async def test_resync_begins_again_after_a_number(self, person: Person) -> None:
        async with opened(person) as socket:
            await socket.send(create("1"))
            end = await socket.frame(lambda frame: frame["type"] == "run" and frame["run"]["status"] == "completed")
            await socket.send({"type": "resync", "ref": "2", "after": 2})
            await socket.answer("2")
            session = await socket.frame(lambda frame: frame["type"] == "session")
            told = [(await socket.frame(lambda frame: "seq" in frame))["seq"] for _ in range(end["seq"] - 2)]

        assert session["last_seq"] == end["seq"]
        assert told == list(range(3, end["seq"] + 1))

    async def test_a_deleted_thread_closes_its_sockets(self, person: Person) -> None:
        socket = Socket(_path(person), token=person.token)
        assert await socket.open()
        await socket.frame(lambda frame: frame["type"] == "session")
        await in_database(delete_thread, user_id=person.cast.asker.user_id, thread_id=person.cast.thread_id)

        assert await socket.closed() == 4404


BAD_FRAMES: dict[str, tuple[Frame | str, str]] = {
    "no JSON": ("{nope", "malformed_frame"),
    "no object": ("[1, 2]", "malformed_frame"),
    "a number": ("42", "malformed_frame"),
    "nothing but space": (" ", "malformed_frame"),
    "half a character": ('{"type": "run.create", "ref": "\\ud800"}', "malformed_frame"),
    "a deep nest": ("[" * 100_000, "malformed_frame"),
    "no type": ({"ref": "r"}, "unknown_frame"),
    "an unknown type": ({"type": "run.explode"}, "unknown_frame"),
    "a type that is no text": ({"type": {"run": "create"}}, "unknown_frame"),
    "a frame of a later version": ({"type": "run.steer", "run_id": UNKNOWN, "input": {}}, "unknown_frame"),
    "an answer that is none": ({"type": "run.input", "run_id": UNKNOWN, "input": {}}, "invalid_input"),
    "no input": ({"type": "run.create"}, "invalid_input"),
    "an unknown kind of input": ({"type": "run.create", "input": {"type": "schedule"}}, "invalid_input"),
    "an unknown field": (create("", more=1), "invalid_input"),
    "text that is none": ({"type": "run.create", "input": {"type": "user", "text": 5}}, "invalid_input"),
    "an image id that is none": (
        {"type": "run.create", "input": {"type": "user", "text": "x", "images": ["x"]}},
        "invalid_input",
    ),
    "a key that is too long": (create("", key="k" * 101), "invalid_input"),
    "an unknown wish": (create("", when_busy="explode"), "invalid_input"),
    "an empty message": (create("", "  "), "empty_message"),
    "a long message": (create("", "x" * 200_001), "message_too_long"),
    "eleven images": (
        {"type": "run.create", "input": {"type": "user", "text": "x", "images": [str(uuid4()) for _ in range(11)]}},
        "too_many_images",
    ),
    "an image for a model without vision": (
        {"type": "run.create", "input": {"type": "user", "text": "x", "images": [UNKNOWN]}},
        "model_without_vision",
    ),
    "an unknown agent": (create("", agent="nobody"), "agent_not_found"),
    "an unknown model": (create("", model="nothing"), "model_not_found"),
    "an unknown parent": (create("", parent=UNKNOWN), "run_not_found"),
    "cancelling nothing": ({"type": "run.cancel"}, "invalid_input"),
    "cancelling a run id that is none": ({"type": "run.cancel", "run_id": [1]}, "invalid_input"),
    "cancelling an unknown run": ({"type": "run.cancel", "run_id": UNKNOWN}, "run_not_found"),
    "resync after a text": ({"type": "resync", "after": "3"}, "invalid_input"),
    "resync after less than nothing": ({"type": "resync", "after": -1}, "invalid_input"),
}


class TestBadFrames:
    @pytest.mark.parametrize("name", BAD_FRAMES)
    async def test_gets_an_error_with_a_code_and_the_socket_stays_open(self, person: Person, name: str) -> None:
        bad, code = BAD_FRAMES[name]
        async with opened(person) as socket:
            await socket.send({**bad, "ref": "bad"} if isinstance(bad, dict) else bad)
            error = await socket.frame(lambda frame: frame["type"] == "error")
            await socket.send({"type": "resync", "ref": "good"})
            await socket.answer("good")

        assert error["code"] == code
        assert error.get("ref") == ("bad" if isinstance(bad, dict) else None)
        assert error["message"]
        assert "seq" not in error
        assert await in_database(Run.objects.count) == 0

    async def test_a_binary_frame(self, person: Person) -> None:
        async with opened(person) as socket:
            await socket.send_bytes(b'{"type": "resync"}')
            assert (await socket.frame(lambda frame: frame["type"] == "error"))["code"] == "malformed_frame"

    @pytest.mark.parametrize(
        "text", ["x" * (2 * 1024 * 1024 + 1), "ü" * (1024 * 1024 + 1)], ids=["bytes", "characters"]
    )
    async def test_more_than_two_megabytes(self, person: Person, text: str) -> None:
        async with opened(person) as socket:
            await socket.send(text)
            error = await socket.frame(lambda frame: frame["type"] == "error")

        assert (error["code"], error["details"]) == ("frame_too_large", {"limit": 2 * 1024 * 1024})

    async def test_a_run_of_another_thread_is_not_cancelled_here(self, person: Person, provider: MockProvider) -> None:
        provider.reply(openai_reply(HANG))
        other = await in_database(create_thread, owner_id=person.cast.asker.user_id, title="Other")
        async with opened(person) as socket:
            await socket.send(create("1"))
            run_id = (await socket.answer("1"))["run_id"]
        elsewhere = Socket(f"/ws/threads/{other.id}/", token=person.token)
        assert await elsewhere.open()
        await elsewhere.send({"type": "run.cancel", "ref": "2", "run_id": run_id})

        assert (await elsewhere.answer("2"))["code"] == "run_not_found"
        assert not (await in_database(Run.objects.get, pk=run_id)).cancel_requested_at
        await elsewhere.close()


class TestCredentialsThatEnd:
    """A socket that was opened with a good credential does nothing more for one that has ended."""

    async def test_a_revoked_token(self, person: Person) -> None:
        await self._is_shut(person, lambda: revoke_token(user_id=person.cast.asker.user_id, token_id=person.token_id))

    async def test_an_expired_token(self, person: Person) -> None:
        await self._is_shut(person, lambda: ApiToken.objects.update(expires_at="2000-01-01T00:00:00Z"))

    async def test_a_suspended_person(self, person: Person) -> None:
        await self._is_shut(person, lambda: User.objects.update(is_active=False))

    async def _is_shut(self, person: Person, end: Callable[[], object]) -> None:
        socket = Socket(_path(person), token=person.token)
        assert await socket.open()
        await socket.frame(lambda frame: frame["type"] == "session")
        await in_database(end)
        await socket.send(create("1"))

        assert await socket.closed() == 4401
        assert await in_database(Run.objects.count) == 0


class TestTheList:
    async def test_tells_what_became_of_the_persons_threads(self, person: Person, provider: MockProvider) -> None:
        async with opened(person, path="/ws/threads/") as socket:
            async with opened(person) as other:
                await other.send(create("1", "Hi"))
                busy = await socket.frame(lambda frame: frame["type"] == "thread" and frame["running"])
                idle = await socket.frame(lambda frame: frame["type"] == "thread" and not frame["running"])
            assert busy["thread"]["id"] == idle["thread"]["id"] == str(person.cast.thread_id)
            user_id = person.cast.asker.user_id
            thread = await in_database(create_thread, owner_id=user_id, title="New")
            new = await socket.frame(lambda frame: frame.get("thread", {}).get("id") == str(thread.id))
            await in_database(delete_thread, user_id=user_id, thread_id=thread.id)
            gone = await socket.frame(lambda frame: "deleted" in frame)

        assert new["thread"]["title"] == "New"
        assert gone == {"type": "thread", "thread": {"id": str(thread.id)}, "deleted": True}

    async def test_is_for_its_person_alone(self, person: Person) -> None:
        assert not await Socket("/ws/threads/").open()
        assert not await Socket("/ws/threads/", token="wrong").open()
        socket = Socket("/ws/threads/", token=await in_database(_token_of_somebody_else))
        assert await socket.open()
        await in_database(create_thread, owner_id=person.cast.asker.user_id, title="Private")
        stranger = await in_database(User.objects.get, username="stranger")
        own = await in_database(create_thread, owner_id=stranger.pk, title="Own")
        first = await socket.frame(lambda frame: frame["type"] == "thread")
        await socket.close()

        assert first["thread"]["id"] == str(own.id)


async def test_closed_sockets_leave_nothing_behind(person: Person) -> None:
    async with opened(person), opened(person, path="/ws/threads/"):
        pass

    assert not delivery._watchers
    assert not delivery._lists


class TestARealServer:
    async def test_a_browsers_socket_streams_a_run(self, person: Person, provider: MockProvider) -> None:
        provider.reply(openai_reply("Hel", "lo"))
        protocols: Any = ["coday.v1", f"bearer.{person.token}"]
        async with serving() as url, connect(url + _path(person), subprotocols=protocols) as socket:
            await socket.send(msgspec.json.encode(create("1")).decode())
            frames: list[Frame] = []
            async with asyncio.timeout(PATIENCE):
                while not (frames and frames[-1].get("run", {}).get("status") == "completed"):
                    frames.append(msgspec.json.decode(await socket.recv()))

        assert socket.subprotocol == "coday.v1"
        assert "".join(frame["text"] for frame in frames if frame["type"] == "delta") == "Hello"

    async def test_a_frame_over_the_limit_gets_its_error(self, person: Person) -> None:
        headers = {"Authorization": f"Bearer {person.token}"}
        async with serving() as url, connect(url + _path(person), additional_headers=headers) as socket:
            await socket.recv()
            await socket.send("x" * (settings.CODAY_MAX_FRAME_BYTES + 1))
            async with asyncio.timeout(PATIENCE):
                error = msgspec.json.decode(await socket.recv())

        assert error["code"] == "frame_too_large"

    async def test_a_foreign_page_is_refused_before_the_socket_opens(self, person: Person) -> None:
        headers = {"Cookie": f"sessionid={person.session}", "Origin": "http://evil.example"}
        async with serving() as url:
            with pytest.raises(InvalidStatus) as refused:
                await connect(url + _path(person), additional_headers=headers)

        assert refused.value.response.status_code == 403
