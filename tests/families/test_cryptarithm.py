"""Cryptarithm: the search column by column finds what trying every assignment finds."""

from __future__ import annotations

from itertools import permutations

from verimill.generators.engines.column_search import readings


def tried(words: tuple[str, ...], letters: str, known: dict[str, int]) -> list[tuple[int, ...]]:
    """The readings among all ways to give the letters different digits."""
    found = []
    for digits in permutations(range(10), len(letters)):
        of = dict(zip(letters, digits, strict=True))
        if any(of[c] != d for c, d in known.items()) or any(len(w) > 1 and not of[w[0]] for w in words):
            continue
        *addends, total = (int("".join(str(of[c]) for c in word)) for word in words)
        if sum(addends) == total:
            found.append(digits)
    return found


def test_the_search_by_columns_finds_all_readings_and_no_other() -> None:
    for words, known in (
        (("AB", "BA", "CDC"), {}), (("AB", "AC", "DE"), {"E": 0}), (("A", "B", "CA"), {}), (("AAB", "BAB", "CDE"), {}),
    ):  # fmt: skip
        letters = "".join(sorted({c for word in words for c in word}))
        found = readings(words, letters, [f"{c}{d}" for c, d in known.items()], 1000)
        assert sorted(found) == tried(words, letters, known)
    assert readings(("SEND", "MORE", "MONEY"), "DEMNORSY", (), 2) == [(7, 5, 1, 6, 0, 8, 9, 2)]
