"""How models write a token, and what is none: the server and the page read both alike."""

from __future__ import annotations

from typing import Final

SPELLINGS: Final = (
    "{{pii:PERSON_1}}",
    "{{PII:Person_1}}",
    "{{ pii:PERSON_1 }}",
    "{{pii: PERSON_1}}",
    "{{pii:PERSON 1}}",
    "{{pii:PERSON-1}}",
    "{{pii:PERSON\u20111}}",
    "{{pii:PERSON\\_1}}",
    "{{pii:PERSON\\\\_1}}",
    "\\{\\{pii:PERSON\\_1\\}\\}",
    "{{**pii:PERSON_1**}}",
    "{{pii:**PERSON_1**}}",
    "{{`pii:PERSON_1`}}",
    "{pii:PERSON_1}",
    "{{pii:PERSON_01}}",
    "{{\u00a0pii\u00a0:\u00a0PERSON_1\u00a0}}",
    "｛｛pii：PERSON_1｝｝",
)
"""All of them mean ``PERSON_1``."""

STRANGE: Final = (
    "{{pii:PERSON_2}}",
    "{{pii:PERSON_11}}",
    "{{pii:PERSONA_1}}",
    "{{pii:PERSON}}",
    "{{pii:_1}}",
    "{{pii:PERSON_1",
    "pii:PERSON_1}}",
    "PERSON_1",
    "[[pii:PERSON_1]]",
    "{{pii:PER{{}}SON_1}}",
    "{{pii:PERSON_1_1}}",
    "{{pii:PERSON_¹}}",
    "{{pii:PERSON_1\n}}",
    "{{pıı:PERSON_1}}",
    "{{pii:ＰERSON_1}}",
    "{{pii:PERSON_1234567}}",
    "{{pii:PERSON_0}}",
    "{{person:PERSON_1}}",
    "%7B%7Bpii:PERSON_1%7D%7D",
)
"""None of them means ``PERSON_1``."""
