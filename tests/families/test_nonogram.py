"""Nonogram: runs of lines, and one solution by plain counting on side 5."""

from __future__ import annotations

from itertools import product

from verimill.generators.grids.nonogram import MAKER, lines_with, runs_in, runs_of
from verimill.schemas.grids.nonogram import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.nonogram import JUDGE, board


def solutions(problem: Problem) -> list[str]:
    every = ["".join(bits) for bits in product("01", repeat=problem.size)]
    by_row = [[line for line in every if tuple(len(r) for r in line.split("0") if r) == runs] for runs in problem.rows]
    grids = ("".join(rows) for rows in product(*by_row))
    return [g for g in grids if not any(rule.broken(problem, g) for rule in JUDGE.rules)]


def test_a_made_problem_has_the_one_solution_that_the_solver_names() -> None:
    for i in range(3):
        problem = MAKER.make(rng_for("nonogram", i), CODEC.level(1))
        assert solutions(problem) == [MAKER.solve(problem).answer]


def test_lines_with_given_runs_are_exactly_those_that_have_them() -> None:
    every = list(product((0, 1), repeat=7))
    for line in every:
        runs = runs_of(line)
        assert sorted(lines_with(7, runs)) == [other for other in every if runs_of(other) == runs]


def test_the_judge_reads_a_line_as_the_generator_writes_it() -> None:
    for line in product((0, 1), repeat=5):
        problem = runs_in(5, [*line, *[0] * 20])
        row = board(problem).relations["row 1"]
        held = [other for other in product((0, 1), repeat=5) if row.holds(other)]
        assert held == sorted(lines_with(5, runs_of(line)))
