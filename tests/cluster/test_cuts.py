"""Sockets are cut at random moments, 1,000 times in all: each time the client joins again and misses nothing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.cluster.settled import settled
from tests.support.cluster import Cluster
from tests.support.mock_provider import MockProvider, Silence, openai_reply
from tests.support.viewer import Frame, Viewer

SEEDS = range(4)
VIEWERS = 10
CUTS = 25  # of each viewer
WORDS = 200
PACE = 0.02  # seconds between two words


class RestlessViewer(Viewer):
    """Loses its connection after a random number of frames, again and again."""

    def __init__(self, *, seed: str, thread: str, token: str, addresses: Callable[[], list[str]]) -> None:
        self.cuts = 0
        self._random = Random(seed)  # noqa: S311  # nothing is kept secret with it
        self._frames_left = 1
        super().__init__(thread=thread, token=token, addresses=addresses)

    def was_cut(self) -> None:
        """Wait for the last cut."""
        self.wait(lambda: self.cuts == CUTS, f"it was cut off {CUTS} times")

    def _take(self, frame: Frame) -> None:
        super()._take(frame)
        self._frames_left -= 1
        if self.cuts < CUTS and (self._frames_left <= 0 or self._has_seen_the_end):
            self.cuts += 1
            self._frames_left = self._random.randint(1, 12)
            self.cut()

    @property
    def _has_seen_the_end(self) -> bool:
        return any("finished_at" in run for run in self.screen.runs.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_that_is_cut_off_again_and_again_misses_nothing(
    cluster: Cluster, provider: MockProvider, seed: int
) -> None:
    cluster.start(webs=2)
    paced = [step for number in range(WORDS) for step in (f"word{number} ", Silence(PACE))]
    provider.reply(openai_reply(*paced))
    thread = cluster.thread()
    run = cluster.say(thread, "Tell me a lot.")
    viewers = [_restless(cluster, thread, seed=f"{seed} {number}") for number in range(VIEWERS)]

    for viewer in viewers:
        assert viewer.sees_end(run) == "completed"
        viewer.was_cut()

    settled(cluster)


def _restless(cluster: Cluster, thread: str, *, seed: str) -> RestlessViewer:
    viewer = RestlessViewer(
        seed=seed, thread=thread, token=cluster.token, addresses=lambda: cluster.addresses(cluster.webs)
    )
    cluster.viewers.append(viewer)
    return viewer
