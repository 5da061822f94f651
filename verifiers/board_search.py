"""Propagation and a bounded search on a board: what follows from all relations at once, and the only solution.

`settle` narrows domains until no single relation can narrow them further; an empty domain is a contradiction.
It is a second reading of the relations: a LINE hands out, in one pass forwards and one backwards, every value
that some accepted run uses, where step checks ask about one value at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from verimill.verifiers.boards import Board
from verimill.verifiers.relations import Different, Line

MAX_LAYER = 4096  # states of one layer of a line; a line with more narrows nothing
MAX_RECENT = 256  # looks at one line that are remembered

Narrowed = Sequence[tuple[int, int]] | None


class Budget:
    """How much work is left, counted in relations looked at; the same on every machine."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Network:
    """A board with the relations of each cell; settles domains, which must lie within the board's own."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.relations = tuple(_Runs(r, board) if isinstance(r, Line) else r for r in board.relations.values())
        self.of_cell: list[list[int]] = [[] for _ in board.names]
        for at, relation in enumerate(board.relations.values()):
            for cell in relation.cells:
                self.of_cell[cell].append(at)

    def settle(self, domains: list[int], budget: Budget, changed: Iterable[int] | None = None) -> bool:
        """Narrows `domains` in place; False when they contradict the relations, True also when the budget ends."""
        todo = deque(range(len(self.relations)) if changed is None else dict.fromkeys(changed))
        if changed is not None:
            todo = deque(dict.fromkeys(at for cell in todo for at in self.of_cell[cell]))
        waiting = set(todo)
        while todo:
            if budget.left <= 0:
                return True
            budget.left -= 1
            at = todo.popleft()
            waiting.discard(at)
            relation = self.relations[at]
            new = relation.narrowed(domains) if isinstance(relation, _Runs) else _different(relation, domains)
            if new is None:
                return False
            for cell, mask in new:
                mask &= domains[cell]
                if mask != domains[cell]:
                    domains[cell] = mask
                    if not mask:
                        return False
                    for other in self.of_cell[cell]:
                        if other not in waiting:
                            waiting.add(other)
                            todo.append(other)
        return True

    def solve(self, budget: Budget) -> tuple[int, ...] | None:
        """A solution, or None where there is none or the budget ended first."""
        stack = [list(self.board.domains)]
        first: list[int] | None = None
        while stack:
            domains = stack.pop()
            if not self.settle(domains, budget, first) or 0 in domains:
                continue
            if budget.left <= 0:
                return None
            open_cells = [cell for cell, mask in enumerate(domains) if mask & (mask - 1)]
            if not open_cells:
                return tuple(mask.bit_length() - 1 for mask in domains)
            cell = min(open_cells, key=lambda c: domains[c].bit_count())
            mask = domains[cell]
            while mask:
                bit = 1 << (mask.bit_length() - 1)
                mask ^= bit
                branch = list(domains)
                branch[cell] = bit
                stack.append(branch)
        return None


def _different(relation: Different, domains: list[int]) -> list[tuple[int, int]] | None:
    """Narrowed (cell, mask) pairs: placed values leave the others, a value with one place is placed."""
    cells = relation.cells
    placed = union = 0
    for c in cells:
        mask = domains[c]
        union |= mask
        if mask & (mask - 1) == 0:
            if mask & placed:
                return None
            placed |= mask
    if union.bit_count() < len(cells):
        return None
    new = [(c, domains[c] & ~placed) for c in cells if domains[c] & (domains[c] - 1) and domains[c] & placed]
    if relation.complete and union.bit_count() == len(cells):
        once = twice = 0
        for c in cells:
            twice |= once & domains[c]
            once |= domains[c]
        once &= ~twice
        for c in cells:
            single = domains[c] & once
            if single and single != domains[c]:
                if single & (single - 1):
                    return None
                new.append((c, single))
    return new


class _Runs:
    """A line's automaton whose moves are worked out once, and what it narrowed lately."""

    __slots__ = ("line", "moves", "recent", "values")

    def __init__(self, line: Line, board: Board) -> None:
        self.line = line
        self.values = [[v for v in range(m.bit_length()) if m >> v & 1] for m in (board.domains[c] for c in line.cells)]
        self.moves: list[dict[Any, list[tuple[int, Any]]]] = [{} for _ in line.cells]
        self.recent: dict[tuple[int, ...], Narrowed] = {}

    def narrowed(self, domains: list[int]) -> Narrowed:
        """Narrowed (cell, mask) pairs: the values on some accepted run of the automaton; None where there is no run."""
        if self.line.idle is not None and self.line.idle(domains):
            return ()
        masks = tuple([domains[c] for c in self.line.cells])
        if masks not in self.recent:
            if len(self.recent) >= MAX_RECENT:
                self.recent.clear()
            self.recent[masks] = self._narrowed(masks)
        return self.recent[masks]

    def _narrowed(self, masks: tuple[int, ...]) -> Narrowed:
        layers: list[set[Any]] = []
        states: set[Any] = {self.line.start}
        for i, mask in enumerate(masks):
            layers.append(states)
            moves, after = self.moves[i], set()
            if len(moves) > 4 * MAX_LAYER:
                moves.clear()
            for state in states:
                if state not in moves:
                    steps = [(1 << value, self.line.step(i, state, value)) for value in self.values[i]]
                    moves[state] = [(bit, to) for bit, to in steps if to is not None]
                for bit, to in moves[state]:
                    if bit & mask:
                        after.add(to)
            states = after
            if not states:
                return None
            if len(states) > MAX_LAYER:
                return ()
        alive = {state for state in states if self.line.accept(state)}
        if not alive:
            return None
        new = []
        for i in range(len(masks) - 1, -1, -1):
            moves, found, before = self.moves[i], 0, set()
            for state in layers[i]:
                for bit, to in moves[state]:
                    if bit & masks[i] and to in alive:
                        found |= bit
                        before.add(state)
            if found != masks[i]:
                new.append((self.line.cells[i], found))
            alive = before
        return new
