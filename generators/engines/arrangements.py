"""Arrangement puzzles: items at positions, clues drawn true of a hidden arrangement and thinned.

Variables are items, values positions. Items come in groups (people, pets, ...) whose members are all at
different positions. A clue becomes a TABLE over the one to three items it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from verimill.generators.engines.canonical import structure_key
from verimill.generators.engines.clue_draws import Draws
from verimill.generators.engines.constraints import Constraint, different, table
from verimill.generators.engines.deduction import TOP_TIER, deduce, solvable, thin, workspace
from verimill.generators.engines.puzzles import at_tier
from verimill.schemas.clues import KINDS, SYMMETRIC, Clue, items_of
from verimill.schemas.rng import Rng


@dataclass(frozen=True, slots=True)
class Ground:
    """Where an arrangement lives: `groups` of item indices, `size` positions, in a row or round a table."""

    groups: tuple[tuple[int, ...], ...]
    size: int
    round_table: bool = False

    @property
    def items(self) -> int:
        return sum(map(len, self.groups))


def _distance(a: int, b: int, size: int, round_table: bool) -> set[int]:
    """How many steps lead from a to b: one way in a row, two ways round a table."""
    d = (b - a) % size
    return {d, size - d} if round_table else {abs(b - a)}


def _true(kind: str, p: tuple[int, ...], b: int, c: int, n: int, ring: bool) -> bool:
    """Whether a clue of this kind holds with its items at positions p (from 0)."""
    match kind:
        case "at":
            return p[0] == b - 1
        case "not_at":
            return p[0] != b - 1
        case "same":
            return p[0] == p[1]
        case "apart":
            return p[0] != p[1]
        case "left":
            return p[1] - p[0] > 0
        case "just_left":
            return p[1] - p[0] == 1
        case "clockwise":
            return (p[1] - p[0]) % n == 1
        case "next":
            return 1 in _distance(p[0], p[1], n, ring)
        case "not_next":
            return 1 not in _distance(p[0], p[1], n, ring)
        case "far":
            return not {0, 1} & _distance(p[0], p[1], n, ring)
        case "gap":
            return c + 1 in _distance(p[0], p[1], n, ring)
        case "between":
            return min(p[0], p[2]) < p[1] < max(p[0], p[2])
        case "either":
            return (p[0] == p[1]) != (p[0] == p[2])
        case "end":
            return p[0] % (n - 1) == 0
        case "odd":
            return p[0] % 2 == 0
        case "even":
            return p[0] % 2 == 1
        case "opposite":
            return n % 2 == 0 and (p[1] - p[0]) % n == n // 2
        case "if_at":
            return not (p[0] < p[1] and p[0] == c - 1)
    raise ValueError(f"unknown clue kind {kind!r}")


@lru_cache(maxsize=4096)
def rows_of(kind: str, b: int, c: int, n: int, ring: bool) -> tuple[tuple[int, ...], ...]:
    """Every tuple of positions (from 0) that a clue of this kind allows; b and c matter where they are numbers."""
    arity = KINDS[kind].count("i")
    return tuple(p for p in product(range(n), repeat=arity) if _true(kind, p, b, c, n, ring))


_NUMBER_AT = {kind: form.find("n") for kind, form in KINDS.items()}


def rows_for(clue: Clue, ground: Ground) -> tuple[tuple[int, ...], ...]:
    kind, _, b, c = clue
    place = _NUMBER_AT[kind]
    return rows_of(kind, b if place == 1 else -1, c if place == 2 else -1, ground.size, ground.round_table)


def constraints_of(ground: Ground, group_refs: Sequence[str], clues: Sequence[Clue]) -> tuple[Constraint, ...]:
    """The groups as DIFFERENT, then the clues in order as "clue 1", "clue 2", ..."""
    groups = [
        different(ref, group, len(group) == ground.size) for ref, group in zip(group_refs, ground.groups, strict=True)
    ]
    told = []
    for number, clue in enumerate(clues, 1):
        used = items_of(clue)
        told.append(table(f"clue {number}", used, rows_for(clue, ground), 1 if len(used) < 3 else 2))
    return (*groups, *told)


@lru_cache(maxsize=64)
def _group_of(ground: Ground) -> tuple[int, ...]:
    return tuple(g for g, members in enumerate(ground.groups) for _ in members)


@lru_cache(maxsize=32)
def _draws(ground: Ground, weights: tuple[tuple[str, float], ...]) -> Draws:
    n, ring = ground.size, ground.round_table
    return Draws(dict(weights), _group_of(ground), n, lambda kind, b, c: rows_of(kind, b, c, n, ring))


def draw_pool(rng: Rng, ground: Ground, where: Sequence[int], weights: Mapping[str, float], count: int) -> list[Clue]:
    """Different clues true of `where` (positions from 0) that say something, kinds in proportion to their weights.

    Fewer than `count` when eight tries for each do not give them.
    """
    return _draws(ground, tuple(weights.items())).pool(rng, where, count)


def exchanged(
    rng: Rng,
    ground: Ground,
    weights: Mapping[str, float],
    clues: Sequence[Clue],
    gone: int,
    both: Sequence[Sequence[int]],
) -> tuple[Clue, ...] | None:
    """The clues with one in another's place, of a kind among them, that both arrangements (from 0) keep.

    None where 60 draws give no such clue. A puzzle with two solutions must not be known by its number of clues.
    """
    kinds = {clue[0] for clue in clues}
    for clue in draw_pool(rng, ground, both[0], weights, 60):
        if (
            clue[0] in kinds
            and clue not in clues
            and tuple(both[1][i] for i in items_of(clue)) in rows_for(clue, ground)
        ):
            return (*clues[:gone], clue, *clues[gone + 1 :])
    return None


EXTRA_DROPS = 6  # clues that are tried by the costly supposition rule after the plain rules have thinned


def thinned(
    rng: Rng,
    ground: Ground,
    group_refs: Sequence[str],
    where: Sequence[int],
    pool: Sequence[Clue],
    tier: int,
    least: int,
) -> list[Clue] | None:
    """A part of the pool that rules up to `tier` solve and that needs at least tier `least`; None if it fails.

    Rules up to tier 4 can spare none of the clues; where suppositions are allowed, a few more clues go.
    """
    constraints = constraints_of(ground, group_refs, pool)
    full = ((1 << ground.size) - 1,) * ground.items
    work = workspace(ground.size, constraints, full)
    first = len(ground.groups)
    keep = thin(work, full, where, [(1, first + k) for k in range(len(pool))], range(len(pool)), min(tier, 4))
    if keep is None:
        return None
    if tier == TOP_TIER:
        kept = [k for k in range(len(pool)) if keep[k]]
        tried = [kept.index(k) for k in rng.shuffled(range(len(pool))) if keep[k]][:EXTRA_DROPS]
        floor = 1 if len(tried) == len(kept) else 0  # some clue stands
        more = thin(work, full, where, [(1, first + k) for k in kept], tried, tier, floor, afresh=False)
        for k, stands in zip(kept, more or (), strict=False):
            keep[k] = stands
    # All that stands solves by rules up to `tier`; what matters is whether the rules below `least` would do, too.
    if least > 1 and solvable(work, full, least - 1):
        return None
    if least == 1 and not at_tier(deduce(work, full, tier), least, tier):
        return None
    return rng.shuffled([clue for clue, kept in zip(pool, keep, strict=True) if kept])


def key_of(ground: Ground, clues: Sequence[Clue], mirror: Sequence[Clue] | None = None) -> str:
    """Equal under renaming items inside groups, swapping groups, reordering clues, and (if given) mirroring."""
    keys = [_key(ground, clues)]
    if mirror is not None:
        keys.append(_key(ground, mirror))
    return min(keys)


def _key(ground: Ground, clues: Sequence[Clue]) -> str:
    colours = [1] * ground.items + [2] * len(ground.groups) + [10 + p for p in range(ground.size)]
    edges = [(item, ground.items + g, 0) for g, members in enumerate(ground.groups) for item in members]
    home = ground.items + len(ground.groups)
    order = {kind: k for k, kind in enumerate(KINDS)}
    for kind, *values in clues:
        vertex = len(colours)
        form = KINDS[kind]
        count = values[2] if kind == "gap" else 0
        colours.append(100 + order[kind] * 20 + count)
        for k, (value, what) in enumerate(zip(values, form, strict=True)):
            if what == "i":
                role = 1 if kind in SYMMETRIC or (kind == "between" and k != 1) or (kind == "either" and k) else 2 + k
                edges.append((vertex, value, role))
            elif what == "n" and kind != "gap":
                edges.append((vertex, home + value - 1, 9))
    return structure_key(colours, edges)


def mirrored(clues: Sequence[Clue], ground: Ground) -> list[Clue] | None:
    """The clues seen from the other end of the row (or counter-clockwise with position 1 kept), where all can be."""
    n = ground.size
    out: list[Clue] = []
    for kind, a, b, c in clues:
        if kind == "if_at" or (kind in ("odd", "even") and ground.round_table):
            return None
        if kind in ("at", "not_at"):
            b = (n + 1 - b) % n + 1 if ground.round_table else n + 1 - b
        elif kind in ("left", "just_left", "clockwise"):
            a, b = b, a
        elif kind in ("odd", "even") and n % 2 == 0:
            kind = "even" if kind == "odd" else "odd"
        out.append((kind, a, b, c))
    return out


def renamed(clue: Clue, to: Sequence[int]) -> Clue:
    """The clue with item i called to[i]."""
    kind, *values = clue
    a, b, c = (to[v] if form == "i" else v for v, form in zip(values, KINDS[kind], strict=True))
    if kind in SYMMETRIC and a > b:
        a, b = b, a
    return (kind, a, b, c)


def changed(rng: Rng, ground: Ground, clue: Clue) -> Iterator[Clue]:
    """Clues of the same kind over other items or numbers, in random order; such as are drawn for a puzzle, too."""
    form, group = KINDS[clue[0]], _group_of(ground)
    for _ in range(12):
        items = rng.sample(range(ground.items), form.count("i"))
        if clue[0] in ("same", "apart", "either") and group[items[0]] in [group[i] for i in items[1:]]:
            continue  # that Alice is Boris would tell at a glance that nothing fits
        used = iter(items)
        number = rng.between(1, ground.size if clue[0] != "gap" else ground.size - 2)
        parts = [next(used) if f == "i" else number if f == "n" else -1 for f in form]
        if clue[0] in SYMMETRIC and parts[0] > parts[1]:
            parts[0], parts[1] = parts[1], parts[0]
        made: Clue = (clue[0], parts[0], parts[1], parts[2])
        if made != clue and 0 < len(rows_for(made, ground)):
            yield made
