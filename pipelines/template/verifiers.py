"""Judging pair sum: the rules of an answer, the steps of a trace, and a second count of the pairs.

Nothing of the maker is imported here, and nothing of the maker's method is repeated: it walks from both ends of the
sorted list, the recount tries every pair.
"""

from __future__ import annotations

from itertools import combinations

from verimill.pipelines.template.schemas import Answer, Problem, write
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.verifiers.steps import walk


def _not_listed(problem: Problem, answer: Answer) -> str | None:
    for number in answer:
        if number not in problem.numbers:
            return f"{number} is not in the list"
    return None


def _wrong_sum(problem: Problem, answer: Answer) -> str | None:
    total = sum(answer)
    return None if total == problem.target else f"{write(answer)} is {total}, wanted {problem.target}"


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every step re-derived; the last claim must be the answer, or a contradiction when all numbers are out."""
    out: set[int] = set()
    pairs: set[Answer] = set()
    refuted = False

    def judge(step: Step) -> str | None:
        nonlocal refuted
        if step.sub or len(step.claims) != 1:
            return "wanted one claim and no sub-steps"
        if step.claims == ("contradiction",):
            missing = [number for number in problem.numbers if number not in out]
            refuted = not missing
            return f"{missing[0]} is not out yet" if missing else None
        first, *others = (_listed(problem, word) for word in step.because)
        if step.rule == "no partner" and not others and step.claims == (f"{first} out",):
            out.add(first)
            partner = problem.target - first
            return f"{partner} is in the list" if partner in problem.numbers and partner != first else None
        if step.rule == "pair" and len(others) == 1 and step.claims == (f"{first} + {others[0]}",):
            pairs.add((min(first, others[0]), max(first, others[0])))
            return _wrong_sum(problem, (first, others[0]))
        return f"the rule {step.rule!r:.20} does not give {step.claims[0]!r:.40}"

    def unfinished() -> str | None:
        if answer is None:
            return None if refuted else "no contradiction is reached"
        return None if answer in pairs else f"the pair {write(answer)} is not reached"

    return walk(steps, judge, unfinished)


def _listed(problem: Problem, word: str) -> int:
    if not word.isdecimal() or int(word[:9]) not in problem.numbers:
        raise ValueError(f"{word!r:.20} is not a listed number")
    return int(word[:9])


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """Every pair tried."""
    pairs = [pair for pair in combinations(sorted(problem.numbers), 2) if sum(pair) == problem.target]
    found: Status = "none" if not pairs else "one" if len(pairs) == 1 else "many"
    agrees = found == status and (answer is None or pairs == [answer])
    return Recount(agrees, "every pair tried", f"{len(pairs)} pairs")


JUDGE = Judge(rules=(Rule("listed", _not_listed), Rule("sum", _wrong_sum)), check=check, recount=recount)
