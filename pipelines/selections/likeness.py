"""How far two texts are apart: edit distance in words, exact, a machine word of the shorter text at a time."""

from __future__ import annotations

from collections.abc import Sequence

MAX_WORDS = 20_000  # of a text that are compared


def words_of(text: str) -> list[str]:
    """The text's words, as many as are compared."""
    return text.split()[:MAX_WORDS]


def edits(a: Sequence[str], b: Sequence[str]) -> int:
    """Insertions, deletions and replacements that turn one into the other (Levenshtein).

    Myers' bit-vector method: one big integer holds a column of the table.
    """
    if len(a) > len(b):
        a, b = b, a
    if not a:
        return len(b)
    places: dict[str, int] = {}
    for at, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << at
    full, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    up, down, distance = full, 0, len(a)
    for word in b:
        same = places.get(word, 0)
        diagonal = (((same & up) + up) ^ up) | same | down
        more, less = (down | ~(diagonal | up)) & full, up & diagonal
        distance += bool(more & last) - bool(less & last)
        more, less = (more << 1 | 1) & full, (less << 1) & full
        up, down = (less | ~(diagonal | more)) & full, more & diagonal
    return distance


def distance(a: Sequence[str], b: Sequence[str]) -> float:
    """Edits over the longer length: 0 for equal texts, 1 where nothing is shared."""
    longer = max(len(a), len(b))
    return edits(a, b) / longer if longer else 0.0
