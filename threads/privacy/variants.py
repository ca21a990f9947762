"""When two spellings are one value, so that they share a token.

Two spellings share one only where either can stand for the other: the first that was seen is what is put back for both. A
surname alone is not the full name, and a local telephone number is not the international one: those stay two.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from threads.privacy.findings import Finding

NUMBERS: Final = frozenset({
    "IBAN", "BANK_ACCOUNT", "CREDIT_CARD", "TAX_ID", "SOCIAL_SECURITY", "HEALTH_INSURANCE", "ID_CARD", "PASSPORT",
    "DRIVING_LICENCE",
})  # fmt: skip
"""Categories of values whose spaces, hyphens and case say nothing."""

_EDGES: Final = " \t\r\n\u00a0,;:!?\"'()[]<>“”„‘’«»*_`"
_TITLE: Final = re.compile(  # short ones with a dot only: Nat, Sig and Ing are names too
    r"(?:(?:(?:herrn?|frau|familie|mr|mrs|ms|miss|mx|sir|madam|dr|prof|doctor|doktor|professor(?:in)?|mme|mlle|señora?)\b\.?"
    r"|(?:fam|dipl|ing|med|phil|jur|rer|nat|h\.c|sig|sra?)\.)[ \t\u00a0-]*)+",
    re.IGNORECASE,
)
_POSSESSIVE: Final = re.compile(r"['’]s\Z", re.IGNORECASE)
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "æ": "ae", "ł": "l", "đ": "d"})
_STREET: Final = re.compile(r"(?:strasse|str\.?)(?=[\s\d]|\Z)")
_DAY: Final = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})")


def core(text: str, finding: Finding) -> Finding:
    """The finding without what says nothing about whom it is: space and marks around it, titles, a possessive ``'s``.

    What consists of nothing else is left whole.
    """
    start, end = _stripped(text, finding.start, finding.end)
    if finding.category == "PERSON":
        if (title := _TITLE.match(text, start, end)) and title.end() < end:
            start = title.end()
        if possessive := _POSSESSIVE.search(text[start:end]):
            end = start + possessive.start()
        start, end = _stripped(text, start, end)
    return Finding(start, end, finding.category, finding.score) if start < end else finding


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGES:
        start += 1
    while start < end and text[end - 1] in _EDGES:
        end -= 1
    return start, end


def canonical(category: str, value: str) -> str:
    """A key that is the same for all spellings of a value, also where it was found as something else."""
    if category in NUMBERS or category == "PHONE":
        kind, key = "number", _phone(value) if category == "PHONE" else _letters_and_digits(value)
    elif category == "EMAIL":
        kind, key = "mail", value.strip().casefold()
    elif category == "LICENCE_PLATE":
        kind, key = "plate", "-".join(re.findall(r"[^\W\d_]+|\d+", value.casefold()))
    elif category == "DATE_OF_BIRTH":
        kind, key = "date", _date(value)
    elif category in ("IP_ADDRESS", "LITERAL"):
        kind, key = category, value
    else:
        kind, key = "words", _words(_given_name_first(value) if category == "PERSON" else value)
    return f"{kind}:{key}" if key else f"exact:{value}"


def _given_name_first(name: str) -> str:
    """“Mustermann, Max” and “MUSTERMANN Max” as “Max Mustermann”."""
    family, comma, given = name.partition(",")
    if comma and given.strip() and "," not in given:
        return f"{given} {family}"
    first, *others = name.split() or [""]
    if others and len(first) > 1 and first.isupper() and not any(one.isupper() for one in others):
        return " ".join([*others, first])
    return name


def _words(value: str) -> str:
    """Without case, accents, marks and the way in which spaces are written."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", value).casefold()).translate(_UMLAUTS)
    bare = "".join(one for one in unicodedata.normalize("NFD", folded) if not unicodedata.combining(one))
    return " ".join(re.findall(r"\w+", _STREET.sub("str ", bare)))


def _letters_and_digits(value: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKC", value).casefold() if one.isalnum())


def _phone(value: str) -> str:
    number = unicodedata.normalize("NFKC", value).strip()
    abroad = number.startswith(("+", "00", "(+"))
    digits = _letters_and_digits(number.replace("(0)", "") if abroad else number)
    return f"+{digits.removeprefix('00')}" if abroad else digits


def _date(value: str) -> str:
    """A day in German writing as one in ISO's; others as they are, since 3/4 is two days."""
    if day := _DAY.fullmatch(value.strip()):
        return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
    return _words(value) if not re.fullmatch(r"[\d\-/. ]+", value) else value.strip()
