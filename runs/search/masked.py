"""Real names in the search of anonymous conversations. The index holds masked text only, with a word for each mask. Whoever
searches may read their own masks: what they ask for is compared with the values here, and looked for as the masks' words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from runs.search.words import Term
from skills.passages import WORD_LENGTH, words
from threads.masks import masks_of_owner

READ = 1_000  # masks of a person, the newest ones, that are decrypted for a search
MEANT = 30  # of them that one word of a question may stand for


@dataclass(frozen=True, slots=True)
class Question:
    """The terms to look for; and by thread and name of a token, the words of the question that its value has."""

    terms: tuple[Term, ...]
    masks: Mapping[UUID, Mapping[str, set[str]]] = field(default_factory=dict)


def mask_word(thread_id: UUID, name: str) -> str:
    """The word that stands for a mask in the index."""
    return f"m{thread_id.hex}{name.replace('_', '').lower()}"[:WORD_LENGTH]


def with_masks(terms: Sequence[Term], *, user_id: UUID) -> Question:
    """The terms with the words of those of the person's masks whose values have them."""
    names: dict[str, list[str]] = defaultdict(list)
    meant: dict[UUID, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    if not terms:
        return Question(())
    for thread_id, mask in masks_of_owner(owner_id=user_id, newest=READ):
        said = words(mask.value)
        said.append("".join(said))  # numbers are written with and without spaces
        for term in terms:
            if len(names[term.word]) < MEANT and any(term.fits(word) for word in said):
                names[term.word].append(mask_word(thread_id, mask.name))
                meant[thread_id][mask.name].add(term.word)
    return Question(tuple(replace(term, names=tuple(names[term.word])) for term in terms), meant)
