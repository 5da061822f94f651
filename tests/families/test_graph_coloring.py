"""What is special to graph_coloring: known chromatic numbers, refutations, what a step may not do."""

from __future__ import annotations

from itertools import product

import pytest

from verimill.generators.graphs.coloring_search import Colouring, cliques, masks, peel
from verimill.generators.graphs.graph_coloring import MAKER
from verimill.schemas.core import Step
from verimill.schemas.graphs.graph_coloring import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.graphs.graph_coloring import JUDGE

WORDS = ("red", "green", "blue", "yellow")
NAMES = tuple("ABCDEFGHIJK")

PETERSEN = tuple(
    [(v, (v + 1) % 5) for v in range(5)] + [(v, v + 5) for v in range(5)] + [(v + 5, (v + 2) % 5 + 5) for v in range(5)]
)
# Groetzsch's graph: the smallest one without triangles that three colours do not suffice for (chromatic number 4).
GROETZSCH = tuple(
    [(v, (v + 1) % 5) for v in range(5)]
    + [(v + 5, (v + d) % 5) for v in range(5) for d in (1, 4)]
    + [(10, v + 5) for v in range(5)]
)
KNOWN = {"petersen": (10, PETERSEN, 3), "groetzsch": (11, GROETZSCH, 4), "odd cycle": (5, PETERSEN[:5], 3)}


def _colourable(n: int, edges: tuple[tuple[int, int], ...], k: int) -> bool:
    return any(all(c[u] != c[v] for u, v in edges) for c in product(range(k), repeat=n))


def _searched(n: int, edges: tuple[tuple[int, int], ...], k: int) -> bool:
    near = masks(n, edges)
    core, _ = peel(near, k)
    starts = cliques(near, core, k) if core else [()]
    return Colouring(near, k).solve(core, starts[0])[0]


@pytest.mark.parametrize("name", KNOWN)
def test_known_chromatic_numbers_are_found(name: str) -> None:
    n, edges, least = KNOWN[name]
    assert not _searched(n, edges, least - 1)
    enough = Problem(NAMES[:n], edges, WORDS[:least])
    solved = MAKER.solve(enough)
    assert JUDGE.check(enough, solved.steps, solved.answer).ok
    assert JUDGE.recount(enough, "one", solved.answer).agrees
    if least > 2 + (least == 3):
        few = Problem(NAMES[:n], edges, WORDS[: least - 1])
        assert JUDGE.recount(few, "none", None).agrees


def test_the_search_agrees_with_brute_force_on_small_random_graphs() -> None:
    seen = set()
    for index in range(60):
        rng = rng_for("small", index)
        n, k = rng.between(4, 7), rng.between(2, 3)
        edges = tuple((u, v) for u in range(n) for v in range(u + 1, n) if rng.chance(0.55))
        if edges:
            found = _searched(n, edges, k)
            seen.add(found)
            assert found == _colourable(n, edges, k), (n, k, edges)
    assert seen == {True, False}


def test_too_few_colours_are_refuted_by_checked_steps() -> None:
    proved = 0
    for level in (1, 4, 8):
        for index in range(4):
            problem = MAKER.make(rng_for("few", level, index), CODEC.level(level))
            assert MAKER.unanswerable is not None
            changed = MAKER.unanswerable(rng_for("move", index), problem)
            if changed is None:
                continue
            proved += 1
            assert len(changed.problem.edges) == len(problem.edges)
            assert JUDGE.check(changed.problem, changed.steps, None).ok
            assert not JUDGE.check(changed.problem, changed.steps[:-1], None).ok
            assert not JUDGE.check(problem, changed.steps, None).ok
            assert JUDGE.recount(changed.problem, "none", None).agrees
    assert proved >= 8


PATH = Problem(("A", "B", "C"), ((0, 1), (1, 2)), ("red", "green"))


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((Step(1, "start", ("A", "C"), ("A=red", "C=green")),), "not joined"),
        ((Step(1, "forced", ("B=green",), ("A=red",)),), "not known"),
        ((Step(1, "choose", (), ("A=red",)), Step(2, "choose", (), ("B=red",))), "neighbour"),
        ((Step(1, "choose", (), ("A=red",)), Step(2, "clash", ("B", "A=red"), ("contradiction",))), "after a choice"),
        ((Step(1, "suppose", ("A=red",), ("A!=red",), (Step(1, "choose", (), ("B=green",)),)),), "rest on a choice"),
        ((Step(1, "suppose", ("A=red",), ("A!=red",), ()),), "no contradiction"),
        ((Step(1, "same", ("A!=red",), ("A!=green",)),), "not known"),
    ],
)
def test_an_unsound_step_is_named(steps: tuple[Step, ...], why: str) -> None:
    verdict = JUDGE.check(PATH, steps, None)
    assert not verdict.ok
    assert why in verdict.reason


@pytest.mark.parametrize(
    "text",
    [
        "A=red, B=green, C=red",
        "b: GREEN\nc: red\na: red.",
        '{"A": "red", "B": "green", "C": "red"}',
        "- A -> red\n- B -> green\n- C → red",
        "A is red, B is green and C is red.",
    ],
)
def test_a_colouring_is_read_in_many_dresses(text: str) -> None:
    assert CODEC.read(PATH, text) == (("A", "red"), ("B", "green"), ("C", "red"))


@pytest.mark.parametrize(
    "text", ["", "A=red, B=green", "A=red, B=green, C=red, A=green", "A=red, B=pink, C=red", "A=red, D=red"]
)
def test_an_incomplete_or_foreign_colouring_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"colour|unknown|wanted"):
        CODEC.read(PATH, text)
