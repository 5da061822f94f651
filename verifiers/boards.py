"""The judge's own model of a constraint puzzle: cells, values, relations; and the check of a trace on it.

A claim is justified when its denial makes a cited relation impossible, alone or together with the other cited
ones (reverse propagation restricted to what the step cites), so a wrong claim can never pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verimill.schemas.core import Step, TraceVerdict
from verimill.verifiers.relations import Different, Domains, Relation, together
from verimill.verifiers.steps import walk


@dataclass(frozen=True, slots=True)
class Board:
    """Cells by name with their candidate values, and the relations by the ref that traces cite.

    `domains` are masks of value indices, givens already applied.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    domains: tuple[int, ...]
    relations: Mapping[str, Relation]


class State:
    """Candidates during a walk: a placed value leaves every other cell of its groups."""

    __slots__ = ("board", "cell_of", "domains", "groups", "placed", "value_of")

    def __init__(self, board: Board) -> None:
        self.board = board
        self.cell_of = {name: i for i, name in enumerate(board.names)}
        self.value_of = {text: i for i, text in enumerate(board.values)}
        self.domains: Domains = list(board.domains)
        self.groups: list[list[Different]] = [[] for _ in board.names]
        for relation in board.relations.values():
            if isinstance(relation, Different):
                for c in relation.cells:
                    self.groups[c].append(relation)
        self.placed = [mask.bit_count() == 1 for mask in board.domains]  # given, or claimed by a step
        for cell, mask in enumerate(board.domains):
            if self.placed[cell]:
                self.place(self.domains, cell, mask)

    def place(self, domains: Domains, cell: int, bit: int) -> None:
        domains[cell] &= bit
        for group in self.groups[cell]:
            for other in group.cells:
                if other != cell:
                    domains[other] &= ~bit

    def parse(self, claim: str) -> tuple[int, int, bool]:
        """(cell, mask of the value, True for `=`); ValueError for anything else."""
        for sign in ("!=", "="):
            name, found, value = claim.partition(sign)
            if found:
                if name not in self.cell_of or value not in self.value_of:
                    raise ValueError(f"{claim!r:.60} names no cell or value of this problem")
                return self.cell_of[name], 1 << self.value_of[value], sign == "="
        raise ValueError(f"{claim!r:.60} is not a claim of the form cell=value or cell!=value")

    def justified(self, domains: Domains, because: tuple[str, ...], cell: int, bit: int, equal: bool) -> bool:
        """True when denying the claim leaves a cell empty or a cited relation impossible."""
        mask = domains[cell] & (~bit if equal else bit)
        if mask == 0:
            return True
        trial = list(domains)
        trial[cell] = mask
        if mask & (mask - 1) == 0:
            self.place(trial, cell, mask)
        cited = [self.relation(ref) for ref in because]
        if any(not relation.possible(trial) for relation in cited):
            return True
        return len(cited) > 1 and not together(cited, trial)

    def relation(self, ref: str) -> Relation:
        if ref not in self.board.relations:
            raise ValueError(f"{ref!r:.60} names no rule or clue of this problem")
        return self.board.relations[ref]

    def judge(self, domains: Domains, step: Step) -> str | None:
        """Why the step does not follow, or None; its claims are then applied to `domains`."""
        if step.rule == "suppose" or step.sub:
            return self.judge_supposition(domains, step)
        if not step.claims:
            return "a step must claim something"
        if step.claims == ("contradiction",):
            if 0 in domains or any(not self.relation(ref).possible(domains) for ref in step.because):
                return None
            return f"no contradiction follows from {', '.join(step.because) or 'the candidates'}"
        facts = [self.parse(claim) for claim in step.claims]
        why = None
        for claim, (cell, bit, equal) in zip(step.claims, facts, strict=True):
            if why is None and not self.justified(domains, step.because, cell, bit, equal):
                why = f"{claim} does not follow from {', '.join(step.because) or 'the candidates'}"
            self.accept(domains, cell, bit, equal)  # a later claim of the step may rest on an earlier one
            if equal and domains is self.domains:
                self.placed[cell] = True
        return why

    def accept(self, domains: Domains, cell: int, bit: int, equal: bool) -> None:
        if equal:
            self.place(domains, cell, bit)
        else:
            domains[cell] &= ~bit

    def judge_supposition(self, domains: Domains, step: Step) -> str | None:
        if len(step.claims) != 1 or not step.sub:
            return "a supposition must rule out one value by steps that end in a contradiction"
        cell, bit, equal = self.parse(step.claims[0])
        if equal:
            return "a supposition rules out a value"
        trial = list(domains)
        if trial[cell] & bit == 0:
            trial[cell] = 0
        else:
            trial[cell] = bit
            self.place(trial, cell, bit)
        why = None
        for at, inner in enumerate(step.sub, 1):
            if why is None and inner.number != at:
                why = f"expected inner step {at}, got {inner.number}"
            if why is None and inner.sub:
                why = "a supposition inside a supposition"
            if why is None:
                found = self.judge(trial, inner)
                why = f"inner step {at}: {found}" if found else None
        if why is None and step.sub[-1].claims != ("contradiction",):
            why = "the supposition does not end in a contradiction"
        self.accept(domains, cell, bit, False)
        return why


def check_on(board: Board, steps: tuple[Step, ...], values: Sequence[int] | None) -> TraceVerdict:
    """Judge a trace on a board. It must place every cell as in `values`, or, when None, end in a contradiction.

    A value of -1 stands for a cell that the trace must leave open.
    """
    state = State(board)

    def unfinished() -> str | None:
        if values is None:
            if steps and steps[-1].claims == ("contradiction",):
                return None
            return "the trace does not end in a contradiction"
        for name, placed, mask, value in zip(board.names, state.placed, state.domains, values, strict=True):
            if value < 0:
                if placed:
                    return f"the trace places {name}, which the answer leaves open"
            elif not placed or mask != 1 << value:
                return f"the trace does not establish {name}={board.values[value]}"
        return None

    return walk(steps, lambda step: state.judge(state.domains, step), unfinished)


def candidates(board: Board) -> Domains:
    """The board's domains after each cell with one candidate has ruled it out in its groups."""
    return State(board).domains
