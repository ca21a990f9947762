"""Texts of conversations, English and German, made of a fixed random seed: common words are common, most words are rare,
German nouns are compounds of others, and code and numbers stand in between."""

from __future__ import annotations

import random
from itertools import accumulate
from typing import Final

_ENGLISH_COMMON_WORDS = """
the of and to in a is that for it you with on as are this be or can from by an if not have your will we at which they
"""
_GERMAN_COMMON_WORDS = """
der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie
nach wird bei einer um am sind noch wie
"""
_ENGLISH_WORDS = """
invoice contract payment tax insurance meeting report schedule customer delivery order refund policy account budget
server database index query migration container cluster network request response token session password backup restore
deploy release branch merge conflict test failure exception timeout cache memory thread process queue worker message
agent model prompt tool search result table column record field value number address street garden kitchen recipe flour
butter sugar bread holiday flight hotel ticket passport train station journey mountain river weather winter summer
doctor patient treatment hospital medicine school teacher student lesson exam university research science experiment
measure energy engine vehicle battery traffic market price stock bank credit interest mortgage rent landlord tenant
lawyer court judge letter signature project manager deadline milestone estimate feature design sketch colour picture
camera music concert theatre museum history war peace government election party president minister language grammar
translation dictionary sentence paragraph chapter book author publisher newspaper article editor interview question
answer problem solution reason example difference advantage
"""
_GERMAN_WORDS = """
kündigung frist vertrag miete wohnung rechnung steuer versicherung arbeit zeit urlaub antrag bescheid konto zahlung
betrag haus garten küche tür fenster straße platz bahnhof zug fahrt karte reise berg fluss wetter winter sommer arzt
patient behandlung kranken schule lehrer schüler prüfung universität forschung wissenschaft versuch messung energie
batterie motor fahrzeug verkehr markt preis aktie bank kredit zins anwalt gericht richter brief unterschrift projekt
leitung termin schätzung entwurf bild kamera musik konzert theater geschichte krieg frieden regierung wahl partei
präsident minister sprache grammatik übersetzung wörterbuch satz absatz kapitel buch verlag zeitung artikel frage
antwort problem lösung grund beispiel unterschied vorteil server datenbank abfrage anfrage sitzung passwort sicherung
wiederherstellung zweig fehler ausnahme speicher warteschlange nachricht modell werkzeug suche ergebnis tabelle spalte
feld wert nummer adresse kunde lieferung bestellung
"""
ENGLISH_COMMON: Final = _ENGLISH_COMMON_WORDS.split()
GERMAN_COMMON: Final = _GERMAN_COMMON_WORDS.split()
ENGLISH: Final = _ENGLISH_WORDS.split()
GERMAN: Final = _GERMAN_WORDS.split()
NAMES: Final = (
    "getUserName",
    "run_id",
    "HttpResponse",
    "select_related",
    "--force",
    "numpy.array",
    "OrderStatus",
    "main.py",
)
TOOLS: Final = ("calculate", "fetch_page", "search_threads", "http_job", "current_time")
TAGS: Final = ("work", "home", "taxes", "garden", "urgent")
_SYLLABLES = "ba ke li mo nu ra se ti vo wu dra ste kli pro gna fri lan mer ton ver ges auf ber"
RARE_WORDS: Final = 40_000

_random = random.Random(20_260_101)  # noqa: S311  # texts, no secrets


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


def _rare() -> list[str]:
    syllables = _SYLLABLES.split()
    return ["".join(_random.choices(syllables, k=_random.randint(3, 5))) for _ in range(RARE_WORDS)]


def _compounds() -> list[str]:
    pairs = ["".join(_random.sample(GERMAN, 2)) for _ in range(6_000)]
    return [*pairs, *("".join(_random.sample(GERMAN, 3)) for _ in range(2_000)), "kündigungsfrist", "mietvertrag"]


_RARE, _COMPOUNDS = _rare(), _compounds()
_RARE_WEIGHTS, _COMPOUND_WEIGHTS = _zipf(len(_RARE)), _zipf(len(_COMPOUNDS))
_ENGLISH_WEIGHTS, _GERMAN_WEIGHTS = _zipf(len(ENGLISH)), _zipf(len(GERMAN))


def text_of(words: int, *, german: bool) -> str:
    """A text of so many words."""
    common, nouns, weights = (
        (GERMAN_COMMON, GERMAN, _GERMAN_WEIGHTS) if german else (ENGLISH_COMMON, ENGLISH, _ENGLISH_WEIGHTS)
    )
    number = [words * 45 // 100, words * 38 // 100, max(1, words * 12 // 100)]
    said = _random.choices(common, k=number[0]) + _random.choices(nouns, cum_weights=weights, k=number[1])
    said += _random.choices(_RARE, cum_weights=_RARE_WEIGHTS, k=number[2])
    said += [_random.choice(NAMES), str(_random.randint(1, 100_000))]
    if german:
        said += [word.capitalize() for word in _random.choices(_COMPOUNDS, cum_weights=_COMPOUND_WEIGHTS, k=number[2])]
    elif words > 20:
        said += [f"{word}s" for word in _random.choices(ENGLISH, cum_weights=weights, k=number[2])]
    _random.shuffle(said)
    return ". ".join(" ".join(said[start : start + 14]).capitalize() for start in range(0, len(said), 14)) + "."


def chance(share: float) -> bool:
    """Whether something happens that happens in this share of all cases."""
    return _random.random() < share


def length_of_answer() -> int:
    """Words of an answer: mostly short, sometimes long."""
    return min(1_200, int(_random.lognormvariate(4.8, 0.7)))


def one_of(values: tuple[str, ...]) -> str:
    """Any of them."""
    return _random.choice(values)
