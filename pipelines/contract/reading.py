"""The properties of how a family reads replies and stored problems: no dressing costs, no junk pays or harms.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from verimill.generators.prompts import render, styles
from verimill.pipelines.contract.subject import Bench, Item
from verimill.schemas.rng import Rng
from verimill.schemas.values import dump, load
from verimill.verifiers.judge import judge_text

LIMIT = 0.1  # seconds for one verdict, whatever the reply


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
            if time.perf_counter() - start > LIMIT and (taken := _fastest(item, reply)) > LIMIT:
                yield f"{item}: {name} takes {taken:.2f} s"


def _fastest(item: Item, reply: str) -> float:
    """The best of three, so that a busy machine is not taken for a slow judge."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        judge_text(item.case, reply)
        best = min(best, time.perf_counter() - start)
    return best


def tampered_problems_are_refused(bench: Bench) -> Iterator[str]:
    """A stored problem that was altered is refused with a ValueError, or judged without a crash."""
    code = bench.subject.codec
    for item in bench.light[::2]:
        stored = json.loads(json.dumps(dump(item.problem)))
        for how, data in _malformed(stored):
            if _loads(code.problem, data):
                yield f"{item}: a problem with {how} is accepted"
        for how, data in _oversized(stored, bench.rng(item, "oversize")):
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


def _oversized(stored: dict[str, Any], rng: Rng) -> Iterator[tuple[str, Any]]:
    """The stored problem with one thing far larger than any made one."""
    for name, value in stored.items():
        if isinstance(value, list) and value:
            yield f"{name} of 20,000 entries", {**stored, name: (value * (20_000 // len(value) + 1))[:20_000]}
        if isinstance(value, str):
            yield f"{name} of 100,000 letters", {**stored, name: "x" * 100_000}
        huge = _with_leaf(value, 10**30, rng.below(10**6))
        yield f"a leaf of {name} = 10**30", {**stored, name: huge}


def _altered(stored: dict[str, Any], rng: Rng) -> Iterator[tuple[str, Any]]:
    """The stored problem with one leaf or one list changed; it may happen to be a problem still."""
    for name, value in stored.items():
        if isinstance(value, list):
            yield f"{name} empty", {**stored, name: []}
            yield f"{name} with an entry less", {**stored, name: value[:-1]}
            yield f"{name} with an entry twice", {**stored, name: [*value, *value[-1:]]}
        if isinstance(value, str):
            for text in ("", value + "\x00", value[::-1], "\ud800"):
                yield f"{name} = {text!r:.20}", {**stored, name: text}
        for wild in (-1, 0, 1, 99, "", "zz", True, None):
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
    "junk is never right": junk_is_never_right,
    "tampered problems are refused": tampered_problems_are_refused,
}
