"""A clue means to somebody who reads its sentence what it means to the judge and to the generator."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from readers import seating as seating_reader
from readers import zebra as zebra_reader
from readers.shapes import said

from verimill.generators.engines.arrangement_text import ROW_SENTENCES, sentence
from verimill.generators.engines.arrangements import rows_of
from verimill.generators.logic.seating import SENTENCES
from verimill.schemas.clues import KINDS, ROUND_ONLY, ROW_ONLY, Clue
from verimill.schemas.logic.seating import SEAT_KINDS
from verimill.schemas.logic.zebra import ROW_KINDS
from verimill.verifiers.arrangements import obeys

N = 6  # positions
CALLED = {"Alice": "Alice", "the owner of the cat": "cat", "whoever drinks tea": "tea"}


def clue_of(kind: str) -> Clue:
    a, b, c = ({"i": k, "n": 2, "-": -1}[form] for k, form in enumerate(KINDS[kind]))
    return (kind, a, b, c)


@pytest.mark.parametrize("kind", ROW_KINDS)
@pytest.mark.parametrize("style", (0, 1))
def test_a_clue_about_a_row_of_people_means_the_same_to_everybody(kind: str, style: int) -> None:
    clue = clue_of(kind)
    text = sentence(clue, list(CALLED).__getitem__, "house", style, ROW_SENTENCES)
    forms = [(name, form.replace("PLACE", "house").replace("CAPITAL", "House")) for name, form in zebra_reader.FORMS]
    read, *parts = said(text, forms, CALLED)
    items = [list(CALLED.values()).index(part) for part in parts if isinstance(part, str)]
    rows = rows_of(kind, *(2 if form == "n" else -1 for form in KINDS[kind][1:]), N, False)
    for where in product(range(1, N + 1), repeat=KINDS[kind].count("i")):
        wanted = zebra_reader.holds(read, N, 2, *(where[i] for i in items))
        assert obeys(clue, where, N, False) is wanted, f"{text} {where}"
        assert (tuple(p - 1 for p in where) in rows) is wanted, f"{text} {where}"


SEATS = [(kind, table) for kind in SEAT_KINDS for table in (False, True) if kind not in (ROUND_ONLY, ROW_ONLY)[table]]


@pytest.mark.parametrize(("kind", "table"), SEATS)
@pytest.mark.parametrize("style", (0, 1))
def test_a_clue_about_seats_means_the_same_to_everybody(kind: str, style: int, table: bool) -> None:
    clue = clue_of(kind)
    names = ("Alice", "Boris", "Chloe")
    text = sentence(clue, names.__getitem__, "seat", style, SENTENCES).replace("{way}", "")
    read, *parts = said(text, seating_reader.FORMS, {name: name for name in names})
    items = [names.index(part) for part in parts if isinstance(part, str)]
    rows = rows_of(kind, *(2 if form == "n" else -1 for form in KINDS[kind][1:]), N, table)
    for where in permutations(range(1, N + 1), KINDS[kind].count("i")):
        wanted = seating_reader.holds(read, N, table, 2, *(where[i] for i in items))
        assert obeys(clue, where, N, table) is wanted, f"{text} {where}"
        assert (tuple(p - 1 for p in where) in rows) is wanted, f"{text} {where}"
