"""Binairo: every line pattern is known, deduction agrees with a plain backtracking count on side 6."""

from __future__ import annotations

from verimill.generators.grids.binairo import MAKER, balanced_lines
from verimill.schemas.grids.binairo import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.binairo import JUDGE


def count_solutions(problem: Problem) -> int:
    """Row by row over all line patterns, nothing else."""
    n = problem.size
    givens = [problem.givens[r * n : r * n + n] for r in range(n)]
    lines = ["".join(map(str, line)) for line in balanced_lines(n)]
    full = {line for line in lines}

    def fill(rows: list[str]) -> int:
        if len(rows) == n:
            columns = {"".join(column) for column in zip(*rows, strict=True)}
            return int(len(columns) == n and columns <= full)
        fits = (
            line
            for line in lines
            if line not in rows and all(g in (".", v) for g, v in zip(givens[len(rows)], line, strict=True))
        )
        return sum(fill([*rows, line]) for line in fits)

    return fill([])


def test_lines_of_side_6_8_10_are_14_34_84() -> None:
    assert [len(balanced_lines(n)) for n in (6, 8, 10)] == [14, 34, 84]


def test_a_made_problem_has_one_solution_by_plain_counting() -> None:
    for i in range(3):
        problem = MAKER.make(rng_for("binairo", i), CODEC.level(3))
        assert count_solutions(problem) == 1


def test_every_rule_names_where_it_is_broken() -> None:
    problem = Problem(6, "." * 35 + "1")
    answer = CODEC.read(problem, "\n".join(["010101"] * 6))
    broken = {rule.name for rule in JUDGE.rules if rule.broken(problem, answer)}
    assert broken == {"triple", "count", "rows", "cols"}
    zeros = {rule.name: rule.broken(problem, "0" * 36) for rule in JUDGE.rules}
    assert zeros["given"] == "r6c6 must stay 1, got 0"
