"""Which word of the shop's vocabulary a mistyped one was meant to be.

Two words at most two edits apart (a letter too many, missing, wrong, or swapped with its neighbour) have something in
common once up to two letters are left out of each: their ``variants`` meet. An index on those finds the few words worth
measuring, whatever the size of the vocabulary. A long word may be further off, where something else finds the few.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import combinations

from rapidfuzz.distance import OSA

MAX_WORD = 64
_BEGINNING = 8  # variants are of so many first letters: their number stays small for long words
_LONG = 9  # letters from which three edits leave most of a word
_WORD = re.compile(r"[^\W_]+")


_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i"})


def words_of(text: str) -> list[str]:
    """The words of a text in lower case without diacritics, as the vocabulary spells them."""
    decomposed = unicodedata.normalize("NFKD", text).lower().translate(_LETTERS)
    return _WORD.findall("".join(letter for letter in decomposed if not unicodedata.combining(letter)))


def tolerance(word: str) -> int:
    """Edits that a word of this length may be off: short words are all alike."""
    if len(word) <= 2 or any(character.isdigit() for character in word):
        return 0
    return 1 if len(word) <= 4 else 2


def variants(word: str) -> list[str]:
    """The word's beginning, and what is left of it without one or two letters; sorted."""
    beginning = word[:_BEGINNING]
    found = {beginning}
    for missing in range(1, tolerance(word) + 1):
        kept = max(len(beginning) - missing, 1)
        found.update("".join(letters) for letters in combinations(beginning, kept))
    return sorted(found)


def reach(word: str) -> int:
    """Edits that a word may be off when nothing is within its tolerance: one more for a long word."""
    allowed = tolerance(word)
    return allowed + 1 if allowed and len(word) >= _LONG else allowed


def lost(words: Sequence[str], vocabulary: Mapping[str, int]) -> list[str]:
    """Those that ``corrected`` finds no word of ``vocabulary`` for, and that reach further than their tolerance."""
    meant = zip(words, _meant(words, vocabulary), strict=True)
    return sorted({word for word, known in meant if known is None and reach(word) > tolerance(word)})


def corrected(
    words: Sequence[str], vocabulary: Mapping[str, int], further: Mapping[str, int] | None = None
) -> str | None:
    """The words, each as the nearest of ``vocabulary`` (word to number of products) within its tolerance.

    Of words equally near, the one that more products have. A known word stays as it is, and so does the last one when
    it is the beginning of one. What has none may be the nearest of ``further`` within its reach. None when nothing is
    to be corrected.
    """
    meant = zip(words, _meant(words, vocabulary), strict=True)
    result = [known or _nearest(word, further or {}, reach(word)) or word for word, known in meant]
    return None if result == list(words) else " ".join(result)


def _meant(words: Sequence[str], vocabulary: Mapping[str, int]) -> list[str | None]:
    *earlier, last = words
    result = [word if word in vocabulary else _nearest(word, vocabulary, tolerance(word)) for word in earlier]
    typing = any(word.startswith(last) for word in vocabulary)
    return [*result, last if typing else _nearest(last, vocabulary, tolerance(last))]


def _nearest(word: str, vocabulary: Mapping[str, int], limit: int) -> str | None:
    measured = (
        (distance, -products, known)
        for known, products in vocabulary.items()
        if (distance := OSA.distance(word, known, score_cutoff=limit)) <= limit
    )
    return min(measured, default=(0, 0, None))[2]
