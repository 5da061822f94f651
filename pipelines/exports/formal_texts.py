"""A problem in a formal language: clauses in DIMACS, a query in SQL, a Horn program in Prolog; and how each is run.

`clauses` gives variables by name and clauses over their numbers; the names are facts as the answer states them.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from verimill.schemas.formulas import parse, people_in
from verimill.schemas.logic.knights_knaves import SKINS
from verimill.verifiers.logic.role_formulas import holds

MAX_TABLE = 9  # people in one statement; its truth table has two to this power lines


@dataclass(frozen=True, slots=True)
class Cnf:
    """Clauses over variables 1..n; `names[k - 1]` is what variable k says."""

    names: tuple[str, ...]
    clauses: tuple[tuple[int, ...], ...]

    def text(self) -> str:
        """The DIMACS file, with a comment for each variable."""
        lines = [f"c {at} {name}" for at, name in enumerate(self.names, 1)]
        lines.append(f"p cnf {len(self.names)} {len(self.clauses)}")
        return "\n".join([*lines, *(" ".join(map(str, (*clause, 0))) for clause in self.clauses)]) + "\n"


def read_dimacs(text: str) -> tuple[list[str], list[list[int]]]:
    """Names and clauses of a DIMACS text of ours."""
    names, clauses = [], []
    for line in text.splitlines():
        if line.startswith("c "):
            names.append(line.split(" ", 2)[2])
        elif not line.startswith("p "):
            clauses.append([int(word) for word in line.split()][:-1])
    return names, clauses


def _one_of(group: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    yield group
    yield from ((-a, -b) for a, b in combinations(group, 2))


def sudoku_cnf(problem: Any) -> Cnf:
    """A variable for each value of each cell."""
    n = problem.size
    cells = list(product(range(n), range(n)))
    var = {(r, c, v): (r * n + c) * n + v for r, c in cells for v in range(1, n + 1)}
    names = tuple(f"r{r + 1}c{c + 1}={v}" for r, c, v in var)
    units = [[(r, c) for c in range(n)] for r in range(n)] + [[(r, c) for r in range(n)] for c in range(n)]
    units += [[cell for cell, region in zip(cells, problem.regions, strict=True) if region == k] for k in range(n)]
    if problem.variant == "diagonal":
        units += [[(k, k) for k in range(n)], [(k, n - 1 - k) for k in range(n)]]
    clauses = [c for r, k in cells for c in _one_of(tuple(var[r, k, v] for v in range(1, n + 1)))]
    clauses += [c for unit in units for v in range(1, n + 1) for c in _one_of(tuple(var[r, k, v] for r, k in unit))]
    clauses += [(var[r, c, int(g)],) for (r, c), g in zip(cells, problem.givens, strict=True) if g != "."]
    return Cnf(names, tuple(clauses))


def colouring_cnf(problem: Any) -> Cnf:
    """A variable for each colour of each node."""
    k = len(problem.palette)
    names = tuple(f"{name}={colour}" for name in problem.names for colour in problem.palette)
    clauses = [c for at in range(len(problem.names)) for c in _one_of(tuple(at * k + j + 1 for j in range(k)))]
    clauses += [(-(a * k + j + 1), -(b * k + j + 1)) for a, b in problem.edges for j in range(k)]
    return Cnf(names, tuple(clauses))


def knaves_cnf(problem: Any) -> Cnf:
    """A variable for each person, true for the truthful; a statement is as true as its speaker."""
    clauses = []
    for speaker, text in problem.statements:
        node, who = parse(text), sorted({speaker, *people_in(text)})
        if len(who) > MAX_TABLE:
            raise ValueError("a statement is about too many people for its truth table")
        for row in product((False, True), repeat=len(who)):
            roles = [False] * len(problem.names)
            for person, role in zip(who, row, strict=True):
                roles[person] = role
            if holds(node, tuple(roles)) != roles[speaker]:
                clauses.append(tuple(-(p + 1) if roles[p] else p + 1 for p in who))
    word = SKINS[problem.skin][0]
    return Cnf(tuple(f"{name}: {word}" for name in problem.names), tuple(clauses))


def sat_cnf(problem: Any) -> Cnf:
    """The statements themselves."""
    return Cnf(tuple(problem.atoms), tuple(problem.clauses))


CNF: Mapping[str, Callable[[Any], Cnf]] = {
    "sudoku": sudoku_cnf,
    "graph_coloring": colouring_cnf,
    "knights_knaves": knaves_cnf,
    "sat_3cnf": sat_cnf,
}


def answer_of(family: str, problem: Any, true: set[int]) -> str:
    """The answer that a satisfying assignment states, in the form that the problem asks for."""
    if family == "sudoku":
        n = problem.size
        cells = [v for v in sorted(true) if v > 0]
        digits = [str((v - 1) % n + 1) for v in cells]
        return "\n".join(" ".join(digits[r * n : (r + 1) * n]) for r in range(n))
    if family == "graph_coloring":
        k = len(problem.palette)
        return ", ".join(f"{problem.names[(v - 1) // k]}={problem.palette[(v - 1) % k]}" for v in sorted(true))
    if family == "knights_knaves":
        words = SKINS[problem.skin]
        return ", ".join(f"{name}: {words[at + 1 not in true]}" for at, name in enumerate(problem.names))
    facts = [atom for at, atom in enumerate(problem.atoms, 1) if at in true]
    return f"possible: {', '.join(facts) or 'nothing'}"


# --- SQL --------------------------------------------------------------------------------------------------------

_QUERY = """\
CREATE TABLE edge (a TEXT, b TEXT, w INTEGER);
INSERT INTO edge VALUES {values};
WITH RECURSIVE
  reach(node, cost) AS (
    SELECT {source}, 0
    UNION
    SELECT edge.b, reach.cost + edge.w FROM reach JOIN edge ON edge.a = reach.node
    WHERE reach.cost + edge.w <= {bound}
  ),
  best AS (SELECT node, MIN(cost) AS cost FROM reach GROUP BY node),
  way(node, cost, path) AS (
    SELECT node, cost, node FROM best WHERE node = {target}
    UNION ALL
    SELECT best.node, best.cost, best.node || ' -> ' || way.path
    FROM way JOIN edge ON edge.b = way.node
    JOIN best ON best.node = edge.a AND best.cost + edge.w = way.cost
  )
SELECT path FROM way WHERE node = {source} LIMIT 1;
"""


def shortest_sql(problem: Any) -> str:
    """A table of edges and a query whose one row is a shortest path; no row where there is none."""
    edges = [(problem.names[a], problem.names[b], w) for a, b, w in problem.edges]
    edges += [] if problem.directed else [(b, a, w) for a, b, w in edges]
    return _QUERY.format(
        values=", ".join(f"({_quoted(a)}, {_quoted(b)}, {w})" for a, b, w in edges),
        source=_quoted(problem.names[problem.source]), target=_quoted(problem.names[problem.target]),
        bound=_bound(problem),
    )  # fmt: skip


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _bound(problem: Any) -> int:
    """The length of the way with the fewest edges; no shortest path is longer. Where there is none, of any way."""
    after: dict[int, list[tuple[int, int]]] = {}
    for a, b, w in problem.edges:
        after.setdefault(a, []).append((b, w))
        if not problem.directed:
            after.setdefault(b, []).append((a, w))
    cost, layer = {problem.source: 0}, [problem.source]
    while layer and problem.target not in cost:
        here, layer = layer, []
        for node in here:
            for other, weight in after.get(node, ()):
                if other not in cost:
                    cost[other] = cost[node] + weight
                    layer.append(other)
    return cost.get(problem.target, max(cost.values(), default=0))


def run_sql(text: str) -> str | None:
    """What the query's first row says; None where there is none."""
    *before, query = [part for part in text.split(";\n") if part.strip()]
    with sqlite3.connect(":memory:") as base:
        for part in before:
            base.execute(part)
        row = base.execute(query).fetchone()
    return None if row is None else str(row[0])


# --- Prolog -----------------------------------------------------------------------------------------------------

_CLAUSE = re.compile(r"(\w+\(\w+\))(?: :- (.+))?\.")
_GOAL = re.compile(r"(\w+)\((\w+)\)")


def deduction_prolog(problem: Any) -> tuple[str, str, str]:
    """Facts and rules as Horn clauses, the goal, and the goal of its opposite; `not_tall` is a predicate of its own."""

    def atom(literal: tuple[int, int]) -> str:
        who, trait = literal
        name = "X" if who < 0 else problem.names[who].lower()
        return f"{'not_' if trait < 0 else ''}{problem.traits[abs(trait) - 1]}({name})"

    lines = []
    for *conditions, conclusion in problem.statements:
        body = f" :- {', '.join(map(atom, conditions))}" if conditions else ""
        lines.append(f"{atom(conclusion)}{body}.")
    who, trait = problem.question
    return "\n".join(lines) + "\n", atom(problem.question), atom((who, -trait))


def run_prolog(text: str, people: list[str]) -> set[str]:
    """Every ground atom that the program proves; X ranges over the people. Rules are applied until nothing is new."""
    ground: list[tuple[str, tuple[str, ...]]] = []
    for line in text.splitlines():
        match = _CLAUSE.fullmatch(line)
        if match is None:
            raise ValueError(f"a clause must look like a(x) :- b(x)., got {line!r:.60}")
        body = tuple(goal[0] for goal in _GOAL.finditer(match[2] or ""))
        for name in people if "(X)" in line else [""]:
            ground.append((match[1].replace("(X)", f"({name})"), tuple(b.replace("(X)", f"({name})") for b in body)))
    known: set[str] = set()
    while True:
        new = {head for head, body in ground if known.issuperset(body)} - known
        if not new:
            return known
        known |= new
