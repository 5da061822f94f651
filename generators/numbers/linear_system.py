"""Maker of linear_system: rows through a drawn solution, kept when the elimination stays mental-arithmetic sized."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, log10

from verimill.generators.numbers.elimination import Move, Plan, needed_moves, plan_of
from verimill.generators.numbers.linear_faces import FACE, LETTERS, THINGS, narrate
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Status, Step, Unanswerable
from verimill.schemas.numbers.linear_system import SKINS, Answer, Params, Problem, Row, write_row
from verimill.schemas.rationals import write_rational
from verimill.schemas.rng import Rng

_TRIES = 80  # whole systems drawn before giving up
_ROW_TRIES = 40  # coefficient draws for one row


def _value(rng: Rng, params: Params, negative: bool) -> Fraction:
    bottom = rng.between(2, params.denominator) if params.denominator > 1 and rng.chance(0.6) else 1
    top = rng.between(1, params.value)
    return Fraction(-top if negative and rng.chance(0.4) else top, bottom)


def _row(rng: Rng, params: Params, values: Sequence[Fraction], support: Sequence[int]) -> Row | None:
    """Coefficients on `support` whose right side is whole; None when no draw is."""
    for _ in range(_ROW_TRIES):
        row = [0] * len(values)
        for v in support:
            row[v] = rng.between(1, params.coefficient) * (-1 if rng.chance(0.3) else 1)
        total = sum((row[v] * values[v] for v in support), Fraction(0))
        if total.denominator == 1:
            return (*row, total.numerator)
    return None


def _drawn(rng: Rng, params: Params, values: Sequence[Fraction]) -> list[Row] | None:
    """A core of rows in some unknowns, a row for each unknown that falls by substitution, extra rows; shuffled."""
    order = rng.shuffled(range(params.unknowns))
    core, peeled = order[: params.unknowns - params.peel], order[params.unknowns - params.peel :]
    most = min(params.terms, len(core))
    supports = [rng.sample(core, rng.between(most - 1 if most > 2 else most, most)) for _ in core]
    for at, v in enumerate(peeled):
        before = core + peeled[:at]
        supports.append([v, *rng.sample(before, rng.between(1, min(params.terms - 1, len(before))))])
    for _ in range(params.extra):
        supports.append(rng.sample(order, rng.between(2, min(params.terms, len(order)))))
    rows = [_row(rng, params, values, support) for support in supports]
    kept = [row for row in rows if row is not None]
    return rng.shuffled(kept) if len(kept) == len(rows) and len(set(kept)) == len(kept) else None


def make(rng: Rng, params: Params) -> Problem:
    """A system with one solution; Exhausted after a bounded number of draws."""
    for _ in range(_TRIES):
        skin = "plain" if params.negative and rng.chance(0.5) else rng.pick(SKINS)
        values = [_value(rng, params, params.negative and skin == "plain") for _ in range(params.unknowns)]
        rows = _drawn(rng, params, values)
        if rows is None or (params.denominator > 1 and all(value.denominator == 1 for value in values)):
            continue
        plan = plan_of(rows, params.unknowns)
        if plan.status == "one" and plan.largest < 10**params.digits:
            return Problem(tuple(rows), _names(rng, skin, params.unknowns), skin)
    raise Exhausted(f"no system of {params.unknowns} unknowns kept its numbers small in {_TRIES} tries")


def _names(rng: Rng, skin: str, count: int) -> tuple[str, ...]:
    return LETTERS[:count] if skin == "plain" else tuple(rng.sample(THINGS[skin], count))


def _steps(problem: Problem, moves: Sequence[Move], full: bool) -> tuple[Step, ...]:
    """Moves as steps, derived rows labelled in order; `full` puts known values in by a step of its own."""
    labels = {at: f"e{at + 1}" for at in range(len(problem.rows))}
    names, out = problem.names, list[Step]()
    count = len(problem.rows)

    def add(rule: str, because: tuple[str, ...], claim: str) -> None:
        out.append(Step(len(out) + 1, rule, because, (claim,)))

    for move in moves:
        source = labels[move.parts[0][1]]
        known = tuple(names[v] for v in move.known)
        if move.rule in ("combine", "insert"):
            count += 1
            labels[move.new] = f"e{count}"
            parts = tuple(f"{m}*{labels[at]}" for m, at in move.parts) if move.rule == "combine" else (source, *known)
            add(move.rule, parts, write_row(labels[move.new], move.row))
        elif move.rule == "solve":
            claim = f"{names[move.unknown]} = {write_rational(move.value)}"
            if known and full:
                count += 1
                add("insert", (source, *known), write_row(f"e{count}", move.row))
                source, known = f"e{count}", ()
            add("solve", (source, *known), claim)
        elif move.rule == "check":
            add("check", (source,), f"{source} holds")
        else:
            add("impossible", (source,), "contradiction")
    return tuple(out)


def _both(problem: Problem, plan: Plan) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    wanted = needed_moves(plan.moves)
    brief = [move for move, keep in zip(plan.moves, wanted, strict=True) if keep]
    # An idle first move would make a trace that holds without its first step, so idle moves wait for a needed one,
    # and those that stood on a move left out go with it.
    full, gone = list[Move](), set[int]()
    for move, keep in zip(plan.moves, wanted, strict=True):
        if keep or (full and not any(at in gone for _, at in move.parts)):
            full.append(move)
        else:
            gone.add(move.new)
    return _steps(problem, full, True), _steps(problem, brief, False)


def solve(problem: Problem) -> Solved[Answer]:
    """The solution with its elimination; ValueError when there is none or more than one."""
    unknowns = len(problem.names)
    plan = plan_of(problem.rows, unknowns)
    if plan.status != "one":
        raise ValueError(f"the system has {plan.status} solutions")
    steps, brief = _both(problem, plan)
    answer = tuple((name, plan.values[v]) for v, name in enumerate(problem.names))
    combined = sum(1 for move in plan.moves if move.rule == "combine")
    hardness = Hardness(
        plan.tier, len(steps), 0, 0.0, round(plan.effort, 2),
        {"unknowns": float(unknowns), "combinations": float(combined), "largest": float(plan.largest)},
    )  # fmt: skip
    return Solved(answer, steps, brief, hardness, {"claim": "unique", "by": ["fraction-free elimination"]})


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _signed(row: Row) -> Row:
    """The row or its negative, the choice free of the order of the unknowns."""
    lead = row[-1] or sum(row[:-1]) or sum(a * a * a for a in row)
    return tuple(-a for a in row) if lead < 0 else row


def _refined(rows: Sequence[Row], colours: list[int]) -> list[int]:
    """Colours of unknowns refined until stable."""
    while True:
        seen = [(row[-1], tuple(sorted((colours[v], a) for v, a in enumerate(row[:-1]) if a))) for row in rows]
        marks = [
            (colours[v], tuple(sorted((row[v], text) for row, text in zip(rows, seen, strict=True) if row[v])))
            for v in range(len(colours))
        ]
        rank = {mark: k for k, mark in enumerate(sorted(set(marks)))}
        fresh = [rank[mark] for mark in marks]
        if len(rank) == len(set(colours)):
            return fresh
        colours = fresh


def canonical(problem: Problem) -> str:
    """Hash of the system up to the order and names of unknowns, the order and signs of rows, and the story."""
    rows = [_signed(row) for row in problem.rows]

    def best(colours: list[int]) -> str:
        colours = _refined(rows, colours)
        count = len(colours)
        if len(set(colours)) == count:
            return str(sorted((row[-1], sorted((colours[v], a) for v, a in enumerate(row[:-1]) if a)) for row in rows))
        tied = next(c for c in colours if colours.count(c) > 1)
        return min(
            best([2 * c + (c == tied and v == chosen) for v, c in enumerate(colours)])
            for chosen in range(count)
            if colours[chosen] == tied
        )

    return _hash(f"{len(problem.names)};{best([0] * len(problem.names))}")


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The same system with unknowns and equations in another order, and other names."""
    count = len(problem.names)
    for _ in range(3):
        order = rng.shuffled(range(count))
        rows = [(*(row[v] for v in order), row[-1]) for row in problem.rows]
        yield Problem(tuple(rng.shuffled(rows)), _names(rng, problem.skin, count), problem.skin)


def _holds(problem: Problem, values: Sequence[Fraction]) -> bool:
    return all(sum(a * x for a, x in zip(row, values, strict=False)) == row[-1] for row in problem.rows)


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """Two values changed over, a sign lost, off by one, and the solution of the system with one equation misread."""
    values = [value for _, value in answer]
    wrong: list[list[Fraction]] = []
    one, two = rng.sample(range(len(values)), 2)
    swapped = list(values)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    wrong.append(swapped)
    for factor, shift in ((1, 1), (-1, 0), (1, -1)):
        at = rng.below(len(values))
        wrong.append([factor * x + shift if v == at else x for v, x in enumerate(values)])
    k = rng.below(len(problem.rows))
    misread = [(*row[:-1], row[-1] + 1) if at == k else row for at, row in enumerate(problem.rows)]
    plan = plan_of(misread, len(values))
    if plan.status == "one":
        wrong.append([plan.values[v] for v in range(len(values))])
    for guess in wrong:
        if not _holds(problem, guess):
            yield NearMiss(tuple(zip(problem.names, guess, strict=True)), "equations")


def capacity(params: Params) -> float:
    """log10 of a lower bound: a value for each unknown, and half of the coefficients of two terms a row."""
    half = max(1.5, params.coefficient / 2)
    return params.unknowns * log10(params.value) + 2 * (params.unknowns + params.extra) * log10(half) - 1


def _bent(rng: Rng, row: Row, way: Sequence[int], limit: int, values: Sequence[Fraction]) -> Row | None:
    """A row through the values, on the same unknowns, none multiplied by more than `limit`, that holds along `way`."""
    new = list(row[:-1])
    support = [v for v, a in enumerate(new) if a]
    moving = [v for v in support if way[v]]
    for _ in range(3 * _ROW_TRIES):
        if moving:
            last = rng.pick(moving)
            value, left = divmod(-sum(new[v] * way[v] for v in moving if v != last), way[last])
            new[last] = 0 if left or abs(value) > limit else value
        total = sum((new[v] * values[v] for v in support), Fraction(0))
        if total.denominator == 1 and all(new[v] for v in support):
            return (*new, total.numerator)
        for v in {last, rng.pick(support)} if moving else support:
            new[v] = rng.between(1, limit) * (-1 if rng.chance(0.3) else 1)
    return None


def _changed(rng: Rng, problem: Problem, status: Status) -> tuple[Row, ...] | None:
    """Rows on the same unknowns, with numbers of the same size, that leave a choice; one of them off for none."""
    unknowns = len(problem.names)
    limit = max(abs(a) for row in problem.rows for a in row[:-1])
    solved = plan_of(problem.rows, unknowns).values
    short = max(sum(map(bool, row[:-1])) for row in problem.rows) == 2
    steps = range(1, max(2, limit // 2 + 1)) if short else (0, 1, 1, 2)
    way = [rng.pick(steps) * rng.pick((1, -1)) for _ in range(unknowns)]
    bent = [_bent(rng, row, way, limit, [solved[v] for v in range(unknowns)]) for row in problem.rows]
    rows = [row for row in bent if row is not None]
    if len(rows) < len(bent):
        return None
    if status == "none":
        at = rng.below(len(rows))
        off = rng.between(1, 9) * (-1 if rng.chance(0.5) else 1)
        rows[at] = (*rows[at][:-1], rows[at][-1] + off)
    lefts = {tuple(a // gcd(*row[:-1]) for a in row[:-1]) for row in rows}
    alike = len(set(rows)) < len(rows) if short else len(lefts | {tuple(-a for a in r) for r in lefts}) < 2 * len(rows)
    # Things that together cost less than nothing would give a story away.
    odd = problem.skin != "plain" and any(min(r[:-1]) >= 0 >= r[-1] or max(r[:-1]) <= 0 <= r[-1] for r in rows)
    return None if alike or odd else tuple(rows)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """The system with equations that follow from the others (many) or contradict them (none)."""
    status: Status = rng.pick(("none", "many"))
    unknowns = len(problem.names)
    for _ in range(60):
        rows = _changed(rng, problem, status)
        if rows is None:
            continue
        plan = plan_of(rows, unknowns)
        if plan.status != status or plan.largest >= 10**6:
            continue
        changed = Problem(rows, problem.names, problem.skin)
        if status == "none":
            steps, _ = _both(changed, plan)
            return Unanswerable(changed, "none", {"claim": "none", "by": ["fraction-free elimination"]}, (), steps)
        witnesses = _witnesses(changed)
        return Unanswerable(changed, "many", {"claim": "many", "by": ["two solutions shown"]}, witnesses)
    return None


def _witnesses(problem: Problem) -> tuple[Answer, ...]:
    """Two solutions of a system that leaves a choice: one free unknown is pinned to 1, then to 2."""
    unknowns = len(problem.names)
    pins: list[Row] = []
    for v in range(unknowns):
        unit = [0] * unknowns
        unit[v] = 1
        trials = [plan_of([*problem.rows, *pins, (*unit, value)], unknowns) for value in (1, 2)]
        # An unknown that is settled, perhaps as 1 or 2, does not allow both.
        if all(trial.status == "one" for trial in trials):
            return tuple(tuple((name, trial.values[k]) for k, name in enumerate(problem.names)) for trial in trials)
        if all(trial.status == "many" for trial in trials):
            pins.append((*unit, 1))
    return ()


MAKER: Maker[Params, Problem, Answer] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
