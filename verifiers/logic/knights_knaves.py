"""Knights and knaves: every statement is weighed under the answer, by reading the formula and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from verimill.schemas.core import Judge, Recount, Rule, Status
from verimill.schemas.formulas import Node, parse
from verimill.schemas.logic.knights_knaves import SKINS, Answer, Problem
from verimill.verifiers.boards import Board
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.logic.role_formulas import holds, mentioned, roles_of
from verimill.verifiers.logic.role_steps import check
from verimill.verifiers.relations import allowed


def _false_knight(problem: Problem, answer: Answer) -> str | None:
    """Whoever is called truthful says nothing false."""
    roles = roles_of(problem, answer)
    for at, (speaker, formula) in enumerate(problem.statements, 1):
        if roles[speaker] and not holds(parse(formula), roles):
            return f"statement {at} would be false, though {problem.names[speaker]} is called {answer[speaker][1]}"
    return None


def _true_knave(problem: Problem, answer: Answer) -> str | None:
    """Whoever is called a liar says nothing true."""
    roles = roles_of(problem, answer)
    for at, (speaker, formula) in enumerate(problem.statements, 1):
        if not roles[speaker] and holds(parse(formula), roles):
            return f"statement {at} would be true, though {problem.names[speaker]} is called {answer[speaker][1]}"
    return None


# ---------------------------------------------------------------- recount


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """All readings by python-constraint2, one boolean variable a person and one constraint a statement."""
    from constraint import Problem as Model

    model = Model()
    model.addVariables(list(range(len(problem.names))), [True, False])
    for speaker, formula in problem.statements:
        node = parse(formula)
        who = sorted({speaker, *mentioned(node)})
        model.addConstraint(_agreement(speaker, node, who, len(problem.names)), who)
    found = []
    for solution in model.getSolutionIter():
        found.append(tuple(solution[i] for i in range(len(problem.names))))
        if len(found) == 2:
            break
    outcomes: tuple[Status, ...] = ("none", "one", "many")
    counted = outcomes[len(found)]
    agrees = counted == status and (status != "one" or answer is None or found[0] == roles_of(problem, answer))
    return Recount(agrees, "python-constraint2", f"{counted} found, {status} expected")


def _agreement(speaker: int, node: Node, who: list[int], n: int) -> Callable[..., bool]:
    def fits(*values: bool) -> bool:
        roles = [False] * n
        for i, value in zip(who, values, strict=True):
            roles[i] = value
        return holds(node, tuple(roles)) == roles[speaker]

    return fits


def _board(problem: Problem) -> Board:
    """The same problem as cells and relations, for claims in free text."""
    relations = {}
    for at, (speaker, formula) in enumerate(problem.statements, 1):
        node = parse(formula)
        who = sorted({speaker, *mentioned(node)})
        fits = _agreement(speaker, node, who, len(problem.names))
        relations[f"statement {at}"] = allowed(who, partial(_fits, fits))
    return Board(problem.names, ("knave", "knight"), (3,) * len(problem.names), relations)


def _fits(fits: Callable[..., bool], values: tuple[int, ...]) -> bool:
    return fits(*map(bool, values))


def _values(problem: Problem, answer: Answer) -> list[int]:
    return [int(role) for role in roles_of(problem, answer)]


_TRUE = re.compile(r"\b(?:is )?(not )?(?:tells|telling|speaks|speaking|tell) the truth\b")
_LIES = re.compile(r"\b(?:is (not )?lying|lies)\b")


def _plainly(problem: Problem, sentence: str) -> str:
    """`tells the truth` and `lies` as what one is."""
    sentence = _TRUE.sub(lambda m: f"is {m[1] or ''}knight", sentence)
    return _LIES.sub(lambda m: f"is {m[1] or ''}knave", sentence)


def _words(problem: Problem) -> dict[str, str]:
    truthful, lying = SKINS[problem.skin]
    return {truthful: "knight", lying: "knave", "truthful": "knight", "lying": "knave"}


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("knights", _false_knight), Rule("knaves", _true_knave)),
    check=check,
    recount=recount,
    claims=on_board(_board, _values, _words, prepare=_plainly),
)
