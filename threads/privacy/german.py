"""What identifies people in German texts: numbers of offices and insurers, plates, addresses, introductions of names."""

from __future__ import annotations

import re
import string
from typing import Final

from threads.privacy.shapes import LIKELY, SURE, UNSURE, Shape, digits, is_day

_WORD: Final = r"\p{Lu}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*"
_PARTICLE: Final = r"(?:von|vom|van|der|den|de|zu|zum|zur|al|el|bin|ibn|da|di|dos|ten|ter|la|le)"
_NAME: Final = rf"(?:{_PARTICLE} )*{_WORD}(?: (?:{_PARTICLE} )*{_WORD}){{0,3}}"
_TITLE: Final = r"(?:(?:Dr|Prof|Dipl|Ing|med|h\.c|Mag)\.?(?:[- ](?:Ing|med|jur|phil|rer|nat)\.?)* )*"
_STREETS: Final = (
    "straße|strasse|str\\.|weg|gasse|allee|platz|ring|damm|ufer|chaussee|steig|stieg|pfad|markt|graben|wall|promenade|hof"
    "|kamp|wiese|garten|brücke|leite|zeile|twiete|park|berg|feld|tor"
)
_STREET: Final = (
    rf"(?:(?:Alte|Neue|Große|Kleine|Obere|Untere|Hintere|Vordere|Lange|Hohe)[rn]? )?"
    rf"(?:\p{{Lu}}[\p{{L}}-]*(?:{_STREETS})|\p{{Lu}}[\p{{L}}.-]*[ -](?i:{_STREETS}))"
)
_NUMBER: Final = r"\d{1,3}(?: ?[a-hA-H](?!\w))?(?:\s?[-/]\s?\d{1,3}(?: ?[a-h])?)?"
_TOWN: Final = rf"(?:D-)?\d{{5}} {_WORD}(?:[ -](?:am|an der|ob der|im|in|bei|vor der|{_WORD})){{0,3}}"
_MONTHS: Final = "Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_DAY: Final = (
    rf"(?:\d{{1,2}}\.\s?\d{{1,2}}\.\s?(?:\d{{4}}|\d{{2}})|\d{{1,2}}\.\s?(?:{_MONTHS})\s\d{{4}}|\d{{4}}-\d\d-\d\d)(?!\d)"
)


def is_tax_id(text: str) -> bool:
    """Steuerliche Identifikationsnummer: eleven digits, one of the first ten twice or thrice, and a check digit."""
    number = digits(text)
    if len(number) != 11 or number[0] == "0":
        return False
    counts = sorted(number[:10].count(digit) for digit in set(number[:10]))
    if counts[-1] not in (2, 3) or counts[-2:-1] == [counts[-1]]:
        return False
    product = 10
    for digit in number[:10]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(number[10])


def is_social_security(text: str) -> bool:
    """Rentenversicherungsnummer: area, day of birth, letter of the name, serial number, check digit."""
    number = "".join(text.split()).upper()
    if len(number) != 12 or number[8] not in string.ascii_uppercase:
        return False
    letter = string.ascii_uppercase.index(number[8]) + 1
    values = [int(digit) for digit in f"{number[:8]}{letter:02}{number[9:11]}"]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    return sum(_cross(value * weight) for value, weight in zip(values, weights, strict=True)) % 10 == int(number[11])


def is_health_insurance(text: str) -> bool:
    """Krankenversichertennummer: a letter, eight digits, a check digit."""
    number = "".join(text.split()).upper()
    letter = string.ascii_uppercase.index(number[0]) + 1
    values = [int(digit) for digit in f"{letter:02}{number[1:9]}"]
    return sum(_cross(value * (1 + index % 2)) for index, value in enumerate(values)) % 10 == int(number[9])


def is_document(text: str) -> bool:
    """The number of an identity card or passport with its check digit (weights 7, 3, 1)."""
    number = "".join(text.split()).upper()
    values = [int(character, 36) for character in number]
    return sum(value * (7, 3, 1)[index % 3] for index, value in enumerate(values[:-1])) % 10 == values[-1]


def _cross(value: int) -> int:
    return sum(divmod(value, 10))


NO_PLATES: Final = frozenset({"DIN", "ISO", "EN", "EU", "ICD", "PC", "TV", "USB", "IT", "VDE", "A", "NR"})


def is_plate(text: str) -> bool:
    """Whether a mark of registration is no common abbreviation with a number."""
    return re.split("[- ]", text, maxsplit=1)[0] not in NO_PLATES


_ROLE: Final = (
    r"(?:(?:Patient|Mieter|Zeuge|Zeug|Kunde|Kund|Antragsteller|Anwohner|Bewerber|Kolleg|Kläger|Nutzer|"
    r"Benutzer|Fahrer|Techniker|Eigentümer"
    r"|Halter|Vermieter|Betreuer|Versicherte|Angehörige|Chefarzt|Oberarzt|Oberärzt|Hausarzt|Pfleger|Lehrer|"
    r"Mitarbeiter|Nachbar|Freund"
    r"|Verstorbene|Ehemann|Ehefrau|Ansprechpartner|Kontoinhaber|Empfänger|Absender|Sachbearbeiter)(?:in|r|n|e|en)?"
    r"|Tochter|Sohn|Mutter|Vater|Schwester|Bruder|Mann|gehört|heißt|gez\.|i\. ?A\.|Inhaber)"
)

SHAPES: Final = (
    Shape(
        name="Rolle",
        category="PERSON",
        pattern=rf"\b{_ROLE}[,:]? \K{_WORD}(?: (?:{_PARTICLE} )*{_WORD}){{1,2}}",
        score=LIKELY,
    ),
    Shape(
        name="Steuer-ID",
        category="TAX_ID",
        pattern=r"(?<![\d/.-])[1-9]\d(?: ?\d{3}){3}(?![\d/-])",
        score=UNSURE,
        proof=is_tax_id,
    ),
    Shape(
        name="Steuer-ID, named",
        category="TAX_ID",
        pattern=(
            r"(?i:steuer(?:liche)?[- ]?(?:id|identifikation\w*|nummer|nr)|st\.?-?nr|id-?nr|steuernr)[^\d\n]{0,25}"
            r"\K\d[\d /]{8,14}\d(?!\d)"
        ),
        score=SURE,
    ),
    Shape(
        name="Steuernummer",
        category="TAX_ID",
        pattern=r"(?<![\w/])\d{2,3}/\d{3,4}/\d{4,5}(?![\w/])",
        score=LIKELY,
        context=("steuer", "finanzamt"),
    ),
    Shape(
        name="USt-IdNr.",
        category="TAX_ID",
        pattern=r"\bDE[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{3}\b",
        score=LIKELY,
        context=("ust", "umsatzsteuer", "vat"),
    ),
    Shape(
        name="Rentenversicherungsnummer",
        category="SOCIAL_SECURITY",
        pattern=r"\b\d{2} ?\d{6} ?[A-Za-z] ?\d{2} ?\d\b",
        score=LIKELY,
        context=("rente", "sozialversicherung", "versicherungsnummer", "sv-nummer", "svnr"),
        proof=is_social_security,
    ),
    Shape(
        name="Krankenversichertennummer",
        category="HEALTH_INSURANCE",
        pattern=r"\b[A-Z] ?\d{3} ?\d{3} ?\d{3}\b",
        score=UNSURE,
        context=("versicher", "kvnr", "krankenkasse", "gesundheitskarte", "aok", "barmer", "dak"),
        proof=is_health_insurance,
    ),
    Shape(
        name="Krankenversichertennummer, named",
        category="HEALTH_INSURANCE",
        pattern=(
            r"(?i:versicherte?n?n?ummer|versichertennr|kvnr|gesundheitskarte)[^\d\n]{0,25}\K\b[A-Z] ?\d{3} ?\d{3}"
            r" ?\d{3}\b"
        ),
        score=SURE,
    ),
    Shape(
        name="Reisepass, named",
        category="PASSPORT",
        pattern=(
            r"(?i:reisepass\w*|passnummer|pass-?nr\.?|passport)[^\d\n]{0,25}?\K\b(?=[A-Z0-9]*\d{2})[A-Z][A-Z0-9]{7,9}"
            r"\b"
        ),
        score=SURE,
    ),
    Shape(
        name="Personalausweis, named",
        category="ID_CARD",
        pattern=r"(?i:ausweis\w*|perso\b|aufenthaltstitel)[^\d\n]{0,30}?\K\b(?=[A-Z0-9]*\d)[A-Z][A-Z0-9]{7,9}\b",
        score=SURE,
    ),
    Shape(
        name="Ausweis",
        category="ID_CARD",
        pattern=(
            r"\b(?=[A-Z0-9]*[A-Z][A-Z0-9]*)[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9DM]?\b(?<=\d[\dA-Z]{2,9}"
            r")"
        ),
        score=UNSURE,
        context=("ausweis", "dokument", "seriennummer", "identi"),
        proof=is_document,
    ),
    Shape(
        name="Führerschein",
        category="DRIVING_LICENCE",
        pattern=r"\b[A-Z0-9]{1}\d{2}[A-Z0-9]{6}\d[A-Z0-9]\b",
        score=UNSURE,
        context=("führerschein", "fahrerlaubnis"),
    ),
    Shape(
        name="Kennzeichen",
        category="LICENCE_PLATE",
        pattern=r"(?<![\w-])[A-ZÄÖÜ]{1,3}-[A-ZÄÖÜ]{1,2}[ -]?\d{1,4}[EH]?(?![\w-])",
        score=LIKELY,
        context=("kennzeichen", "kfz", "fahrzeug", "auto", "pkw", "wagen", "halter", "park"),
        require=is_plate,
    ),
    Shape(
        name="Kennzeichen, spaced",
        category="LICENCE_PLATE",
        pattern=r"(?<![\w-])[A-ZÄÖÜ]{1,3} [A-ZÄÖÜ]{1,2} \d{1,4}[EH]?(?![\w-])",
        score=UNSURE,
        context=("kennzeichen", "kfz", "fahrzeug", "auto", "pkw", "wagen", "halter", "park", "plate", "car"),
        require=is_plate,
    ),
    Shape(
        name="Geburtsdatum",
        category="DATE_OF_BIRTH",
        pattern=rf"(?i:geb(?:oren|urtsdatum|urtstag|\.)?|\*|jahrgang)[^\d\n]{{0,25}}\K(?<!\d){_DAY}",
        score=SURE,
        require=is_day,
    ),
    Shape(
        name="Geboren",
        category="DATE_OF_BIRTH",
        pattern=rf"(?<!\d){_DAY}(?=[^\d\n.]{{0,20}}(?:geboren|zur Welt))",
        score=SURE,
    ),
    Shape(
        name="Kontonummer",
        category="BANK_ACCOUNT",
        pattern=r"(?i:konto(?:nummer|nr\.?|-nr\.?)?|kto\.?)(?:[- ]?nr\.?)?[^\d\n]{0,15}\K\d[\d ]{5,10}\d(?!\d)",
        score=LIKELY,
    ),
    Shape(
        name="Straße und Hausnummer",
        category="ADDRESS",
        pattern=rf"\b{_STREET} {_NUMBER}(?!\d|[.:]\d|\s?[%€])(?:,? (?:\d\. )?{_TOWN}|,?\n{_TOWN})?",
        score=LIKELY,
    ),
    Shape(
        name="Am, Im, An der …",
        category="ADDRESS",
        pattern=(
            rf"\b(?:Am|Im|An der|An den|Auf der|Auf dem|In der|In den|Zum|Zur|Unter den|Hinter dem|Beim) (?:\p{{Lu}}"
            rf"[\p{{L}}-]+ ?){{1,2}}{_NUMBER},? {_TOWN}"
        ),
        score=LIKELY,
    ),
    Shape(
        name="Anrede",
        category="PERSON",
        pattern=rf"\b(?:Herrn?|Frau|Fr\.|Hr\.|Familie|Fräulein) {_TITLE}\K{_NAME}",
        score=LIKELY,
    ),
    Shape(
        name="Titel",
        category="PERSON",
        pattern=rf"\b(?:Dr|Prof)\. (?:(?:med|jur|phil|rer|nat|Dr|h\.c)\. )*\K{_NAME}",
        score=LIKELY,
    ),
    Shape(
        name="Vorstellung",
        category="PERSON",
        pattern=(
            rf"(?i:ich heiße|mein name ist|ich bin die|ich bin der|hier ist|hier spricht|namens|mit dem namen)"
            rf"\s\K{_NAME}(?=[\s.,;!?]|$)"
        ),
        score=LIKELY,
    ),
    Shape(
        name="Gruß",
        category="PERSON",
        pattern=(
            rf"(?i:grüßen?|gruß|grüssen?|gruss|hochachtungsvoll|lg|vg|mfg)(?: aus \p{{L}}+)?,?\s*\n\s*\K(?!Ihre?\b|"
            rf"Dein|Eue?r|Das\b|Die\b|Der\b){_NAME}(?=\s*(?:\n|$))"
        ),
        score=LIKELY,
    ),
)
