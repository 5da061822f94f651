"""Shortest paths: the judge's distance is the true one, any best path is right, the trace proves the distance."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from verimill.generators.graphs.shortest_path import MAKER
from verimill.schemas.graphs.shortest_path import CODEC, Params, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.graphs.shortest_path import JUDGE
from verimill.verifiers.judge import judge_text, read_case, write_case

# The worked example of Wikipedia's article on Dijkstra's algorithm: nodes 1..6, from 1 to 5, distance 20 by 1-3-6-5.
WIKIPEDIA = Problem(
    names=("n1", "n2", "n3", "n4", "n5", "n6"),
    edges=((0, 1, 7), (0, 2, 9), (0, 5, 14), (1, 2, 10), (1, 3, 15), (2, 3, 11), (2, 5, 2), (3, 4, 6), (4, 5, 9)),
    directed=False,
    source=0,
    target=4,
)


def _broken(problem, answer):
    return [rule.name for rule in JUDGE.rules if rule.broken(problem, answer)]


def test_the_worked_example_has_its_known_path_and_total():
    solved = MAKER.solve(WIKIPEDIA)
    assert solved.answer == ("n1", "n3", "n6", "n5")
    assert solved.certificate["total"] == 20
    assert JUDGE.check(WIKIPEDIA, solved.steps, solved.answer)
    assert JUDGE.check(WIKIPEDIA, solved.brief, solved.answer)


def test_every_path_of_least_total_is_right_and_every_other_is_wrong():
    problem = MAKER.make(rng_for("brute"), Params(nodes=7, top=3))
    weight = {(u, v): w for u, v, w in problem.edges}
    if not problem.directed:
        weight.update({(v, u): w for u, v, w in problem.edges})
    middle = [v for v in range(7) if v not in (problem.source, problem.target)]
    totals = {}
    for size in range(6):
        for inner in permutations(middle, size):
            path = (problem.source, *inner, problem.target)
            hops = list(pairwise(path))
            if all(hop in weight for hop in hops):
                totals[tuple(problem.names[v] for v in path)] = sum(weight[hop] for hop in hops)
    least = min(totals.values())
    for path, total in totals.items():
        assert _broken(problem, path) == ([] if total == least else ["shortest"])


@pytest.mark.parametrize("rule", ["ends", "edges", "shortest"])
def test_some_near_miss_breaks_this_rule_alone(rule):
    for index in range(20):
        problem = MAKER.make(rng_for("near", index), CODEC.level(4))
        answer = MAKER.solve(problem).answer
        for miss in MAKER.near_misses(rng_for("miss", index), problem, answer):
            if miss.rule == rule and _broken(problem, miss.answer) == [rule]:
                return
    raise AssertionError(f"no near miss for {rule}")


def test_a_one_way_edge_is_not_gone_backwards():
    problem = Problem(("A", "B", "C"), ((0, 1, 1), (2, 1, 1), (0, 2, 9)), True, 0, 2)
    assert _broken(problem, ("A", "B", "C")) == ["edges"]
    assert _broken(problem, ("A", "C")) == []


def test_a_step_that_settles_too_early_is_found():
    solved = MAKER.solve(WIKIPEDIA)
    at = next(i for i, step in enumerate(solved.brief) if step.claims[0].startswith("dist n2"))
    early = replace(solved.brief[at], because=("dist n1 = 0", "edge n1 n6 14"), claims=("dist n6 = 14 via n1",))
    verdict = JUDGE.check(WIKIPEDIA, (*solved.brief[:at], early, *solved.brief[at + 1 :]), solved.answer)
    assert verdict.first_wrong == at + 1
    assert "7" in verdict.reason


def test_an_unreachable_target_is_proved_and_replies_are_judged_so():
    problem = MAKER.make(rng_for("none"), CODEC.level(5))
    twin = MAKER.unanswerable(rng_for("cut"), problem)
    assert JUDGE.check(twin.problem, twin.steps, None)
    assert JUDGE.recount(twin.problem, "none", None).agrees
    case = read_case(write_case(CODEC, twin.problem, "none"))
    assert judge_text(case, "Answer: none")
    assert judge_text(case, f"Answer: {CODEC.write(MAKER.solve(problem).answer)}").outcome == "wrong"


@pytest.mark.parametrize(
    "text",
    [
        "n1 -> n3 -> n6 -> n5",
        "N1, N3, N6, N5.",
        "n1 → n3 → n6 → n5",
        '["n1", "n3", "n6", "n5"]',
        "1. n1\n2. n3\n3. n6\n4. n5",
        "n1 - n3 - n6 - n5",
        "Path: n1 to n3 to n6 to n5",
    ],
)
def test_the_usual_ways_to_write_a_path_are_read(text):
    assert CODEC.read(WIKIPEDIA, text) == ("n1", "n3", "n6", "n5")


@pytest.mark.parametrize("text", ["", "n1 <- n3", "n1 -> n9", "the path", "n1 -> n5 (cost 3)"])
def test_what_is_not_a_path_is_refused(text):
    with pytest.raises(ValueError):
        CODEC.read(WIKIPEDIA, text)
