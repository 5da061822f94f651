"""Relations between cells, as the judge sees them: each says whether candidates can still satisfy it.

DIFFERENT asks for a matching of cells to values, LINE runs an automaton over its cells layer by layer. Nothing
here is shared with the generator's engine.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

Domains = list[int]


@dataclass(frozen=True, slots=True)
class Different:
    """All cells hold different values; `complete`: every value of the cells' union appears."""

    cells: tuple[int, ...]
    complete: bool = False

    def possible(self, domains: Domains) -> bool:
        """True when cells can be matched to different values (Kuhn's augmenting paths)."""
        if self.complete:
            union = 0
            for c in self.cells:
                union |= domains[c]
            if union.bit_count() < len(self.cells):
                return False
        owner: dict[int, int] = {}

        def place(cell: int, tried: set[int]) -> bool:
            mask = domains[cell]
            while mask:
                bit = mask & -mask
                mask ^= bit
                if bit in tried:
                    continue
                tried.add(bit)
                if bit not in owner or place(owner[bit], tried):
                    owner[bit] = cell
                    return True
            return False

        return all(place(c, set()) for c in sorted(self.cells, key=lambda c: domains[c].bit_count()))

    def holds(self, values: Sequence[int]) -> bool:
        """True when the given values (one a cell) differ."""
        return len(set(values)) == len(values)


@dataclass(frozen=True, slots=True)
class Line:
    """The cells read in order drive an automaton: `step(i, state, value)` is the next state or None.

    `accept(state)` says whether the end is good. `total` is set for weighted sums, for solvers that know them:
    (weights, base, low, high). `idle(domains)` is a quick look that is true only where the line narrows nothing.
    """

    cells: tuple[int, ...]
    start: Hashable
    step: Callable[[int, Any, int], Any]
    accept: Callable[[Any], bool]
    total: tuple[tuple[int, ...], int, int, int] | None = None
    idle: Callable[[Domains], bool] | None = None

    def possible(self, domains: Domains) -> bool:
        """True when some choice of values reaches an accepting state."""
        states = {self.start}
        for i, c in enumerate(self.cells):
            mask, after = domains[c], set()
            for state in states:
                m, value = mask, 0
                while m:
                    if m & 1:
                        to = self.step(i, state, value)
                        if to is not None:
                            after.add(to)
                    m >>= 1
                    value += 1
            if not after:
                return False
            states = after
        return any(self.accept(s) for s in states)

    def holds(self, values: Sequence[int]) -> bool:
        """True when the given values (one a cell) are accepted."""
        state: Any = self.start
        for i, value in enumerate(values):
            state = self.step(i, state, value)
            if state is None:
                return False
        return self.accept(state)


Relation = Different | Line


MAX_STATES = 4096  # of one layer when relations are run together; beyond it nothing is concluded


def together(relations: Sequence[Relation], domains: Domains) -> bool:
    """False when no choice of values meets all the relations at once; True also when that is too long to say.

    Lines run side by side over the cells in an order that suits all of them.
    """
    lines = [r for r in relations if isinstance(r, Line)]
    if len(lines) < 2:
        return True
    order: list[int] = []
    at = [0] * len(lines)
    left = {c for line in lines for c in line.cells}
    while left:
        free = [
            line.cells[k]
            for line, k in zip(lines, at, strict=True)
            if k < len(line.cells)
            and all(line.cells[k] not in other.cells[j + 1 :] for other, j in zip(lines, at, strict=True))
        ]
        if not free:
            return True
        cell = free[0]
        order.append(cell)
        left.discard(cell)
        for i, line in enumerate(lines):
            if at[i] < len(line.cells) and line.cells[at[i]] == cell:
                at[i] += 1
    place = [{c: k for k, c in enumerate(line.cells)} for line in lines]
    states: set[tuple[Any, ...]] = {tuple(line.start for line in lines)}
    for cell in order:
        after: set[tuple[Any, ...]] = set()
        for value in range(domains[cell].bit_length()):
            if not domains[cell] >> value & 1:
                continue
            for state in states:
                to = tuple(
                    line.step(where[cell], s, value) if cell in where else s
                    for line, where, s in zip(lines, place, state, strict=True)
                )
                if None not in to:
                    after.add(to)
        if len(after) > MAX_STATES:
            return True
        states = after
    return any(all(line.accept(s) for line, s in zip(lines, state, strict=True)) for state in states)


def less(a: int, b: int, gap: int = 1) -> Line:
    """Value of a plus gap is at most value of b."""
    return Line((a, b), -1, lambda i, s, v: v if i == 0 else (0 if s + gap <= v else None), lambda s: True)


def total(cells: Sequence[int], low: int, high: int, base: int = 0, weights: Sequence[int] | None = None) -> Line:
    """low <= sum of weight * (value + base) <= high."""
    w = tuple(weights) if weights is not None else (1,) * len(cells)
    return Line(
        tuple(cells), 0, lambda i, s, v: s + w[i] * (v + base), lambda s: low <= s <= high, (w, base, low, high)
    )


def allowed(cells: Sequence[int], test: Callable[[tuple[int, ...]], bool]) -> Line:
    """The tuple of values passes `test`; for few cells, since every tuple is tried."""
    last = len(cells) - 1
    return Line(tuple(cells), (), lambda i, s, v: (*s, v) if i < last or test((*s, v)) else None, lambda s: True)
