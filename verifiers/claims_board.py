"""Claims about cells and values are weighed on a judge's board: known, justified, a leap, a choice, false.

Suppositions open branches. False claims are not built upon; what follows from all relations at once is worked out
by propagation, within a budget that is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, TypeVar

from verimill.schemas.core import Status
from verimill.verifiers.board_search import Budget, Network
from verimill.verifiers.boards import Board, State
from verimill.verifiers.claims import (
    CHOSEN,
    CONTRADICTION,
    FALSE,
    JUSTIFIED,
    KNOWN,
    LEAP,
    OPEN,
    PARSE,
    SUPPOSE,
    TURN,
    UNCHECKED,
    Found,
)  # fmt: skip
from verimill.verifiers.claims_scan import Fact, Scanner

Q = TypeVar("Q")
A = TypeVar("A")

WORK = 100_000  # relations looked at for one reply
SEARCH = 200_000  # relations looked at for the answer of one problem
MAX_DEPTH = 20  # suppositions within suppositions
KEPT = 16  # problems of a family whose ground is kept: replies to one problem come together
MAX_CITED = 6  # relations tried as the reason of one claim


class _Branch:
    """What is known under the suppositions made so far."""

    __slots__ = ("alive", "closed", "domains", "fact", "size", "stated", "true")

    def __init__(self, domains: list[int], closed: list[int], stated: set[tuple[int, int, bool]]) -> None:
        self.domains, self.closed, self.stated = domains, closed, stated
        self.fact: tuple[int, int, bool] | None = None
        self.alive = True  # False once all relations together refute it
        self.true = True  # False where its supposition is known to be wrong
        self.size = 0


class Ground:
    """What all replies to one problem start from, worked out once: what follows from the givens, and at what cost."""

    def __init__(
        self, board: Board, words: Mapping[str, str], exact_case: bool, prepare: Callable[[str], str] | None
    ) -> None:
        self.board, self.state, self.network = board, State(board), Network(board)
        self.scan = Scanner(board, words, exact_case, prepare)
        budget = Budget(WORK)
        self.closed = list(self.state.domains)
        self.alive = self.network.settle(self.closed, budget)
        self.cost = WORK - budget.left
        self.given = {(cell, mask, True) for cell, mask in enumerate(board.domains) if mask and mask & (mask - 1) == 0}


class BoardReader:
    """Reads claims on one board. `values` is the answer (-1 for a cell that stays open), None where there is no one."""

    def __init__(self, ground: Ground, values: Sequence[int] | None, free: bool) -> None:
        self.board, self.values, self.free = ground.board, values, free
        self.state, self.network, self.scan = ground.state, ground.network, ground.scan
        self.budget = Budget(WORK - ground.cost)
        self.refuted = 0
        base = _Branch(list(ground.state.domains), list(ground.closed), set(ground.given))
        base.alive = ground.alive
        self.branches = [base]

    # ------------------------------------------------------------ reading

    def sentence(self, text: str) -> list[Found]:
        """The claims of a sentence, judged and taken into account."""
        text = self.scan.plainly(text)
        facts, strange, mentioned = self.scan.facts(text)
        if text.rstrip().endswith("?"):
            facts = []
        found: list[Found] = []
        supposed = SUPPOSE.search(text)
        if supposed and not (self.free and supposed.group()[:2].lower() in ("tr", "le")):
            return self._suppose(supposed.end(), facts)
        if text.endswith(":") and self._announces(facts):
            return []
        refs = self.scan.cited(text, mentioned)
        for fact in facts:
            if self.scan.hedged(text, fact.at):
                continue
            found.append(self._claim(fact, refs))
        for word in strange:
            found.append(Found(word, PARSE, "names no cell or value of this problem"))
        if CONTRADICTION.search(text) and not self.scan.hedged(text, len(text)):
            found.extend(self._contradiction())
        elif not facts and len(self.branches) > 1 and TURN.search(text):
            self._give_up()
        return found

    # ------------------------------------------------------------ judging

    def _text(self, cell: int, bit: int, equal: bool) -> str:
        return f"{self.board.names[cell]}{'=' if equal else '!='}{self.board.values[bit.bit_length() - 1]}"

    def _claim(self, fact: Fact, refs: Sequence[str]) -> Found:
        cell, bit, equal = fact.cell, fact.bit, fact.equal
        branch = self.branches[-1]
        text = self._text(cell, bit, equal)
        if (cell, bit, equal) in branch.stated or (
            not equal and any((cell, other, True) in branch.stated for other in self._bits() if other != bit)
        ):
            return Found(text, KNOWN)
        if branch.fact is not None and (cell, bit, not equal) == branch.fact:
            return self._conclude(text)
        branch.size += 1
        wrong = self._contradicts(branch, cell, bit, equal)
        if wrong:
            return Found(text, FALSE, wrong)
        verdict = self._follows(branch, fact, refs)
        self._accept(branch, cell, bit, equal)
        return Found(text, verdict, "nothing said so far leads to it" if verdict == OPEN else "")

    def _bits(self) -> Iterator[int]:
        return (1 << at for at in range(len(self.board.values)))

    def _contradicts(self, branch: _Branch, cell: int, bit: int, equal: bool) -> str:
        if self.values is not None and branch.true:
            value = self.values[cell]
            if value >= 0 and (bit == 1 << value) != equal:
                return f"the answer has {self.board.names[cell]}={self.board.values[value]}"
        if branch.alive and not (branch.closed[cell] & (bit if equal else ~bit)):
            return "what was stated before rules it out"
        return ""

    def _follows(self, branch: _Branch, fact: Fact, refs: Sequence[str]) -> str:
        cell, bit, equal = fact.cell, fact.bit, fact.equal
        if self.state.justified(branch.domains, (), cell, bit, equal):
            return JUSTIFIED
        for ref in refs[:MAX_CITED]:
            self.budget.left -= 1
            if self.state.justified(branch.domains, (ref,), cell, bit, equal):
                return JUSTIFIED
        if 1 < len(refs) <= 3 and self.state.justified(branch.domains, tuple(refs), cell, bit, equal):
            return JUSTIFIED
        if not branch.alive or not (branch.closed[cell] & (~bit if equal else bit)):
            return LEAP
        trial = list(branch.closed)
        trial[cell] &= ~bit if equal else bit
        if not self.network.settle(trial, self.budget, (cell,)):
            return LEAP
        if self.budget.left <= 0:
            return UNCHECKED
        return CHOSEN if self.free else OPEN

    def _accept(self, branch: _Branch, cell: int, bit: int, equal: bool) -> None:
        branch.stated.add((cell, bit, equal))
        self.state.accept(branch.domains, cell, bit, equal)
        before = branch.closed[cell]
        if branch.alive and before & (bit if equal else ~bit) != before:  # else all that follows is known
            branch.closed[cell] &= bit if equal else ~bit
            branch.alive = branch.closed[cell] != 0 and self.network.settle(branch.closed, self.budget, (cell,))

    # ------------------------------------------------------------ suppositions

    def _suppose(self, after: int, facts: list[Fact]) -> list[Found]:
        """Opens a branch with the first fact behind the word; what the sentence says further is said in the branch."""
        held = [fact for fact in facts if fact.at >= after]
        if not held or len(self.branches) > MAX_DEPTH:
            return []
        first, base = held[0], self.branches[-1]
        branch = _Branch(list(base.domains), list(base.closed), set(base.stated))
        branch.alive = base.alive
        branch.fact = (first.cell, first.bit, first.equal)
        value = -1 if self.values is None else self.values[first.cell]
        branch.true = base.true and (value < 0 or (first.bit == 1 << value) == first.equal)
        self._accept(branch, first.cell, first.bit, first.equal)
        self.branches.append(branch)
        denied = (first.cell, first.bit, not first.equal)
        return [self._claim(fact, ()) for fact in held[1:] if (fact.cell, fact.bit, fact.equal) != denied]

    def _announces(self, facts: list[Fact]) -> bool:
        """True where the opposite of the supposition is told before the steps that lead to it."""
        held = self.branches[-1].fact
        return held is not None and (held[0], held[1], not held[2]) in [(f.cell, f.bit, f.equal) for f in facts]

    def _refutes(self, branch: _Branch) -> str:
        """How good the contradiction of a branch is."""
        if not branch.alive or 0 in branch.domains:
            return LEAP
        if any(not relation.possible(branch.domains) for relation in self.board.relations.values()):
            return LEAP
        return OPEN

    def _contradiction(self) -> list[Found]:
        """A branch ends; at the top it is a claim only where the problem has no answer."""
        branch = self.branches[-1]
        if branch.fact is None:
            if self.values is None and not branch.alive:
                return [Found("contradiction", JUSTIFIED)]
            return []
        verdict = self._refutes(branch)
        cell, bit, equal = branch.fact
        self._give_up()
        if verdict == LEAP and not (self.values is not None and branch.true):
            self._accept(self.branches[-1], cell, bit, not equal)
            return [Found("contradiction", JUSTIFIED)]
        if branch.true and self.values is not None:
            return [Found("contradiction", FALSE, f"{self._text(cell, bit, equal)} is right")]
        return [Found("contradiction", OPEN, "no relation is broken yet")]

    def _conclude(self, text: str) -> Found:
        """The opposite of the supposition, claimed while its branch is still open: the branch ends."""
        branch = self.branches[-1]
        found = self._contradiction()
        verdict = found[0].verdict if found else OPEN
        if verdict != FALSE and branch.fact is not None:
            self._accept(self.branches[-1], branch.fact[0], branch.fact[1], not branch.fact[2])
        return Found(text, verdict, found[0].reason if found else "")

    def _give_up(self) -> None:
        gone = self.branches.pop()
        self.refuted += gone.size


Words = Mapping[str, str] | Callable[[Any], Mapping[str, str]]
BITS: Mapping[str, str] = {
    "filled": "1", "black": "1", "marked": "1", "shaded": "1", "star": "1", "starred": "1", "one": "1",
    "empty": "0", "white": "0", "blank": "0", "unmarked": "0", "unfilled": "0", "zero": "0", "crossed": "0",
}  # fmt: skip
MINES: Mapping[str, str] = {"mined": "mine", "mines": "mine", "bomb": "mine", "clear": "safe", "free": "safe"}


@lru_cache(maxsize=512)
def _answer(board: Callable[[Any], Board], problem: Any) -> tuple[int, ...] | None:
    return Network(board(problem)).solve(Budget(SEARCH))


def on_board(
    board: Callable[[Q], Board],
    values: Callable[[Q, A], Sequence[int] | None] | None,
    words: Words | None = None,
    exact_case: bool = False,
    prepare: Callable[[Q, str], str] | None = None,
    truth: Callable[[Q], Sequence[int] | None] | None = None,
) -> Callable[[Q, Status, A | None], BoardReader]:
    """A judge's `claims` from its board; with neither `values` nor `truth` any valid answer is right: choices are free.

    `words` are other words for values; `prepare` brings a sentence nearer to the claim grammar.
    """

    @lru_cache(maxsize=KEPT)
    def ground(problem: Q) -> Ground:
        said = words(problem) if callable(words) else words or {}
        return Ground(board(problem), said, exact_case, partial(prepare, problem) if prepare else None)

    def reader(problem: Q, status: Status, answer: A | None) -> BoardReader:
        known: Sequence[int] | None = None
        if truth is not None and status == "one":
            known = truth(problem)
        elif values is not None and status == "one":
            known = values(problem, answer) if answer is not None else _answer(board, problem)
        return BoardReader(ground(problem), known, values is None and truth is None)

    return reader
