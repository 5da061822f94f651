"""Spanning trees: the judged least total is the true one, every least tree is right, skipped edges show a cycle."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from verimill.generators.graphs.minimum_spanning_tree import MAKER
from verimill.schemas.graphs.minimum_spanning_tree import CODEC, Params, Problem
from verimill.schemas.networks import joined
from verimill.schemas.rng import rng_for
from verimill.verifiers.graphs.minimum_spanning_tree import JUDGE

# The worked example of Wikipedia's article on Kruskal's algorithm: total 39.
WIKIPEDIA = Problem(
    names=("A", "B", "C", "D", "E", "F", "G"),
    edges=(
        (0, 1, 7), (0, 3, 5), (1, 2, 8), (1, 3, 9), (1, 4, 7), (2, 4, 5), (3, 4, 15), (3, 5, 6), (4, 5, 8), (4, 6, 9),
        (5, 6, 11),
    ),
)  # fmt: skip


def _broken(problem, answer):
    return [rule.name for rule in JUDGE.rules if rule.broken(problem, answer)]


def test_the_worked_example_has_its_known_tree():
    solved = MAKER.solve(WIKIPEDIA)
    assert solved.certificate["total"] == 39
    assert solved.answer == (("A", "B"), ("A", "D"), ("B", "E"), ("C", "E"), ("D", "F"), ("E", "G"))
    assert any(step.rule == "skip" for step in solved.steps)
    assert JUDGE.check(WIKIPEDIA, solved.steps, solved.answer)
    assert JUDGE.check(WIKIPEDIA, solved.brief, solved.answer)


def test_of_all_sets_of_edges_exactly_the_least_trees_are_right():
    problem = MAKER.make(rng_for("brute", 1), Params(nodes=6, top=4, degree=3.2))
    names = problem.names
    judged = {}
    for size in range(4, 7):
        for chosen in combinations(problem.edges, size):
            pairs = [(min(u, v), max(u, v)) for u, v, _ in chosen]
            parts, closing = joined(6, pairs)
            tree = closing < 0 and len(set(parts)) == 1
            answer = tuple((names[u], names[v]) for u, v in sorted(pairs))
            judged[answer] = (tree, sum(w for _, _, w in chosen))
    least = min(total for tree, total in judged.values() if tree)
    for answer, (tree, total) in judged.items():
        assert (_broken(problem, answer) == []) == (tree and total == least), answer
        if tree and total > least:
            assert _broken(problem, answer) == ["least"]


@pytest.mark.parametrize("rule", ["edges", "acyclic", "spanning", "least"])
def test_some_near_miss_breaks_this_rule_alone(rule):
    for index in range(20):
        problem = MAKER.make(rng_for("near", index), CODEC.level(4))
        answer = MAKER.solve(problem).answer
        for miss in MAKER.near_misses(rng_for("miss", index), problem, answer):
            if miss.rule == rule and _broken(problem, miss.answer) == [rule]:
                return
    raise AssertionError(f"no near miss for {rule}")


def test_an_edge_taken_before_a_lighter_one_is_found():
    solved = MAKER.solve(WIKIPEDIA)
    early = replace(solved.brief[0], because=("edge D E 15",), claims=("tree D E 15",))
    verdict = JUDGE.check(WIKIPEDIA, (early, *solved.brief[1:]), solved.answer)
    assert verdict.first_wrong == 1
    assert "lighter" in verdict.reason


def test_a_network_in_two_parts_is_proved_to_have_no_tree():
    twin = MAKER.unanswerable(rng_for("cut"), MAKER.make(rng_for("none"), CODEC.level(5)))
    assert JUDGE.check(twin.problem, twin.steps, None)
    assert not JUDGE.check(twin.problem, twin.steps[1:], None)
    assert JUDGE.recount(twin.problem, "none", None).agrees


@pytest.mark.parametrize(
    "text",
    [
        "A-B, A-D, B-E, C-E, D-F, E-G",
        "a - d, b–a; e-b\nc-e\nd-f\ng-e",
        "(A, B), (A, D), (B, E), (C, E), (D, F), (E, G)",
        '[["A","B"],["A","D"],["B","E"],["C","E"],["D","F"],["E","G"]]',
        "- A-B: 7\n- A-D: 5\n- B-E: 7\n- C-E: 5\n- D-F: 6\n- E-G: 9",
        "A — B, A — D, B — E, C — E, D — F, E — G.",
        "A-B, A-D, B-E, C-E, D-F, and E-G",
    ],
)
def test_the_usual_ways_to_write_edges_are_read(text):
    assert _broken(WIKIPEDIA, CODEC.read(WIKIPEDIA, text)) == []


@pytest.mark.parametrize("text", ["", "A-B-D", "A-B, A-B", "A-B: 8", "A-X", "A", "A-B and so on"])
def test_what_is_not_a_list_of_edges_is_refused(text):
    with pytest.raises(ValueError):
        CODEC.read(WIKIPEDIA, text)
