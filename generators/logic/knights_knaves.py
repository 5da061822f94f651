"""Knights and knaves: statements are drawn until exactly one reading fits; deduction over truth tables solves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import lgamma, log

from verimill.generators.engines.knights_text import FACE, narrate
from verimill.generators.engines.truth_tables import (
    Deducer,
    Entry,
    Fact,
    Line,
    cast,
    needed,
    ready,
    solutions,
    table,
)
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Status, Step, Unanswerable
from verimill.schemas.formulas import COUNTS, PAIRS, Node, parse, rename, write
from verimill.schemas.logic.knights_knaves import SKINS, Answer, Params, Problem
from verimill.schemas.rng import Rng

NAMES = tuple(
    "Ada Ben Cleo Dan Edda Finn Gwen Hugo Ines Jack Kira Leo Mona Nils Olga Paul Quinn Rosa Sven Tara "
    "Ugo Vera Walt Xenia Yves Zoe Alma Bruno Carla Dario Elsa Fritz Gita Hans Iris Jonas Klara Luis Maya Noah".split()
)
_SKINS = tuple(SKINS)
TRIES = 400

Said = tuple[tuple[int, str], ...]


def make(rng: Rng, params: Params) -> Problem:
    """A problem with exactly one reading and at least the suppositions asked for; Exhausted after 400 tries."""
    n = params.people
    people = cast(n)
    for _ in range(TRIES):
        speakers = rng.shuffled(range(n)) + [rng.below(n) for _ in range(params.extra)]
        said = []
        left = people.everything
        # Many statements about few people seldom fit at all: there a hidden reading is kept in all of them.
        hidden = rng.below(1 << n) if params.extra else -1
        for speaker in speakers:
            formula, agree = _statement(rng, n, speaker, params)
            while hidden >= 0 and not agree >> hidden & 1:
                formula, agree = _statement(rng, n, speaker, params)
            said.append((speaker, formula))
            left &= agree
            if not left:
                break
        if not left or left & (left - 1):
            continue
        statements = tuple(said)
        if len(set(statements)) < len(statements):
            continue
        if params.suppositions == 0 or _suppositions(_deduce(n, statements)[0]) >= params.suppositions:
            return Problem(_names(rng, n), rng.pick(_SKINS), statements)
    raise Exhausted(f"no {n} people with one reading and {params.suppositions} suppositions in {TRIES} tries")


def _names(rng: Rng, n: int) -> tuple[str, ...]:
    """The first n of a shuffle of the names."""
    names = list(NAMES)
    for i in range(n):
        j = rng.between(i, len(names) - 1)
        names[i], names[j] = names[j], names[i]
    return tuple(names[:n])


Draft = tuple[str, int]  # a formula and its table


@lru_cache(maxsize=16)
def _catalogue(n: int) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    """Every leaf, and every pair of leaves about two people."""
    people = cast(n)
    leaves = [((kind, i), f"{kind}{i}") for i in range(n) for kind in "kn"]
    pairs = []
    for a, left in leaves:
        for b, right in leaves:
            if a[1] != b[1]:
                pairs += [(f"{op} {left} {right}", table((op, a, b), people)) for op in PAIRS]
    return tuple((text, table(leaf, people)) for leaf, text in leaves), tuple(pairs)


@lru_cache(maxsize=128)
def _short(n: int, speaker: int) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    """Of the catalogue what this speaker can say without a paradox, with where it agrees with the speaker."""
    people = cast(n)
    kept = []
    for drafts in _catalogue(n):
        agreed = [(text, people.everything ^ said ^ people.true[speaker]) for text, said in drafts]
        kept.append(tuple([draft for draft in agreed if draft[1] not in (0, people.everything)]))
    return kept[0], kept[1]


def _statement(rng: Rng, n: int, speaker: int, params: Params) -> Draft:
    """A statement that is neither empty nor a paradox by itself, and where it agrees with its speaker."""
    counted = params.counts > 0 and rng.below(100) < params.counts
    if params.depth == 1 and not counted:
        return rng.pick(_short(n, speaker)[rng.below(100) >= 15])
    people = cast(n)
    everything = people.everything
    while True:
        if counted:
            node = _count(rng, n)
            formula, said = write(node), table(node, people)
        else:
            formula, said = _formula(rng, n, params.depth, everything)
        agree = everything ^ said ^ people.true[speaker]
        if said and said != everything and agree and agree != everything:
            return formula, agree


def _formula(rng: Rng, n: int, depth: int, everything: int) -> Draft:
    roll = rng.below(100)
    if depth == 0 or roll < 15:
        return rng.pick(_catalogue(n)[0])
    if roll < 22 and depth > 1:
        text, said = _pair(rng, n, depth - 1, everything)
        return f"not {text}", everything ^ said
    return _pair(rng, n, depth, everything)


def _pair(rng: Rng, n: int, depth: int, everything: int) -> Draft:
    if depth <= 1:
        return rng.pick(_catalogue(n)[1])
    op = rng.below(5)
    (left, a), (right, b) = _formula(rng, n, depth - 1, everything), _pair(rng, n, depth - 1, everything)
    if rng.below(2):
        left, a, right, b = right, b, left, a
    said = (a & b, a | b, a ^ b, everything ^ a ^ b, (everything ^ a) | b)[op]
    return f"{PAIRS[op]} {left} {right}", said


def _count(rng: Rng, n: int) -> Node:
    many = n if rng.below(2) else rng.between(2, n)
    members = tuple(sorted(rng.sample(range(n), many)))
    return (COUNTS[rng.below(3)], rng.below(many + 1), members)


# ---------------------------------------------------------------- solving


@lru_cache(maxsize=64)
def _deduce(n: int, statements: Said) -> tuple[tuple[Entry, ...], int]:
    """The deduction and how many statements were looked at; kept, since `make` and `solve` both need it."""
    deducer = Deducer(n, tuple(ready(n, speaker, formula) for speaker, formula in statements))
    return tuple(deducer.run()), deducer.looks


def _suppositions(entries: tuple[Entry, ...]) -> int:
    return sum(1 + _suppositions(entry.sub) for entry in entries if entry.supposed)


def _lines(problem: Problem) -> list[Line]:
    n = len(problem.names)
    return [ready(n, speaker, formula) for speaker, formula in problem.statements]


def _readings(problem: Problem) -> Iterator[int]:
    """The assignments that fit, as numbers, ascending."""
    left = solutions(len(problem.names), _lines(problem))
    while left:
        low = left & -left
        yield low.bit_length() - 1
        left ^= low


def _answer(problem: Problem, assignment: int) -> Answer:
    words = SKINS[problem.skin]
    return tuple((name, words[not assignment >> i & 1]) for i, name in enumerate(problem.names))


def solve(problem: Problem) -> Solved[Answer]:
    """The only reading, deduced person by person. Raises ValueError where there is not exactly one."""
    n = len(problem.names)
    left = solutions(n, _lines(problem))
    if not left or left & (left - 1):
        raise ValueError(f"a problem to solve must have exactly one reading, got {left.bit_count()}")
    reading = left.bit_length() - 1
    entries, looks = _deduce(n, problem.statements)
    facts = _facts(problem)
    steps = tuple([_step(facts, at, entry) for at, entry in enumerate(entries, 1)])
    first = len(steps) + 1
    checks = tuple(
        [_check(first + at, at, reading >> speaker & 1) for at, (speaker, _) in enumerate(problem.statements)]
    )
    brief = steps
    if any([entry.sub for entry in entries]):
        brief = tuple(
            _step(facts, step.number, entry._replace(sub=needed(entry.sub))) if entry.sub else step
            for step, entry in zip(steps, entries, strict=True)
        )
    tier, length, work = _measure(entries, problem)
    hardness = Hardness(
        tier=tier,
        steps=length,
        search=_suppositions(entries),
        space=float(n),
        effort=round(work + looks / 10, 2),
        extra={"looks": looks},
    )
    certificate = {"claim": "unique", "by": [f"deduction to tier {tier}", f"truth table of {1 << n} assignments"]}
    return Solved(_answer(problem, reading), steps + checks, brief, hardness, certificate)


def _measure(entries: tuple[Entry, ...], problem: Problem) -> tuple[int, int, float]:
    """Highest tier, deductions, and work: deductions weighted by tier and by the length of the statement read,
    doubled at each depth of supposing."""
    tier = steps = 0
    work = 0.0
    for entry in entries:
        steps += 1
        tier = max(tier, entry.tier)
        work += 1 + entry.tier
        if entry.by is not None:
            work += problem.statements[entry.by][1].count(" ") / 4
        if entry.sub:
            below = _measure(entry.sub, problem)
            tier, steps, work = max(tier, below[0]), steps + below[1], work + 2 * below[2]
    return tier, steps, work


_REFS = tuple(f"statement {at}" for at in range(1, 25))
_CITED = tuple((ref,) for ref in _REFS)
_HELD = tuple(tuple((f"{ref} is {value}",) for ref in _REFS) for value in ("false", "true"))

@lru_cache(maxsize=2048)
def _check(number: int, at: int, value: int) -> Step:
    """The step that holds one statement against the reading; the same few occur in every trace."""
    return Step(number, "check", _CITED[at], _HELD[value][at])


Facts = Mapping[Fact | None, str]


def _facts(problem: Problem) -> Facts:
    """Every fact as the steps write it; None is the contradiction."""
    facts: dict[Fact | None, str] = {None: "contradiction"}
    for i, name in enumerate(problem.names):
        facts[i, True] = f"{name}=knight"
        facts[i, False] = f"{name}=knave"
    return facts


def _steps(problem: Problem, entries: tuple[Entry, ...]) -> tuple[Step, ...]:
    facts = _facts(problem)
    return tuple([_step(facts, at, entry) for at, entry in enumerate(entries, 1)])


def _step(facts: Facts, at: int, entry: Entry) -> Step:
    claims = (facts[entry.fact],)
    if entry.by is None:
        return Step(at, entry.rule, (), claims, tuple([_step(facts, k, inner) for k, inner in enumerate(entry.sub, 1)]))
    if not entry.cited:
        return Step(at, entry.rule, _CITED[entry.by], claims)
    return Step(at, entry.rule, (_REFS[entry.by], *[facts[fact] for fact in entry.cited]), claims)


# ---------------------------------------------------------------- symmetry


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The people renumbered, renamed and dressed anew, the statements in another order."""
    n = len(problem.names)
    for _ in range(3):
        to = rng.shuffled(range(n))
        said = [(to[speaker], write(rename(parse(formula), to))) for speaker, formula in problem.statements]
        yield Problem(_names(rng, n), rng.pick(_SKINS), tuple(rng.shuffled(said)))


_MOD = (1 << 61) - 1
_HEADS = {head: 1009 + 7919 * i for i, head in enumerate(("k", "n", "not", *PAIRS, *COUNTS))}


def _mark(node: Node, colour: list[int]) -> int:
    """A number for the formula that sees people only as colours, and and/or/xor/iff without order."""
    head = node[0]
    base = _HEADS[head]
    if head in ("k", "n"):
        return (base * 31 + colour[int(node[1])] * 1000003) % _MOD
    if head in COUNTS:
        return (base * 31 + int(node[1]) * 65537 + sum(_spice(colour[i]) for i in node[2])) % _MOD
    if head == "not":
        return (base + _spice(_mark(node[1], colour))) % _MOD
    left, right = _mark(node[1], colour), _mark(node[2], colour)
    if head == "if":
        return (base + _spice(left) * 3 + right) % _MOD
    return (base + _spice(left) + _spice(right)) % _MOD


def _spice(x: int) -> int:
    return (x * x + 0x9E3779B97F4A7C1 * x + 0x1B873593) % _MOD


Place = tuple[int, int]  # a person and a number for the way from the formula's root to where they are named
Seen = tuple[int, Node, tuple[Place, ...]]  # speaker, formula, places


@lru_cache(maxsize=8192)
def _places(formula: str) -> tuple[Node, tuple[Place, ...]]:
    """The formula and everybody's places in it; the two sides of and/or/xor/iff are alike."""
    out: list[Place] = []

    def visit(node: Node, way: int) -> None:
        head = node[0]
        way = (way * 1000003 + _HEADS[head]) % _MOD
        if head in ("k", "n"):
            out.append((node[1], way))
        elif head in COUNTS:
            out.extend((i, way) for i in node[2])
        else:
            for side, part in enumerate(node[1:]):
                visit(part, way + side if head == "if" else way)

    node = parse(formula)
    visit(node, 1)
    return node, tuple(out)


def _refine(n: int, said: list[Seen], colour: list[int]) -> list[int]:
    """Colours that no longer split: what each person says and where they are named, seen in colours."""
    classes = len(set(colour))
    while True:
        fresh = [_spice(c) for c in colour]
        for speaker, node, places in said:
            mark = _mark(node, colour)
            fresh[speaker] += _spice(mark)
            seen = mark * 5 + colour[speaker] * 3
            for i, way in places:
                x = (seen + way) % _MOD
                fresh[i] += x * x
        colour = [c % _MOD for c in fresh]
        now = len(set(colour))
        if now == classes or now == n:
            return colour
        classes = now


def _normal(node: Node, to: list[int]) -> str:
    """The formula's text under new numbers, with and/or/xor/iff in one order."""
    head = node[0]
    if head in ("k", "n"):
        return f"{head}{to[node[1]]}"
    if head in COUNTS:
        return f"{head}:{node[1]}:{'.'.join(map(str, sorted(to[i] for i in node[2])))}"
    parts = [_normal(part, to) for part in node[1:]]
    if head not in ("if", "not"):
        parts.sort()
    return f"{head} {' '.join(parts)}"


def canonical(problem: Problem) -> str:
    """A key that renaming people, reordering statements or swapping sides of and/or/xor/iff cannot change."""
    n = len(problem.names)
    said = [(speaker, *_places(formula)) for speaker, formula in problem.statements]
    texts = [_label(said, colour) for colour in _discrete(n, said, _refine(n, said, [1] * n), [64])]
    return hashlib.blake2b(f"{n};{min(texts)}".encode(), digest_size=16).hexdigest()


def _label(said: list[Seen], colour: list[int]) -> str:
    order = sorted(range(len(colour)), key=colour.__getitem__)
    to = [0] * len(colour)
    for new, old in enumerate(order):
        to[old] = new
    return ";".join(sorted(f"{to[speaker]} {_normal(node, to)}" for speaker, node, _ in said))


def _discrete(n: int, said: list[Seen], colour: list[int], budget: list[int]) -> Iterator[list[int]]:
    """Every colouring with all people told apart that singling out members of the least shared class leads to.

    Beyond the budget of 64 the rest of a class is left out: only problems with huge symmetry get there, and
    there the choices are copies of each other.
    """
    if len(set(colour)) == n:
        yield colour
        return
    shared = min(c for c in colour if colour.count(c) > 1)
    for i in range(n):
        if colour[i] == shared and budget[0] > 0:
            budget[0] -= 1
            single = colour[:]
            single[i] = _spice(colour[i] + 17)
            yield from _discrete(n, said, _refine(n, said, single), budget)


# ---------------------------------------------------------------- wrong answers and perturbations


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """Readings in which only some knight speaks falsely, or only some knave speaks the truth; then one flip."""
    n = len(problem.names)
    people = cast(n)
    false_knight = true_knave = 0
    for line in _lines(problem):
        false_knight |= people.true[line.speaker] & ~line.said
        true_knave |= people.false[line.speaker] & line.said
    for rule, only in (("knights", false_knight & ~true_knave), ("knaves", true_knave & ~false_knight)):
        for _ in range(2):
            if only:
                chosen = _some_bit(rng, only, 1 << n)
                only &= ~(1 << chosen)
                yield NearMiss(_answer(problem, chosen), rule)
    words = SKINS[problem.skin]
    flip = rng.below(n)
    name, word = answer[flip]
    wrong = (*answer[:flip], (name, words[word == words[0]]), *answer[flip + 1 :])
    assignment = sum(1 << i for i, (_, word) in enumerate(wrong) if word == words[0])
    if solutions(n, _lines(problem)) >> assignment & 1 == 0:
        yield NearMiss(wrong, "knights" if false_knight >> assignment & 1 else "knaves")


def _some_bit(rng: Rng, bits: int, size_: int) -> int:
    start = rng.below(size_)
    above = bits >> start << start or bits
    return (above & -above).bit_length() - 1


def capacity(params: Params) -> float:
    """log10 of the ways to choose the statements, a 20th of them with one reading, up to renaming the people."""
    n = params.people
    leaves = 2 * n
    forms = 5 * leaves * (leaves - 2)
    for _ in range(params.depth - 1):
        forms = 5 * forms * leaves
    return max(0.0, (n + params.extra) * log(forms * (1 - params.counts / 100) + 1) - log(20) - lgamma(n + 1)) / log(10)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """One statement altered so that no reading, or more than one, is left; None when 60 alterations give neither."""
    want: Status = "none" if rng.chance(0.5) else "many"
    n = len(problem.names)
    everything = cast(n).everything
    for _ in range(60):
        at = rng.below(len(problem.statements))
        speaker, formula = problem.statements[at]
        other = write(_altered(rng, n, parse(formula)))
        line = ready(n, speaker, other)
        if other == formula or line.said in (0, everything) or line.agree in (0, everything):
            continue
        statements = (*problem.statements[:at], (speaker, other), *problem.statements[at + 1 :])
        if len(set(statements)) < len(statements):
            continue
        twin = Problem(problem.names, problem.skin, statements)
        readings = list(_readings(twin))
        if len(readings) == 1 or (want == "none") == bool(readings):
            continue
        if readings:
            witnesses = tuple(_answer(twin, reading) for reading in (readings[0], readings[-1]))
            return Unanswerable(twin, "many", {"claim": "many", "by": ["truth table"], "altered": at + 1}, witnesses)
        steps = _steps(twin, needed(_deduce(n, statements)[0]))
        by = {"claim": "none", "by": ["truth table", "refutation"], "altered": at + 1}
        return Unanswerable(twin, "none", by, (), steps)
    return None


def _altered(rng: Rng, n: int, node: Node) -> Node:
    """The formula with one leaf, count or connective changed."""
    head = node[0]
    if head in ("k", "n"):
        return ("n" if head == "k" else "k", node[1]) if rng.chance(0.5) else (head, rng.below(n))
    if head in COUNTS:
        return (head, rng.below(len(node[2]) + 1), node[2]) if rng.chance(0.7) else (rng.pick(COUNTS), *node[1:])
    if head == "not":
        return ("not", _altered(rng, n, node[1]))
    roll = rng.below(3)
    if roll == 0:
        return (rng.pick(PAIRS), node[1], node[2])
    if roll == 1:
        return (head, _altered(rng, n, node[1]), node[2])
    return (head, node[1], _altered(rng, n, node[2]))


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
