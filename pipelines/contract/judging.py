"""The properties of how a family judges: what is wrong is refused, and every rule is needed for that.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from itertools import chain, islice
from typing import Any

from verimill.pipelines.contract.subject import Bench, Item
from verimill.schemas.rng import Rng
from verimill.verifiers.judge import judge_text

POOL = 60  # problems of one level that constant answers are tried on


CONSTANTS = (
    "0",
    "1",
    "2",
    "3",
    "10",
    "true",
    "false",
    "yes",
    "no",
    "unknown",
    "none",
    "many",
    "A",
    "a",
    "[]",
    "1 1",
    "0 0",
)


def near_misses_are_wrong(bench: Bench) -> Iterator[str]:
    """Every near miss is wrong, typed and written, and breaks the rule it names."""
    rules = {rule.name: rule for rule in bench.subject.judge.rules}
    if len(rules) < len(bench.subject.judge.rules) or not rules:
        yield f"rules must have names of their own, got {[rule.name for rule in bench.subject.judge.rules]}"
    for item in bench.ladder:
        misses = bench.near_misses(item)
        if not misses:
            yield f"{item}: no near miss"
        for miss in misses:
            text = bench.subject.codec.write(miss.answer)
            if bench.verdict(item, miss.answer) != "wrong" or bench.is_right(item, text):
                yield f"{item}: the near miss {text!r:.80} ({miss.rule}) is right"
            elif miss.rule not in rules:
                yield f"{item}: a near miss names the rule {miss.rule!r}; the judge has {', '.join(rules)}"
            elif rules[miss.rule].broken(item.problem, miss.answer) is None:
                yield f"{item}: the near miss {text!r:.80} does not break {miss.rule}, which it names"


def every_rule_is_needed(bench: Bench) -> Iterator[str]:
    """With any one rule deleted the judge accepts some near miss."""
    judge = bench.subject.judge
    surviving = {rule.name for rule in judge.rules}
    for item in bench.ladder:
        for miss in bench.near_misses(item):
            broken = [rule.name for rule in judge.rules if _breaks(rule.broken, item, miss.answer)]
            if len(broken) == 1:  # deleting this one makes the answer right
                surviving.discard(broken[0])
        if not surviving:
            return
    for name in sorted(surviving):
        yield f"the rule {name!r} can be deleted: no near miss breaks it alone"


def _breaks(broken: Callable[[Any, Any], str | None], item: Item, answer: Any) -> bool:
    """A rule that relies on an earlier one may stumble over an answer; it does not accept it then."""
    try:
        return broken(item.problem, answer) is not None
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return True


def no_other_answer_is_right(bench: Bench) -> Iterator[str]:
    """Where exactly one answer is right, no small change of it and no twin's answer is."""
    code = bench.subject.codec
    if code.checker in ("unique", "exact"):
        for item in bench.firsts:
            for text, right in _others(bench, item):
                if right:
                    yield f"{item}: {text!r:.80} is right beside {item.text!r:.80}, checker {code.checker}"


def _others(bench: Bench, item: Item) -> Iterator[tuple[str, bool]]:
    """Answers that differ from the maker's, and whether the judge takes them: small changes, and twins' answers."""
    code, maker = bench.subject.codec, bench.subject.maker
    changed = islice(alterations(item.solved.answer, bench.rng(item, "alter")), 150)
    for answer in chain(changed, (maker.solve(twin).answer for twin in bench.twins(item, 2))):
        try:
            text = code.write(answer)
            again = code.read(item.problem, text)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            continue  # not an answer of this family at all
        if again != item.solved.answer and code.write(again) != item.text:
            yield text, bench.verdict(item, again) == "right"


def alterations(answer: Any, rng: Rng) -> Iterator[Any]:
    """Answers that differ from `answer` a little: a value, a swap, an omission, an order, two names exchanged."""
    leaves = list(dict.fromkeys(_leaves(answer)))
    words = [leaf for leaf in leaves if isinstance(leaf, str)]
    for _ in range(min(10, len(leaves) * (len(leaves) - 1))):
        one, other = rng.sample(leaves, 2)
        yield _exchanged(answer, {one: other, other: one})
    yield from _altered_at(answer, rng, words)


def _leaves(answer: Any) -> Iterator[Any]:
    if isinstance(answer, tuple | list):
        for part in answer:
            yield from _leaves(part)
    elif isinstance(answer, str | int):
        yield answer


def _exchanged(answer: Any, names: Mapping[Any, Any]) -> Any:
    """The answer with leaves renamed throughout: colours permuted, say."""
    if hasattr(answer, "_replace"):
        return type(answer)(*(_exchanged(part, names) for part in answer))
    if isinstance(answer, tuple | list):
        return type(answer)(_exchanged(part, names) for part in answer)
    return names.get(answer, answer) if isinstance(answer, str | int) else answer


def _altered_at(answer: Any, rng: Rng, words: Sequence[str]) -> Iterator[Any]:
    """One place changed, in whatever the answer is made of."""
    if isinstance(answer, bool):
        yield not answer
    elif isinstance(answer, int | Fraction):
        yield from (answer + 1, answer - 1, -answer)
    elif isinstance(answer, str):
        yield from rng.shuffled([word for word in words if word != answer])[:4]
    elif hasattr(answer, "_replace"):  # a named tuple
        for name in answer._fields:
            for part in islice(_altered_at(getattr(answer, name), rng, words), 10):
                yield answer._replace(**{name: part})
    elif isinstance(answer, tuple | list):
        yield from _altered_list(answer, rng, words)
    elif isinstance(answer, frozenset):
        for part in sorted(answer, key=repr):
            yield answer - {part}
    elif is_dataclass(answer) and not isinstance(answer, type):
        for one in fields(answer):
            for part in islice(_altered_at(getattr(answer, one.name), rng, words), 10):
                try:
                    yield replace(answer, **{one.name: part})
                except (TypeError, ValueError):
                    continue


def _altered_list(answer: Any, rng: Rng, words: Sequence[str]) -> Iterator[Any]:
    kind = type(answer)
    yield kind(reversed(answer))
    for at in rng.shuffled(range(len(answer)))[:12]:
        other = rng.below(len(answer))
        swapped = list(answer)
        swapped[at], swapped[other] = swapped[other], swapped[at]
        yield kind(swapped)
        yield kind([*answer[:at], *answer[at + 1 :]])
        for part in islice(_altered_at(answer[at], rng, words), 4):
            yield kind([*answer[:at], part, *answer[at + 1 :]])


def examples_are_not_answers(bench: Bench) -> Iterator[str]:
    """The example of the form, and the sentence about it, are never right."""
    code = bench.subject.codec
    for item in bench.ladder:
        for name, text in (("example", code.example(item.problem)), ("format", code.answer_format(item.problem))):
            if bench.is_right(item, text):
                yield f"{item}: the {name} {text!r:.80} is right"


def no_constant_answer_pays(bench: Bench) -> Iterator[str]:
    """The best constant reply is right on less than the declared share of problems."""
    code = bench.subject.codec
    for level in (1, 3):
        pool = bench.pool[:POOL] if level == 1 else tuple(bench.problems(level, POOL))
        cases = [bench.subject.case(problem) for problem in pool]
        answers = {code.write(bench.subject.maker.solve(problem).answer) for problem in pool[:40]}
        replies = sorted(answers | set(CONSTANTS) | {code.example(problem) for problem in pool[:3]})
        best, hits = max(((reply, sum(bool(judge_text(case, reply)) for case in cases)) for reply in replies),
                         key=lambda pair: pair[1])  # fmt: skip
        # One hit is the problem that the reply was taken from.
        if hits - 1 >= code.constant_bar * len(cases):
            yield f"level {level}: {best!r:.80} is right on {hits} of {len(cases)} problems, bar {code.constant_bar}"


def status_words_are_wrong_for_answerable(bench: Bench) -> Iterator[str]:
    """The words none and many are wrong where the problem has an answer."""
    for item in bench.ladder:
        for word in ("none", "many", "no solution", "not unique"):
            if bench.is_right(item, word):
                yield f"{item}: {word!r} is right"


PROPERTIES: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "near misses are wrong": near_misses_are_wrong,
    "every rule is needed": every_rule_is_needed,
    "no other answer is right": no_other_answer_is_right,
    "examples are not answers": examples_are_not_answers,
    "no constant answer pays": no_constant_answer_pays,
    "status words are wrong for answerable problems": status_words_are_wrong_for_answerable,
}
