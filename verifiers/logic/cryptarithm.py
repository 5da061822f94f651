"""The judge of cryptarithms: the sum adds up, digits differ, no leading zero, told digits kept."""

from __future__ import annotations

from collections import Counter

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.logic.cryptarithm import Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Different, Line, Relation, total


def _value(word: str, digits: dict[str, int]) -> int:
    value = 0
    for c in word:
        value = value * 10 + digits[c]
    return value


def given_changed(problem: Problem, answer: Answer) -> str | None:
    digits = dict(answer)
    for told in problem.known:
        if digits[told[0]] != int(told[1]):
            return f"{told[0]} must be {told[1]}, got {digits[told[0]]}"
    return None


def leading_zero(problem: Problem, answer: Answer) -> str | None:
    digits = dict(answer)
    for word in problem.words:
        if len(word) > 1 and digits[word[0]] == 0:
            return f"{word} begins with 0"
    return None


def digits_repeat(problem: Problem, answer: Answer) -> str | None:
    seen: dict[int, str] = {}
    for letter, digit in answer:
        if digit in seen:
            return f"{seen[digit]} and {letter} are both {digit}"
        seen[digit] = letter
    return None


def sum_wrong(problem: Problem, answer: Answer) -> str | None:
    digits = dict(answer)
    values = [_value(w, digits) for w in problem.words]
    if sum(values[:-1]) != values[-1]:
        return f"{' + '.join(map(str, values[:-1]))} is not {values[-1]}"
    return None


def _tail(word: str, k: int) -> str | None:
    return word[-k] if k <= len(word) else None


def _column(problem: Problem, k: int, cell: dict[str, int]) -> Line:
    """Column k from the right: addend digits + carry in = sum digit + 10 * carry out."""
    width = len(problem.words[-1])
    # A letter may stand in the column more than once, in the sum as well: each is read once, with its weight.
    weights: Counter[int] = Counter(cell[c] for w in problem.words[:-1] if (c := _tail(w, k)) is not None)
    weights[cell[problem.words[-1][-k]]] -= 1
    if k > 1:
        weights[cell[f"c{k - 1}"]] += 1
    if k < width:
        weights[cell[f"c{k}"]] -= 10
    cells = tuple(c for c, w in weights.items() if w)
    return total(cells, 0, 0, weights=[weights[c] for c in cells])


def board(problem: Problem) -> Board:
    width = len(problem.words[-1])
    carries = [f"c{k}" for k in range(1, width)]
    names = (*problem.letters, *carries)
    cell = {name: i for i, name in enumerate(names)}
    most = len(problem.words) - 2  # no carry can be larger than the number of addends less one
    told = {k[0]: int(k[1]) for k in problem.known}
    domains = [1 << told[c] if c in told else 1023 for c in problem.letters] + [(1 << (most + 1)) - 1] * len(carries)
    relations: dict[str, Relation] = {"letters": Different(tuple(range(len(problem.letters))))}
    for word in problem.words:
        if len(word) > 1:
            relations[f"leading {word[0]}"] = Line(
                (cell[word[0]],), 0, lambda i, s, v: s if v else None, lambda s: True
            )
    for k in range(1, width + 1):
        relations[f"column {k}"] = _column(problem, k, cell)
    return Board(names, tuple("0123456789"), tuple(domains), relations)


def _values(problem: Problem, answer: Answer | None) -> list[int] | None:
    """Digits of the letters, then the carries that they imply."""
    if answer is None:
        return None
    digits = dict(answer)
    values = [digits[c] for c in problem.letters]
    carry = 0
    for k in range(1, len(problem.words[-1])):
        carry = (carry + sum(digits[c] for w in problem.words[:-1] if (c := _tail(w, k)) is not None)) // 10
        values.append(carry)
    return values


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _values(problem, answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _values(problem, answer))


JUDGE = Judge(
    rules=(
        Rule("given", given_changed),
        Rule("leading", leading_zero),
        Rule("letters", digits_repeat),
        Rule("sum", sum_wrong),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, _values, exact_case=True),
)
