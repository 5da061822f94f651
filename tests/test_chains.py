"""Composed problems: every link is needed, recorded and certified."""

from __future__ import annotations

import re

import pytest

from verimill.pipelines.exports.chain import chains, weight
from verimill.pipelines.exports.shapes import Item
from verimill.pipelines.rows import generate
from verimill.verifiers.judge import verify


def test_a_chain_is_led_by_its_answers_and_scored_by_its_last() -> None:
    problems = [generate("arithmetic_chain", 2, "chain", index) for index in range(23)]
    items = [Item(problem.row("train"), []) for problem in problems]
    by_id = {problem.id: problem for problem in problems}
    made = list(chains(items, 3))
    assert len(made) == 4
    branches: set[tuple[str, int]] = set()
    assert weight("12 -> ab") == 5
    for chain in made:
        assert len(chain.links) == len(chain.answers) == 3 and len(chain.shown) == 5
        for link, answer in zip(chain.links, chain.answers, strict=True):
            assert by_id[link].prompt in chain.prompt and verify(by_id[link].verification, f"Answer: {answer}")
        for place, (before, after) in enumerate(zip(chain.answers, chain.links[1:], strict=False), 2):
            way = re.search(rf"even, go on with problem {place}(.), else with problem {place}(.)", chain.prompt)
            assert way is not None
            letter = way[1 + weight(before) % 2]
            assert f"Problem {place}{letter}:\n\n{by_id[after].prompt}" in chain.prompt
            branches.add((letter, weight(before) % 2))
        assert verify(chain.verification, f"Answer: {chain.answers[-1]}")
    assert {letter for letter, _ in branches} == {"a", "b"} and {odd for _, odd in branches} == {0, 1}
    assert list(chains(items, 3)) == made
    with pytest.raises(ValueError, match="links must be"):
        list(chains(items, 1))
