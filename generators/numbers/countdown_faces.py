"""How a countdown is shown and its joins told."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.schemas.core import Face, Step
from verimill.schemas.numbers.countdown import Problem


def _line(problem: Problem) -> str:
    return f"Numbers: {', '.join(map(str, problem.numbers))}\nTarget: {problem.target}"


def _cards(problem: Problem) -> str:
    return f"{' '.join(f'[{number}]' for number in problem.numbers)} -> {problem.target}"


def _sorted(problem: Problem) -> str:
    return f"target = {problem.target}\nnumbers = {{{'; '.join(map(str, sorted(problem.numbers)))}}}"


def _sentence(problem: Problem) -> str:
    *most, last = map(str, problem.numbers)
    return f"The numbers {', '.join(most)} and {last} are given, and {problem.target} is wanted."


def _facts(problem: Problem) -> Mapping[str, str]:
    return {"target": str(problem.target), "count": str(len(problem.numbers))}


FACE: Face[Problem] = Face(
    wordings=(
        "Make the target from the numbers.\n\n{board}\n\nUse +, -, * and / with brackets as you like. Each number may"
        " be used at most once (as often as it is listed), and not all are needed. Every result on the way must be a"
        " positive whole number: no zero, no negative number, no fraction.\n\n{answer}",
        "{board}\n\nWrite an arithmetic expression worth exactly {target}. It may hold each of the {count} numbers once"
        " at most and no other number, joined by addition, subtraction, multiplication and division, with brackets"
        " where wanted. Subtractions must stay above zero and divisions must leave no remainder, so that each"
        " intermediate result is a positive whole number.\n\n{answer}",
        "A numbers game. From the {count} numbers below, each to be taken no more than once, reach {target} by the four"
        " basic operations (+ - * /).\n{board}\nPartial results have to be whole and greater than 0 at every step."
        " Numbers may stay unused.\n\n{answer}",
        "Find a calculation that ends in {target}.\n\n{board}\n\nRules:\n- only the listed numbers, each at most once"
        " (twice only if listed twice)\n- only + - * / and brackets\n- whatever is worked out on the way is a whole"
        " number of at least 1; a division that does not come out even is not allowed\n- any such calculation will"
        " do\n\n{answer}",
    ),
    layouts={"line": _line, "cards": _cards, "sorted": _sorted, "sentence": _sentence},
    facts=_facts,
)

_SIGNS = str.maketrans({"*": "×", "/": "÷", "-": "−"})
_LEAVES = ("which leaves {left}", "so that {left} are left", "leaving {left}", "now there are {left}")


def _listed(claim: str) -> str:
    parts = claim.split(" ")[1:]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step: the join and what is left, or a join tried in vain."""
    lines = []
    for step in steps:
        if step.rule == "combine":
            made = step.claims[0].translate(_SIGNS)
            if step.claims[0].endswith(f" = {problem.target}"):
                text = f"{made}, which is the target."
            else:
                text = f"{made}, {_LEAVES[step.number % len(_LEAVES)].format(left=_listed(step.claims[1]))}."
        elif step.rule == "try":
            made = step.sub[0].claims[0].translate(_SIGNS)
            left = _listed(step.sub[0].claims[1])
            alone = " " not in step.sub[0].claims[1].removeprefix("left ")
            end = f"{left} is not {problem.target}" if alone else f"{left} cannot make {problem.target}"
            text = f"Trying {made}: {end}, so not {step.because[0].translate(_SIGNS)}."
        else:
            text = f"Every first join has been tried in vain, so {problem.target} cannot be made: a contradiction."
        lines.append(f"{step.number}. {text}")
    return "\n".join(lines)
