"""The crash matrix: web processes, workers, Redis and PostgreSQL are killed, stopped, halted and cut off at each point."""

import pytest

pytest.register_assert_rewrite("tests.cluster.settled", "tests.support.viewer", "tests.runs.conversation")
