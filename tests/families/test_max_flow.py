"""Maximum flows: the known value of a textbook network, a certificate, and a trace that is replayed."""

from __future__ import annotations

from dataclasses import replace

import networkx
import pytest

from verimill.generators.graphs.max_flow import MAKER
from verimill.schemas.graphs.max_flow import CODEC, Answer, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.graphs.max_flow import JUDGE

# The first flow network of the chapter on maximum flow in Cormen, Leiserson, Rivest and Stein (3rd ed.): value 23.
CLRS = Problem(
    names=("s", "v1", "v2", "v3", "v4", "t"),
    edges=(
        (0, 1, 16), (0, 2, 13), (1, 3, 12), (2, 1, 4), (2, 4, 14), (3, 2, 9), (3, 5, 20), (4, 3, 7), (4, 5, 4),
    ),
    source=0,
    sink=5,
)  # fmt: skip


def _broken(problem, answer):
    return [rule.name for rule in JUDGE.rules if rule.broken(problem, answer)]


def test_the_textbook_network_has_its_known_value_and_cut():
    solved = MAKER.solve(CLRS)
    assert (solved.answer.value, solved.answer.side) == (23, ("s", "v1", "v2", "v4"))
    assert _broken(CLRS, solved.answer) == []
    assert JUDGE.check(CLRS, solved.steps, solved.answer)
    assert JUDGE.check(CLRS, solved.brief, solved.answer)
    assert JUDGE.recount(CLRS, "one", solved.answer).agrees


def test_networkx_finds_the_same_values():
    for index in range(20):
        problem = MAKER.make(rng_for("networkx", index), CODEC.level(1 + index % 10))
        graph = networkx.DiGraph()
        graph.add_nodes_from(range(len(problem.names)))
        for u, v, w in problem.edges:
            graph.add_edge(u, v, capacity=w)
        assert networkx.maximum_flow_value(graph, problem.source, problem.sink) == MAKER.solve(problem).answer.value


@pytest.mark.parametrize("rule", ["edges", "capacity", "conservation", "value", "cut"])
def test_some_near_miss_breaks_this_rule_alone(rule):
    for index in range(20):
        problem = MAKER.make(rng_for("near", index), CODEC.level(4))
        answer = MAKER.solve(problem).answer
        for miss in MAKER.near_misses(rng_for("miss", index), problem, answer):
            if miss.rule == rule and _broken(problem, miss.answer) == [rule]:
                return
    raise AssertionError(f"no near miss for {rule}")


def test_another_maximum_flow_with_another_minimum_cut_is_right_too():
    row = Problem(("S", "A", "B", "T"), ((0, 1, 2), (1, 2, 2), (2, 3, 2)), 0, 3)
    flow = (("S", "A", 2), ("A", "B", 2), ("B", "T", 2))
    for side in (("S",), ("S", "A"), ("S", "A", "B")):
        assert _broken(row, Answer(2, flow, side)) == []
    assert _broken(row, Answer(2, flow, ("S", "B"))) == ["cut"]
    assert _broken(row, Answer(2, flow, ("S", "A", "B", "T"))) == ["cut"]


def test_flow_that_was_taken_back_is_replayed():
    # The shortest way uses the cross edge A->B; the second push has to take that flow back.
    cross = Problem(
        ("S", "A", "B", "C", "D", "T"),
        ((0, 1, 1), (0, 3, 1), (1, 2, 1), (2, 5, 1), (1, 4, 1), (3, 2, 1), (4, 5, 1)),
        0,
        5,
    )
    solved = MAKER.solve(cross)
    assert solved.answer.value == 2
    assert JUDGE.check(cross, solved.steps, solved.answer)
    wrong = replace(solved.steps[0], claims=(solved.steps[0].claims[0].replace("push 1", "push 2"),))
    assert JUDGE.check(cross, (wrong, *solved.steps[1:]), solved.answer).first_wrong == 1


@pytest.mark.parametrize(
    "text",
    [
        "Value: 2\nFlow: S->A: 2, A->T: 2\nCut: S, A",
        "cut: {A, S}\nvalue: 2.\nflow: S -> A = 2; A → T (2)",
        '{"value": 2, "flow": {"S->A": 2, "A->T": 2}, "cut": ["S", "A"]}',
        "- Value: 2\n- Flow: S->A: 2, A->T: 2\n- Cut: S, A",
        "1. **Value**: 2\n2. **Flow**: S->A: 2 and A->T: 2\n3. **Cut**: S, A",
        "**Value:** 2\n**Flow:**\n- S->A: 2\n- A->T: 2\n- A->B: 0\n**Cut:** S and A",
    ],
)
def test_the_usual_ways_to_write_a_flow_are_read(text):
    problem = Problem(("S", "A", "B", "T"), ((0, 1, 3), (1, 2, 1), (1, 3, 2), (2, 3, 0 + 1)), 0, 3)
    assert CODEC.read(problem, text) == Answer(2, (("S", "A", 2), ("A", "T", 2)), ("S", "A"))


@pytest.mark.parametrize(
    "text",
    [
     "", "23", "Value: 2\nFlow: S->A: 2", "Value: x\nFlow: none\nCut: s", "Value: 1\nFlow: s->v1\nCut: s",
     "Value: 1\nFlow: s->v1: 1, s->v1: 1\nCut: s", "Value: 1\nValue: 2\nFlow: none\nCut: s",
     "Value: 1\nFlow: s-v1: 1\nCut: q"],
)  # fmt: skip
def test_what_is_not_a_flow_with_its_cut_is_refused(text):
    with pytest.raises(ValueError):
        CODEC.read(CLRS, text)
