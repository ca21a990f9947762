"""German numbers are told from other numbers by the check digits of the offices that give them out."""

from __future__ import annotations

import pytest
import regex

from threads.privacy import german
from threads.privacy.shapes import Shape, is_day


def matches(name: str, text: str) -> list[str]:
    """What the shape of this name matches, surely or not."""
    (shape,) = [shape for shape in german.SHAPES if shape.name == name]
    return [match.group() for match in regex.finditer(shape.pattern, text) if shape.judged(match.group()) > 0]


def test_a_tax_id_has_a_check_digit() -> None:
    assert german.is_tax_id("86 095 742 719")
    assert not german.is_tax_id("86 095 742 718")
    assert not german.is_tax_id("12345678901")


def test_a_pension_number_has_a_check_digit() -> None:
    assert german.is_social_security("15 070649 C 10 3")
    assert not german.is_social_security("15 070649 C 10 4")


def test_a_health_insurance_number_has_a_check_digit() -> None:
    assert german.is_health_insurance("A123456780")
    assert not german.is_health_insurance("A123456789")


def test_an_identity_card_has_a_check_digit() -> None:
    assert german.is_document("L01X00T471")
    assert not german.is_document("L01X00T472")


@pytest.mark.parametrize("text", ["31.12.1999", "2.3.84", "1984-03-02", "12/31/1999", "3. Mai 1988"])
def test_a_day_of_birth_exists_in_one_of_the_orders(text: str) -> None:
    assert is_day(text)


@pytest.mark.parametrize("text", ["31.02.1999", "99.99.99", "12.2024"])
def test_a_day_that_does_not_exist_is_none(text: str) -> None:
    assert not is_day(text)


@pytest.mark.parametrize("plate", ["B-MW 1234", "HH-KL 4711", "TÜ-RS 812E"])
def test_plates_are_found(plate: str) -> None:
    assert matches("Kennzeichen", f"Der Wagen mit {plate} parkt.") == [plate]


@pytest.mark.parametrize("text", ["DIN-A 4", "EN-ISO 9001", "ICD-F 10"])
def test_norms_are_no_plates(text: str) -> None:
    assert matches("Kennzeichen", text) == []


@pytest.mark.parametrize(
    "address",
    [
        "Hauptstraße 12",
        "Karl-Marx-Allee 96, 10243 Berlin",
        "Rosenheimer Str. 143b, 81671 München",
        "Birkenweg 12",
        "Kleine Gasse 3",
    ],
)
def test_streets_with_numbers_are_found(address: str) -> None:
    assert matches("Straße und Hausnummer", f"Sie wohnt {address}.") == [address]


@pytest.mark.parametrize("text", ["Der Bus fährt um 8 von Steig 23 ab.", "Der Weg ist 12 km lang.", "Platz 3 von 10"])
def test_other_numbers_are_no_addresses(text: str) -> None:
    assert matches("Straße und Hausnummer", text) == []


@pytest.mark.parametrize("shape", german.SHAPES, ids=lambda shape: shape.name)
def test_no_shape_takes_long_on_a_hostile_text(shape: Shape) -> None:
    pattern = regex.compile(shape.pattern, regex.MULTILINE)
    for hostile in ("A" * 700, "1 " * 350, "A-" * 350, "von " * 175, "Aa " * 233, "0/" * 350, "\n" * 700):
        pattern.findall(hostile, timeout=1)
