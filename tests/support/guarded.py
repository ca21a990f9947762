"""Runs a script or a program that ends when the process that started it does, killed or not:

    python -m tests.support.guarded x.py …
    python -m tests.support.guarded redis-server …

The starter holds the other end of standard input and never writes to it, so reading from it returns at the starter's end.
Then the whole process group goes: it has to be a group of its own (``start_new_session``).
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from threading import Thread


def _end_with_starter() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    Thread(target=_end_with_starter, daemon=True).start()
    del sys.argv[0]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        sys.exit(subprocess.call(sys.argv, stdin=subprocess.DEVNULL))
