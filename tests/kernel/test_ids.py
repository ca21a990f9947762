"""Ids sort by time, also behind ids of processes whose clocks are ahead."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from coday.kernel.ids import milliseconds_of, new_id


def test_ids_of_a_process_ascend() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


@given(ahead=st.integers(-100_000, 100_000))
def test_an_id_sorts_behind_the_one_it_follows(ahead: int) -> None:
    known = new_id()
    shifted = UUID(int=((milliseconds_of(known) + ahead) << 80) | (known.int & ((1 << 80) - 1)))
    following = new_id(after=shifted)
    assert following > shifted
    assert following.version == 7
