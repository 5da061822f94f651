"""Colouring by deduction and bounded guessing, on nodes as bits of whole numbers, with every step written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Raw = tuple[str, int, int, tuple[tuple[int, int], ...], tuple["Raw", ...]]
# (rule, node, colour, reasons, sub): a reason is (node, colour) of a neighbour, or (-1, colour) for "refuted before".


class TooLong(Exception):
    """The search needed more guesses than it may take."""


def masks(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """For each node its neighbours as bits."""
    out = [0] * n
    for u, v in edges:
        out[u] |= 1 << v
        out[v] |= 1 << u
    return out


def bits(mask: int) -> list[int]:
    """The set bits, lowest first."""
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


def peel(near: Sequence[int], k: int) -> tuple[int, list[int]]:
    """The part in which every node has k or more neighbours, as bits; and the others in the order they fall off.

    A node with fewer than k neighbours can be coloured last, whatever colours these have.
    """
    core, order = (1 << len(near)) - 1, list[int]()
    falling = [v for v, mask in enumerate(near) if mask.bit_count() < k]
    while falling:
        v = falling.pop()
        core ^= 1 << v
        order.append(v)
        for u in bits(near[v] & core):
            if (near[u] & core).bit_count() == k - 1:  # it falls off now, and only once
                falling.append(u)
    return core, order


def cliques(near: Sequence[int], core: int, size: int) -> list[tuple[int, ...]]:
    """All cliques of the core of the largest size that is at most `size`."""
    best: list[tuple[int, ...]] = []
    level: list[tuple[tuple[int, ...], int]] = [((v,), near[v] & core & -(2 << v)) for v in bits(core)]
    while level:
        best = [nodes for nodes, _ in level]
        if len(best[0]) == size:
            break
        level = [((*nodes, v), common & near[v] & -(2 << v)) for nodes, common in level for v in bits(common)]
    return best


def closes(near: Sequence[int], core: int, clique: Sequence[int], k: int) -> bool:
    """True when forced colours alone, from a coloured clique, colour all of the core."""
    reach, left = [0] * k, core
    for c, v in enumerate(clique):
        reach[c] = near[v]
        left ^= 1 << v
    moved = True
    while moved and left:
        moved = False
        for c in range(k):
            forced = left
            for d in range(k):
                if d != c:
                    forced &= reach[d]
            while forced:
                low = forced & -forced
                if low & reach[c]:
                    return False
                reach[c] |= near[low.bit_length() - 1]
                left ^= low
                forced ^= low
                moved = True
    return not left


@dataclass(slots=True)
class Colouring:
    """The search on the core of a network; `colour` is -1 where nothing is known."""

    near: list[int]
    k: int
    limit: int = 1 << 30
    guesses: int = 0
    effort: int = 0
    colour: list[int] = field(default_factory=list)

    def solve(self, core: int, clique: Sequence[int]) -> tuple[bool, list[Raw]]:
        """Whether the core can be coloured, and the steps after the clique's colours 0, 1, ... are handed out."""
        self.colour = [-1] * len(self.near)
        reach, left = [0] * self.k, core
        for c, v in enumerate(clique):
            self.colour[v] = c
            reach[c] |= self.near[v]
            left ^= 1 << v
        return self._attempt(left, reach, [0] * self.k)

    def _reasons(self, v: int, reach: list[int], but: int) -> tuple[tuple[int, int], ...]:
        out = []
        for c in range(self.k):
            if c != but:
                if reach[c] >> v & 1:
                    rest = self.near[v]
                    while self.colour[(rest & -rest).bit_length() - 1] != c:
                        rest &= rest - 1
                    out.append(((rest & -rest).bit_length() - 1, c))
                else:
                    out.append((-1, c))
        return tuple(out)

    def _pick(self, left: int, reach: list[int], never: list[int]) -> tuple[int, int]:
        """The node with the fewest colours left, most open neighbours first; and how many colours that is."""
        near, k = self.near, self.k
        best, key, fewest = -1, -1, k
        rest = left
        while rest:
            low = rest & -rest
            rest ^= low
            count = k
            for c in range(k):
                if (reach[c] | never[c]) & low:
                    count -= 1
            if count < 2:
                return low.bit_length() - 1, count
            v = low.bit_length() - 1
            now = (k - count) * 64 + (near[v] & left).bit_count()
            if now > key:
                best, key, fewest = v, now, count
        return best, fewest

    def _attempt(self, left: int, reach: list[int], never: list[int]) -> tuple[bool, list[Raw]]:
        """Colours `left`, or refutes it; `reach` and `never` hold, per colour, the nodes that cannot have it."""
        steps: list[Raw] = []
        while left:
            v, count = self._pick(left, reach, never)
            low = 1 << v
            self.effort += 1 + self.near[v].bit_count()
            if count == 0:
                steps.append(("clash", v, -1, self._reasons(v, reach, -1), ()))
                return False, steps
            free = [c for c in range(self.k) if not (reach[c] | never[c]) & low]
            if count == 1:
                c = free[0]
                steps.append(("forced", v, c, self._reasons(v, reach, c), ()))
                self.colour[v] = c
                reach[c] |= self.near[v]
                left ^= low
                continue
            done = self._guess(v, free, left ^ low, reach, never, steps)
            if done:
                return True, steps
        return True, steps

    def _guess(self, v: int, free: list[int], left: int, reach: list[int], never: list[int], steps: list[Raw]) -> bool:
        """Tries the colours of a node; True when one leads to the end, else all are noted as refuted."""
        low = 1 << v
        for c in free:
            if never[c] & low:
                continue
            self.guesses += 1
            if self.guesses > self.limit:
                raise TooLong
            before = list(self.colour)
            self.colour[v] = c
            trial = list(reach)
            trial[c] |= self.near[v]
            ok, sub = self._attempt(left, trial, list(never))
            if ok:
                steps.append(("choose", v, c, (), ()))
                steps.extend(sub)
                return True
            self.colour[:] = before
            never[c] |= low
            steps.append(("suppose", v, c, (), tuple(sub)))
            if not reach[c]:
                # A colour that nothing has yet: what is refuted of it holds for every other such colour.
                for d in free:
                    if not (reach[d] or never[d] & low) and never[d] == never[c] & ~low:
                        never[d] |= low
                        steps.append(("same", v, d, ((-1, c),), ()))
        return False
