"""The default analyzer: Presidio's recognizers and ours for both languages, and a small model for names and addresses.

The only module that knows Presidio. Importing it takes seconds: it is imported in the analyzer's process alone. Every text is
read for English and German at once, for people mix them, and a short text does not tell its language.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import regex
import spacy
from presidio_analyzer import (
    AnalysisExplanation,
    AnalyzerEngine,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    pattern_recognizer,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, SlimSpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UsSsnRecognizer,
)
from spacy.language import Language
from spacy.tokens import Doc

from threads.privacy import english, german
from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding
from threads.privacy.rampart import Labelled, Rampart
from threads.privacy.reading import read_names, read_numbers
from threads.privacy.shapes import LIKELY, UNSURE, Shape

LANGUAGE: Final = "en"
"""Presidio wants to be told a language; here it means both."""

CATEGORIES: Final = {
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "IBAN_CODE": "IBAN",
    "US_SSN": "SOCIAL_SECURITY",
    "DATE_TIME": "",
    "NRP": "",
    "URL": "",
    "ORGANIZATION": "",
    "US_DRIVER_LICENSE": "DRIVING_LICENCE",
    "US_PASSPORT": "PASSPORT",
    "US_BANK_NUMBER": "BANK_ACCOUNT",
    "US_ITIN": "TAX_ID",
}
"""Presidio's names that differ from ours; an empty one is not looked for."""


NUMBER_WORDS: Final = (
    *(
        "tax",
        "steuer",
        "passport",
        "reisepass",
        "ausweis",
        "licen",
        "führerschein",
        "account",
        "konto",
        "routing",
        "insur",
    ),
    *("versicher", "identi", "social", "security", "national", "patient", "member", "ssn", "kvnr"),
)
"""Beside these, in any case and within a compound, the model's numbers count."""

PHONE_WORDS: Final = ("phone", "call", "tel", "mobil", "cell", "ruf", "fax", "handy")


SPELLING: Final = "as_spelt"


class Blank(SlimSpacyNlpEngine):
    """Words without a model: Presidio's own engine downloads one that is missing."""

    def load(self) -> None:
        """Make the tokenizer."""
        words = spacy.blank("xx")
        words.add_pipe(SPELLING)
        self.nlp = {LANGUAGE: words}  # type: ignore[assignment]


@Language.component(SPELLING)
def as_spelt(doc: Doc) -> Doc:
    """Each word as its own lemma: Presidio compares the lemmas of what stands before a number with its context words."""
    for token in doc:
        token.lemma_ = token.lower_
    return doc


class Shapes(EntityRecognizer):
    """Finds one shape. A pattern that takes long is not skipped, as Presidio does: the process's time limit ends it."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._pattern = regex.compile(shape.pattern, regex.MULTILINE)
        super().__init__(
            supported_entities=[shape.category],
            name=shape.name,
            supported_language=LANGUAGE,
            context=list(shape.context),
        )

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """Every match that can be one."""
        found = []
        for match in self._pattern.finditer(text):
            score = self._shape.judged(match.group())
            if score > 0 and match.group():
                found.append(_result(self, self._shape.category, match.start(), match.end(), score))
        return found


class Model:
    """The token classifier, which reads a text once for all that ask about it."""

    def __init__(self) -> None:
        self._rampart = Rampart()
        self._text, self._tokens = "", list[Labelled]()

    def read(self, text: str) -> list[Labelled]:
        """The text's tokens."""
        if text != self._text:
            self._text, self._tokens = text, self._rampart.read(text)
        return self._tokens


class Names(EntityRecognizer):
    """Finds people and places with the model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        super().__init__(supported_entities=["PERSON"], name="Names", supported_language=LANGUAGE)

    def load(self) -> None:
        """It was loaded when it was made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """What the model reads out of the text."""
        found = read_names(text, self._model.read(text))
        return [_result(self, finding.category, finding.start, finding.end, finding.score) for finding in found]


class Numbers(EntityRecognizer):
    """Finds numbers with the model: sure of telephones, of others beside a word that explains them."""

    def __init__(self, model: Model) -> None:
        self._model = model
        super().__init__(
            supported_entities=["ID_CARD"], name="Numbers", supported_language=LANGUAGE, context=list(NUMBER_WORDS)
        )

    def load(self) -> None:
        """It was loaded when it was made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """What the model takes for a number of somebody's."""
        found = read_numbers(text, self._model.read(text))
        scores = [LIKELY if finding.category == "PHONE" else UNSURE for finding in found]
        return [
            _result(self, finding.category, finding.start, finding.end, score)
            for finding, score in zip(found, scores, strict=True)
        ]


class Presidio:
    """An analyzer made of Presidio's engine."""

    def __init__(self, recognizers: Sequence[EntityRecognizer], *, nlp_engine: NlpEngine) -> None:
        registry = RecognizerRegistry(recognizers=list(recognizers), supported_languages=[LANGUAGE])
        self._engine = AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=[LANGUAGE])

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """The findings of each text."""
        return [[*self._found(text)] for text in texts]

    def _found(self, text: str) -> list[Finding]:
        results = self._engine.analyze(text, LANGUAGE, regex_flags=regex.MULTILINE)
        return [
            Finding(result.start, result.end, category, result.score)
            for result in results
            if (category := CATEGORIES.get(result.entity_type, result.entity_type))
        ]


def analyzer() -> Presidio:
    """The default: patterns for English and German, and Rampart."""
    model = Model()
    return Presidio([*patterns(), Names(model), Numbers(model)], nlp_engine=_ready(Blank()))


def patterns_only() -> Presidio:
    """Without a model: names and addresses are found only where the words around them tell."""
    return Presidio(patterns(), nlp_engine=_ready(Blank()))


def patterns() -> list[EntityRecognizer]:
    """Presidio's own patterns where they are good, and ours. Its pattern for e-mail addresses asks the network, and drops
    those of networks that are not public."""
    _keep_patterns()
    return [
        CreditCardRecognizer(),
        IbanRecognizer(),
        IpRecognizer(),
        UsSsnRecognizer(),
        PhoneRecognizer(supported_regions=("US", "GB", "DE"), leniency=1, context=list(PHONE_WORDS)),
        *(Shapes(shape) for shape in (*english.SHAPES, *german.SHAPES)),
    ]


def _ready(engine: NlpEngine) -> NlpEngine:
    engine.load()
    return engine


def _keep_patterns() -> None:
    """Presidio skips a pattern that takes long, and what is skipped would stay in clear: the process has its time limit."""
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    pattern_recognizer.REGEX_TIMEOUT_SECONDS = None  # type: ignore[assignment]


def _result(recognizer: EntityRecognizer, category: str, start: int, end: int, score: float) -> RecognizerResult:
    name: str = recognizer.name  # type: ignore[has-type]
    return RecognizerResult(
        entity_type=category,
        start=start,
        end=end,
        score=score,
        analysis_explanation=AnalysisExplanation(recognizer=name, original_score=score),
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        },
    )
