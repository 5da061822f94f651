"""The properties of how a family reads and judges: what is right stays right, all else is refused.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import islice
from typing import Any

from verimill.generators.prompts import render, styles
from verimill.pipelines.contract_subject import Bench, Item
from verimill.schemas.rng import Rng
from verimill.schemas.values import dump, load
from verimill.verifiers.judge import judge_text

LIMIT = 0.1  # seconds for one verdict, whatever the reply
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


def answers_read_back(bench: Bench) -> Iterator[str]:
    """What is written is read as the same answer."""
    code = bench.subject.codec
    for item in bench.ladder:
        if code.read(item.problem, item.text) != item.solved.answer:
            yield f"{item}: {item.text!r:.80} reads back as another answer"
        for miss in bench.near_misses(item, 10):
            text = code.write(miss.answer)
            try:
                again = code.read(item.problem, text)
            except ValueError:
                continue  # a near miss may be of a form that no text has
            if again != miss.answer:
                yield f"{item}: the near miss {text!r:.80} reads back as another answer"


def _on_one_line(text: str) -> bool:
    return "\n" not in text


DRESSINGS: Mapping[str, Callable[[str], str]] = {
    "trailing newline": lambda a: a + "\n",
    "spaces around": lambda a: f"  {a}  \n\n",
    "spaces at line ends": lambda a: "\n".join(line + "  " for line in a.split("\n")),
    "windows lines": lambda a: a.replace("\n", "\r\n") + "\r\n",
    "answer label": lambda a: f"Answer: {a}" if _on_one_line(a) else f"Answer:\n{a}",
    "the answer is": lambda a: f"So the answer is {a}" if _on_one_line(a) else f"The answer is:\n{a}",
    "bold label": lambda a: f"All clues hold.\n\n**Final answer:**\n{a}",
    "heading": lambda a: f"It follows.\n\n### Answer\n\n{a}\n",
    "bold": lambda a: f"**{a}**" if _on_one_line(a) else f"**Answer**\n\n{a}",
    "boxed": lambda a: f"Hence \\boxed{{{a}}}",
    "boxed text": lambda a: f"$$\\boxed{{\\text{{{a}}}}}$$" if _on_one_line(a) else f"\\boxed{{\n{a}\n}}",
    "answer tags": lambda a: f"<answer>{a}</answer>",
    "answer tags on their lines": lambda a: f"I checked it.\n<answer>\n{a}\n</answer>",
    "code fence": lambda a: f"```\n{a}\n```",
    "code fence with words around": lambda a: f"Here it is:\n```text\n{a}\n```\nEvery rule holds.",
    "label and code fence": lambda a: f"Answer:\n```\n{a}\n```\n\nEvery rule holds.",
    "json": lambda a: json.dumps({"reasoning": "by the rules", "answer": a}),
    "json in a fence": lambda a: "```json\n" + json.dumps({"final_answer": a}, indent=2) + "\n```",
    "after thinking": lambda a: f"<think>\nAnswer: perhaps 7\n</think>\n\n{a}",
    "end token": lambda a: f"Answer:\n{a}<|im_end|>",
    "remark after it": lambda a: f"Answer:\n{a}\n\nLet me know if the steps are wanted.",
    "upper case": str.upper,
    "lower case": str.lower,
    "full-width digits": lambda a: a.translate({ord(d): chr(ord("０") + int(d)) for d in "0123456789"}),
    "typographic signs": lambda a: a.replace("<->", "↔").replace("->", "→").replace("-", "−").replace("*", "×"),
    "no-break spaces": lambda a: a.replace(" ", "\u00a0"),
    "double spaces": lambda a: a.replace(" ", "  "),
    "full stop": lambda a: a + "." if a[-1:].isalnum() or a[-1:] == ")" else a,
}


def dressed_answers_stay_right(bench: Bench) -> Iterator[str]:
    """No usual dressing of a right answer costs it the verdict."""
    for item in bench.light:
        for name, dress in DRESSINGS.items():
            verdict = judge_text(item.case, dress(item.text))
            if not verdict:
                yield f"{item}: with {name}, {item.text!r:.60} is {verdict.outcome}: {verdict.reason:.120}"


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
        for miss in bench.near_misses(item, 60):
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


def altered_answers_are_wrong(bench: Bench) -> Iterator[str]:
    """Where one answer is right, no small change of it is; where several are, another one is accepted too."""
    subject, found = bench.subject, 0
    tried = 0
    for item in bench.firsts:
        for answer in islice(alterations(item.solved.answer, bench.rng(item, "alter")), 60):
            try:
                text = subject.codec.write(answer)
                again = subject.codec.read(item.problem, text)
                right = again != item.solved.answer and text != item.text and bench.verdict(item, again) == "right"
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
                continue  # not an answer of this family at all
            tried += 1
            found += right
            if right and subject.codec.checker in ("unique", "exact"):
                yield f"{item}: {text!r:.80} is right beside {item.text!r:.80}, checker {subject.codec.checker}"


def alterations(answer: Any, rng: Rng) -> Iterator[Any]:
    """Answers that differ from `answer` in one place: a value, a swap, an omission, an order."""
    if isinstance(answer, bool):
        yield not answer
    elif isinstance(answer, int):
        yield from (answer + 1, answer - 1, -answer)
    elif isinstance(answer, tuple | list):
        kind = type(answer)
        yield kind(reversed(answer))
        for at in rng.shuffled(range(len(answer)))[:12]:
            other = rng.below(len(answer))
            swapped = list(answer)
            swapped[at], swapped[other] = swapped[other], swapped[at]
            yield kind(swapped)
            yield kind([*answer[:at], *answer[at + 1 :]])
            for part in islice(alterations(answer[at], rng), 4):
                yield kind([*answer[:at], part, *answer[at + 1 :]])
    elif is_dataclass(answer) and not isinstance(answer, type):
        for one in fields(answer):
            for part in islice(alterations(getattr(answer, one.name), rng), 10):
                try:
                    yield replace(answer, **{one.name: part})
                except (TypeError, ValueError):
                    continue
    elif isinstance(answer, Mapping):
        for key in answer:
            for part in islice(alterations(answer[key], rng), 4):
                yield {**answer, key: part}


def examples_are_not_answers(bench: Bench) -> Iterator[str]:
    """The example of the form, and the sentence about it, are never right."""
    code = bench.subject.codec
    for item in bench.ladder:
        for name, text in (("example", code.example(item.problem)), ("format", code.answer_format(item.problem))):
            if bench.is_right(item, text):
                yield f"{item}: the {name} {text!r:.80} is right"


def junk(bench: Bench, item: Item) -> dict[str, str]:
    """Replies that hold no answer, by name."""
    code, face = bench.subject.codec, bench.subject.maker.face
    prompt = render(code, face, item.problem, styles(face)[0])
    lines = item.text.split("\n")
    replies = {
        "nothing": "",
        "spaces": " \n\t " * 200,
        "nulls": "\x00" * 500,
        "no idea": "I am not sure how to solve this one, sorry.",
        "a label alone": "Answer:",
        "an empty box": "\\boxed{}",
        "empty tags": "<answer></answer>",
        "empty json": "{}",
        "json null": '{"answer": null}',
        "thinking only": f"<think>{item.text}</think>",
        "thinking cut off": f"<think>So the answer is \\boxed{{{item.text}}}",
        "brackets": "[" * 20_000,
        "parentheses": "Answer: " + "(" * 20_000 + "1" + ")" * 20_000,
        "braces": "\\boxed{" * 5_000,
        "nested json": '{"answer": ' * 5_000,
        "a tower of powers": "Answer: 9**9**9**9",
        "a long number": "Answer: " + "9" * 200_000,
        "many digits": "1 2 3 4 5 6 7 8 9 0 " * 5_000,
        "ten megabytes": "the answer is unclear " * 470_000,
        "code": "```python\nimport os\nprint(__import__('os').getcwd())\n```",
        "a call": "Answer: __import__('os').system('true')",
        "braces of a template": "{0.__class__.__mro__} %s %d {answer}",
        "emoji": "Answer: 🧩🧩🧩 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "marks": "Answer: Z" + "\u0310\u0327\u0301" * 3_000,
        "right to left": "Answer: \u202e1 2 3\u202c \u0661\u0662\u0663",
        "surrogate": "Answer: \ud800",
        "not a number": '{"answer": NaN}',
        "infinity": "Answer: -1e999",
        "html": "<table><tr><td>1</td></tr></table>" * 100,
        "the prompt": prompt,
        "the prompt twice": prompt + "\n" + prompt,
        "the prompt backwards": prompt[::-1],
        "commas": "," * 3_000,
        "letters": " ".join("abcdefghijklmnopqrstuvwxyz") * 50,
    }
    if len(lines) > 2 and code.checker == "unique":
        replies["the answer without its last line"] = "\n".join(lines[:-1])
        replies["the answer without its first line"] = "\n".join(lines[1:])
    return replies


def junk_is_never_right(bench: Bench) -> Iterator[str]:
    """Junk is never right, never raises and never takes long, on answerable and unanswerable problems."""
    items = bench.light
    for item in items:
        others = {f"the answer to {other}": other.text for other in items if other is not item}
        for name, reply in {**junk(bench, item), **others}.items():
            start = time.perf_counter()
            try:
                verdict = judge_text(item.case, reply)
            except Exception as error:
                yield f"{item}: {name} raised {type(error).__name__}: {error}"
                continue
            # Another problem's answer may well be this one's too; the constant answers have their own property.
            if verdict and name in others:
                continue
            if verdict:
                yield f"{item}: {name} is right, read as {verdict.answer!r:.80}"
            if time.perf_counter() - start > LIMIT and _fastest(item, reply) > LIMIT:
                yield f"{item}: {name} takes {_fastest(item, reply):.2f} s"


def _fastest(item: Item, reply: str) -> float:
    """The best of five, so that a busy machine is not taken for a slow judge."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        judge_text(item.case, reply)
        best = min(best, time.perf_counter() - start)
    return best


def no_constant_answer_pays(bench: Bench) -> Iterator[str]:
    """The best constant reply is right on less than the declared share of problems."""
    code = bench.subject.codec
    for level in (1, 3):
        pool = bench.pool[:POOL] if level == 1 else tuple(bench._problems(level, POOL // 2, bench.seed))
        cases = [bench.subject.case(problem) for problem in pool]
        answers = {code.write(bench.subject.maker.solve(problem).answer) for problem in pool[:40]}
        replies = sorted(answers | set(CONSTANTS) | {code.example(problem) for problem in pool[:3]})
        best, hits = max(((reply, sum(bool(judge_text(case, reply)) for case in cases)) for reply in replies),
                         key=lambda pair: pair[1])  # fmt: skip
        # One hit is the problem that the reply was taken from.
        if hits > 1 and hits >= code.constant_bar * len(cases):
            yield f"level {level}: {best!r:.80} is right on {hits} of {len(cases)} problems, bar {code.constant_bar}"


def status_words_are_wrong_for_answerable(bench: Bench) -> Iterator[str]:
    """The words none and many are wrong where the problem has an answer."""
    for item in bench.ladder:
        for word in ("none", "many", "no solution", "not unique"):
            if bench.is_right(item, word):
                yield f"{item}: {word!r} is right"


def tampered_problems_are_refused(bench: Bench) -> Iterator[str]:
    """A stored problem that was altered is refused with a ValueError, or judged without a crash."""
    code = bench.subject.codec
    for item in bench.light:
        stored = json.loads(json.dumps(dump(item.problem)))
        for how, data in _malformed(stored):
            if _loads(code.problem, data):
                yield f"{item}: a problem with {how} is accepted"
        for how, data in _altered(stored, bench.rng(item, "tamper")):
            start = time.perf_counter()
            try:
                problem = load(code.problem, data)
                judge_text(bench.subject.case(problem), item.text)
            except ValueError:
                pass
            except Exception as error:
                yield f"{item}: a problem with {how} raised {type(error).__name__}: {error}"
            if time.perf_counter() - start > 10 * LIMIT:
                yield f"{item}: a problem with {how} took {time.perf_counter() - start:.1f} s"


def _loads(cls: type, data: Any) -> bool:
    """Whether data is taken for a problem; anything but a ValueError on the way is a complaint of its own."""
    try:
        load(cls, data)
    except ValueError:
        return False
    return True


def _malformed(stored: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The stored problem with one thing that can never be right."""
    yield "no object", []
    yield "a field too many", {**stored, "extra": 1}
    for name, value in stored.items():
        yield f"no field {name}", {key: other for key, other in stored.items() if key != name}
        wild: tuple[Any, ...] = ({}, 1.5, {"a": 1}, [[[[[[1]]]]]], [None])
        for other in wild:
            if type(other) is not type(value) or other != value:
                yield f"{name} = {other!r}", {**stored, name: other}


def _altered(stored: dict[str, Any], rng: Rng) -> Iterator[tuple[str, Any]]:
    """The stored problem with one leaf or one list changed; it may happen to be a problem still."""
    for name, value in stored.items():
        if isinstance(value, list):
            yield f"{name} empty", {**stored, name: []}
            yield f"{name} with an entry less", {**stored, name: value[:-1]}
            yield f"{name} with an entry twice", {**stored, name: [*value, *value[-1:]]}
            yield f"{name} a thousand times as long", {**stored, name: (value * 1000)[:200_000]}
        if isinstance(value, str):
            for text in ("", "x" * 100_000, value + "\x00", value[::-1], "\ud800"):
                yield f"{name} = {text!r:.20}", {**stored, name: text}
        for wild in (-1, 0, 1, 99, 10**30, "", "zz", True, None):
            at = rng.below(10**6)
            yield f"a leaf of {name} = {wild!r}", {**stored, name: _with_leaf(value, wild, at)}


def _with_leaf(value: Any, wild: Any, at: int) -> Any:
    """`value` with one of its leaves replaced."""
    if not isinstance(value, list) or not value:
        return wild
    place = at % len(value)
    return [*value[:place], _with_leaf(value[place], wild, at // len(value) + 7), *value[place + 1 :]]


PROPERTIES: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "answers read back": answers_read_back,
    "dressed answers stay right": dressed_answers_stay_right,
    "near misses are wrong": near_misses_are_wrong,
    "every rule is needed": every_rule_is_needed,
    "altered answers are wrong": altered_answers_are_wrong,
    "examples are not answers": examples_are_not_answers,
    "junk is never right": junk_is_never_right,
    "no constant answer pays": no_constant_answer_pays,
    "status words are wrong for answerable problems": status_words_are_wrong_for_answerable,
    "tampered problems are refused": tampered_problems_are_refused,
}
