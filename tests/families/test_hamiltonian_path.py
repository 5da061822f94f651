"""Paths through every node: the search agrees with trying every order, and every beginning given up is re-derived."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from verimill.generators.engines.hamilton import search
from verimill.generators.graphs.hamiltonian_path import MAKER
from verimill.schemas.graphs.hamiltonian_path import CODEC, Params, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.graphs.hamiltonian_path import JUDGE
from verimill.verifiers.judge import judge_text, read_case, write_case

# Hamilton's own game: the 20 corners of a dodecahedron, as the generalised Petersen graph G(10, 2).
ICOSIAN = Problem(
    names=tuple(f"n{i}" for i in range(20)),
    edges=(
        *((i, (i + 1) % 10) for i in range(10)),
        *((i, i + 10) for i in range(10)),
        *((i + 10, (i + 2) % 10 + 10) for i in range(10)),
    ),
    directed=False,
    start=0,
)


def _broken(problem, answer):
    return [rule.name for rule in JUDGE.rules if rule.broken(problem, answer)]


def test_the_icosian_game_is_won():
    solved = MAKER.solve(ICOSIAN)
    assert _broken(ICOSIAN, solved.answer) == []
    assert JUDGE.check(ICOSIAN, solved.steps, solved.answer)
    assert JUDGE.check(ICOSIAN, solved.brief, solved.answer)


def test_the_search_finds_a_path_exactly_when_trying_every_order_does():
    rng = rng_for("every order")
    seen = set()
    for index in range(120):
        n, directed, start = 6, index % 2 == 0, -1 if index % 3 == 0 else 0
        pairs = [(u, v) for u in range(n) for v in range(n) if u != v and (directed or u < v)]
        edges = tuple(rng.sample(pairs, 9 if directed else 6))
        hops = set(edges) if directed else {*edges, *[(v, u) for u, v in edges]}
        orders = [order for order in permutations(range(n)) if start < 0 or order[0] == 0]
        exists = any(all(hop in hops for hop in pairwise(order)) for order in orders)
        found = search(n, edges, directed, start, 5000, (0,) * n)
        problem = Problem(tuple("ABCDEF"), edges, directed, start)
        assert found.whole
        assert bool(found.path) == exists
        assert JUDGE.recount(problem, "one" if exists else "none", None).agrees
        seen.add((directed, exists))
    assert len(seen) == 4


def test_a_network_with_two_against_four_has_no_path():
    # K(2,4): a path alternates between the sides, so they can differ by one node at most.
    with pytest.raises(ValueError, match="no path"):
        MAKER.solve(Problem(tuple("ABCDEF"), tuple((u, v) for u in (0, 1) for v in (2, 3, 4, 5)), False, -1))


@pytest.mark.parametrize("rule", ["start", "edges", "once", "all"])
def test_some_near_miss_breaks_this_rule_alone(rule):
    for index in range(20):
        problem = MAKER.make(rng_for("near", index), CODEC.level(3))
        answer = MAKER.solve(problem).answer
        for miss in MAKER.near_misses(rng_for("miss", index), problem, answer):
            if miss.rule == rule and _broken(problem, miss.answer) == [rule]:
                return
    raise AssertionError(f"no near miss for {rule}")


def test_giving_up_a_beginning_that_could_go_on_is_found():
    for index in range(40):
        problem = MAKER.make(rng_for("early", index), Params(nodes=10))
        solved = MAKER.solve(problem)
        at = next((i for i, step in enumerate(solved.steps) if step.rule == "go" and i > 1), None)
        if at is None:
            continue
        _, place, node = solved.steps[at].claims[0].split()
        for rule, because in (("stuck", ()), ("lost", (f"lost {solved.answer[-1]}",))):
            early = replace(solved.steps[at], rule=rule, because=because, claims=(f"dead {place} {node}",))
            assert not JUDGE.check(problem, (*solved.steps[:at], early, *solved.steps[at + 1 :]), solved.answer)


def test_a_network_without_a_path_is_proved_and_replies_are_judged_so():
    for index in range(5):
        problem = MAKER.make(rng_for("none", index), CODEC.level(4))
        twin = MAKER.unanswerable(rng_for("cut", index), problem)
        if twin is None:
            continue
        assert JUDGE.check(twin.problem, twin.steps, None)
        assert not JUDGE.check(twin.problem, twin.steps[:-1], None)
        assert JUDGE.recount(twin.problem, "none", None).agrees
        case = read_case(write_case(CODEC, twin.problem, "none"))
        assert judge_text(case, "Answer: none")
        assert judge_text(case, f"Answer: {CODEC.write(MAKER.solve(problem).answer)}").outcome == "wrong"
