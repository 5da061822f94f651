"""Makes cryptarithms: a true addition, digits behind letters, and as few letters told as deduction needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import permutations
from math import log10

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.column_search import readings
from verimill.generators.engines.constraints import Constraint, different, table, total
from verimill.generators.engines.deduction import Deduced, deduce, hardness_of, thin, workspace
from verimill.generators.engines.puzzles import Model, at_tier, near_misses_of, solve_model
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.logic.cryptarithm import LETTERS, Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 200
NONZERO = tuple((d,) for d in range(1, 10))
DIGITS = (1 << 10) - 1


def _constraints(words: tuple[str, ...], letters: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Constraint, ...]]:
    """Names (letters, then carries c1.. from the right) and the constraints of an addition."""
    width = len(words[-1])
    names = letters + tuple(f"c{k}" for k in range(1, width))
    index = {name: i for i, name in enumerate(names)}
    out = [different("letters", range(len(letters)), len(letters) == 10)]
    out += [table(f"leading {c}", (index[c],), NONZERO, 1) for c in dict.fromkeys(w[0] for w in words if len(w) > 1)]
    for k in range(1, width + 1):
        terms: Counter[int] = Counter()
        for word in words[:-1]:
            if k <= len(word):
                terms[index[word[-k]]] += 1
        if k > 1:
            terms[index[f"c{k - 1}"]] += 1
        terms[index[words[-1][-k]]] -= 1
        if k < width:
            terms[index[f"c{k}"]] -= 10
        scope = [v for v, w in terms.items() if w]
        out.append(total(f"column {k}", scope, 0, 0, 0, [terms[v] for v in scope]))
    return names, tuple(out)


def _full(words: tuple[str, ...], letters: tuple[str, ...]) -> tuple[int, ...]:
    return (DIGITS,) * len(letters) + ((1 << (len(words) - 1)) - 1,) * (len(words[-1]) - 1)


def model(problem: Problem) -> Model:
    names, constraints = _constraints(problem.words, problem.letters)
    full = _full(problem.words, problem.letters)
    told = {k[0]: 1 << int(k[1]) for k in problem.known}
    domains = tuple(told.get(name, mask) for name, mask in zip(names, full, strict=True))
    return Model(f"cryptarithm {len(names)}", names, tuple("0123456789"), full, domains, constraints)


def to_answer(problem: Problem, values: tuple[int, ...]) -> Answer:
    return tuple(zip(problem.letters, values, strict=False))


def _draw(rng: Rng, params: Params) -> list[int]:
    """Addends and their sum; the first addend has full length."""
    low = [10 ** (params.length - 1)] + [
        10 ** max(0, params.length - 1 - rng.below(2)) for _ in range(params.addends - 1)
    ]
    addends = [rng.between(x, 10 * x - 1) for x in low]
    return [*addends, sum(addends)]


def make(rng: Rng, params: Params) -> Problem:
    """An addition with one reading by rules up to `params.tier`."""
    for _ in range(TRIES):
        numbers = [str(x) for x in _draw(rng, params)]
        used = sorted({d for text in numbers for d in text})
        if len(used) < params.letters:
            continue
        name = dict(zip(used, rng.sample(LETTERS, len(used)), strict=True))
        words = tuple("".join(name[d] for d in text) for text in numbers)
        letters = tuple(sorted(name.values()))
        digit_of = {letter: int(d) for d, letter in name.items()}
        _, constraints = _constraints(words, letters)
        full = _full(words, letters)
        work = workspace(10, constraints, full)
        solution = [digit_of[c] for c in letters] + _carries(numbers)
        clues = [(0, i) for i in range(len(letters))]
        keep = thin(work, full, solution, clues, rng.shuffled(range(len(letters))), params.tier, params.floor)
        if keep is None:
            continue
        domains = [
            1 << v if i < len(letters) and keep[i] else m for i, (v, m) in enumerate(zip(solution, full, strict=True))
        ]
        found = deduce(work, domains, params.tier)
        if not at_tier(found, params.least, params.tier) or hardness_of(found, 0, 0).effort < params.work:
            continue
        known = tuple(f"{c}{digit_of[c]}" for c, kept in zip(letters, keep, strict=True) if kept)
        return Problem(words, known)
    raise Exhausted(f"no cryptarithm in {TRIES} tries with {params}")


def _carries(numbers: list[str]) -> list[int]:
    out, carry = [], 0
    for k in range(1, len(numbers[-1])):
        carry = (carry + sum(int(text[-k]) for text in numbers[:-1] if k <= len(text))) // 10
        out.append(carry)
    return out


def solve(problem: Problem) -> Solved[Answer]:
    def searched(found: Deduced) -> str:
        """A search that knows nothing of the rules finds the same reading and no other."""
        ways = readings(problem.words, problem.letters, problem.known, 2)
        if ways != [found.values[: len(problem.letters)]]:
            raise ValueError("the search column by column does not find the reading of the rules alone")
        return "search column by column: no other reading"

    return solve_model(model(problem), lambda values: to_answer(problem, values), second=searched)


def _renamed(problem: Problem, name: Mapping[str, str], words: tuple[str, ...]) -> Problem:
    return Problem(
        tuple("".join(name[c] for c in w) for w in words), tuple(sorted(name[k[0]] + k[1] for k in problem.known))
    )


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Other letters; the addends in another order."""
    name = dict(zip(problem.letters, rng.sample(LETTERS, len(problem.letters)), strict=True))
    yield _renamed(problem, name, problem.words)
    same = {c: c for c in problem.letters}
    yield _renamed(problem, same, (*rng.shuffled(problem.words[:-1]), problem.words[-1]))


def canonical(problem: Problem) -> str:
    """The least of the texts with letters named by first appearance, over all orders of the addends."""
    told = {k[0]: k[1] for k in problem.known}
    texts = []
    for order in permutations(problem.words[:-1]):
        name: dict[str, str] = {}
        shown = []
        for word in (*order, problem.words[-1]):
            shown.append("".join(name.setdefault(c, LETTERS[len(name)]) for c in word))
        texts.append(f"{'+'.join(shown)}|{','.join(sorted(name[c] + d for c, d in told.items()))}")
    return text_key("cryptarithm", min(texts))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    puzzle = model(problem)
    digits = dict(answer)
    carries = _carries([str(int("".join(str(digits[c]) for c in w))) for w in problem.words])
    values = [digits[c] for c in problem.letters] + carries
    names = {con.ref: {"column": "sum"}.get(con.ref.split()[0], con.ref.split()[0]) for con in puzzle.constraints}
    yield from near_misses_of(rng, puzzle, values, lambda v: to_answer(problem, v), tries=8, rule_names=names)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """Another letter told ("many") or a false digit ("none"), when it can be certified; mostly as many as before."""
    if rng.chance(0.5):
        for told in _told_otherwise(rng, problem):
            if len(readings(problem.words, problem.letters, told, 2)) == 2:
                less = Problem(problem.words, told)
                return with_two_answers(less, model(less), partial(to_answer, less))
    for other in _falsified(rng, problem):
        if not readings(other.words, other.letters, other.known, 1):
            twin = refuted(other, model(other), 2)
            if twin is not None:
                return twin
    return None


def _told_otherwise(rng: Rng, problem: Problem) -> Iterator[tuple[str, ...]]:
    """What may be told instead: another letter for one that was, then one letter less."""
    known = problem.known
    (digits,) = readings(problem.words, problem.letters, known, 1)
    hidden = [f"{c}{d}" for c, d in zip(problem.letters, digits, strict=True) if f"{c}{d}" not in known]
    less = [(*known[:k], *known[k + 1 :]) for k in rng.shuffled(range(len(known)))]
    for rest in less:
        for more in rng.shuffled(hidden):
            yield tuple(sorted((*rest, more)))
    yield from less


def _falsified(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """A told digit changed; where no letter is told, a letter of a word; last, a letter told with some digit."""
    words, known = problem.words, problem.known
    free = [d for d in "0123456789" if d not in {told[1] for told in known}]
    for k in rng.shuffled(range(len(known))):
        for digit in rng.shuffled(free):
            yield Problem(words, (*known[:k], known[k][0] + digit, *known[k + 1 :]))
    for _ in range(0 if known else 24):
        at = rng.below(len(words))
        spot = rng.below(len(words[at]))
        word = words[at][:spot] + rng.pick(problem.letters) + words[at][spot + 1 :]
        other = Problem((*words[:at], word, *words[at + 1 :]), ())
        if other.letters == problem.letters and other != problem:
            yield other
    for letter in rng.shuffled(problem.letters):
        for digit in rng.shuffled(free):
            if not any(told[0] == letter for told in known):
                yield Problem(words, tuple(sorted((*known, letter + digit))))


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """Prose in which c1, c2, ... are the carries out of the columns, counted from the right."""

    def describe(ref: str) -> str:
        if ref == "letters":
            return "the rule that letters differ"
        what, _, which = ref.partition(" ")
        return f"the rule that {which} is a leading digit" if what == "leading" else f"column {which} from the right"

    return prose.tell(steps, describe)


def stacked(problem: Problem) -> str:
    width = max(map(len, problem.words)) + 2
    lines = [w.rjust(width) for w in problem.words[:-2]]
    lines.append("+" + problem.words[-2].rjust(width - 1))
    return "\n".join([*lines, "-" * width, problem.words[-1].rjust(width)])


def in_line(problem: Problem) -> str:
    return f"{' + '.join(problem.words[:-1])} = {problem.words[-1]}"


def listed(problem: Problem) -> str:
    lines = [f"Addend {k}: {w}" for k, w in enumerate(problem.words[:-1], 1)]
    return "\n".join([*lines, f"Sum: {problem.words[-1]}"])


def facts(problem: Problem) -> Mapping[str, str]:
    told = ", ".join(f"{k[0]} = {k[1]}" for k in problem.known)
    return {"letters": ", ".join(problem.letters), "known": f"It is known that {told}. " if told else ""}


WORDINGS = (
    "In this addition every letter stands for a digit (base ten), the same letter always for the same digit and "
    "different letters for different digits. No number of several digits begins with 0.\n\n{board}\n\n{known}Find the "
    "digit of each letter.\n\n{answer}",
    "Solve the cryptarithm.\n\n{board}\n\n{known}Replace the letters {letters} by decimal digits so that the sum is "
    "correct. Two letters never share a digit, a letter keeps its digit throughout, and the first digit of a number of "
    "several digits is not zero.\n\n{answer}",
    "Someone has written a correct addition and then put letters for the digits:\n\n{board}\n\nEach letter hides one "
    "digit from 0 to 9, no digit is hidden by two letters, and no number of several digits started with a 0. "
    "{known}What was the original addition?\n\n{answer}",
    "Letters for digits. {known}Rules: (1) the addition below is true when the letters are read as decimal digits; (2) "
    "each of {letters} is one digit everywhere; (3) no two of them are equal; (4) the first letter of a word of "
    "several letters is not 0.\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {"stacked": stacked, "line": in_line, "list": listed}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=lambda p: (p.length - 0.5) * p.addends - log10(24),
    unanswerable=unanswerable,
)
