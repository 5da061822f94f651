"""The properties of twins, unanswerable twins and prompts.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from verimill.generators.prompts import render, styles
from verimill.pipelines.contract.subject import Bench, Item
from verimill.schemas.values import dump, load
from verimill.verifiers.judge import judge_answer, judge_text


def twins_are_the_same_problem(bench: Bench) -> Iterator[str]:
    """Twins keep tier, answerability and canonical key, and look different."""
    maker, subject = bench.subject.maker, bench.subject
    for item in bench.firsts:
        twins, key = bench.twins(item), maker.canonical(item.problem)
        if len(twins) < 2:
            yield f"{item}: wanted at least 2 twins, got {len(twins)}"
        if twins and all(twin == item.problem for twin in twins):
            yield f"{item}: every twin equals the problem itself"
        for at, twin in enumerate(twins, 1):
            if maker.canonical(twin) != key:
                yield f"{item}: twin {at} has another canonical key"
        for at, twin in enumerate(twins[:2], 1):
            solved = maker.solve(twin)
            if not judge_answer(subject.case(twin), solved.answer):
                yield f"{item}: the maker's answer to twin {at} is wrong"
            if solved.hardness.tier != item.solved.hardness.tier:
                yield f"{item}: tier {item.solved.hardness.tier}, twin {at} has tier {solved.hardness.tier}"


def unanswerable_twins_hold(bench: Bench) -> Iterator[str]:
    """Perturbed twins have each declared status; its word is right, all else wrong, and the recount agrees."""
    code, maker = bench.subject.codec, bench.subject.maker
    if (maker.unanswerable is None) != (not code.unanswerable):
        has = "no" if maker.unanswerable is None else "a"
        yield f"codec.unanswerable is {code.unanswerable}, the maker has {has} function for it"
    seen: set[str] = set()
    for item in bench.ladder:
        found = bench.perturbed(item)
        if found is None:
            continue
        first = found.status not in seen
        seen.add(found.status)
        if found.status not in code.unanswerable:
            yield f"{item}: its twin has status {found.status!r}, declared are {code.unanswerable}"
            continue
        case = bench.subject.case(found.problem, found.status)
        if load(code.problem, json.loads(json.dumps(dump(found.problem)))) != found.problem:
            yield f"{item}: its unanswerable twin does not survive JSON"
        for reply in (found.status, f"Answer: {found.status}.", f"**{found.status.capitalize()}**"):
            if not judge_text(case, reply):
                yield f"{item}: {reply!r} to its {found.status} twin is {judge_text(case, reply).outcome}"
        for reply in ({"none": "many", "many": "none"}[found.status], item.text, code.example(found.problem)):
            if judge_text(case, reply):
                yield f"{item}: {reply!r:.80} to its {found.status} twin is right"
        if found.steps and not bench.subject.judge.check(found.problem, found.steps, None):
            why = bench.subject.judge.check(found.problem, found.steps, None).reason
            yield f"{item}: the refutation of its twin fails, {why}"
        yield from _witnesses_hold(bench, item, found.problem, found.status, found.witnesses)
        if first or item in bench.light[:3]:
            again = bench.subject.judge.recount(found.problem, found.status, None)
            if not again.agrees:
                yield f"{item}: the recount of its {found.status} twin disagrees: {again.detail}"
    missing = [status for status in code.unanswerable if status not in seen]
    if missing and bench.ladder:
        yield f"no twin of status {' or '.join(missing)} in {len(bench.ladder)} problems"


def _witnesses_hold(
    bench: Bench, item: Item, problem: object, status: str, witnesses: tuple[object, ...]
) -> Iterator[str]:
    """Two different valid answers show that there are many."""
    code = bench.subject.codec
    if status == "many" and len({code.write(answer) for answer in witnesses}) < 2:
        yield f"{item}: its many twin comes with {len(witnesses)} witnesses, wanted 2 different ones"
    for answer in witnesses:
        verdict = judge_answer(bench.subject.case(problem), answer)
        if not verdict:
            yield f"{item}: a witness of its twin is wrong: {verdict.reason}"


def prompts_are_rebuilt(bench: Bench) -> Iterator[str]:
    """The stored problem gives the same prompt, byte for byte, in every style."""
    code, face = bench.subject.codec, bench.subject.maker.face
    for item in bench.firsts:
        again = load(code.problem, json.loads(json.dumps(dump(item.problem))))
        if again != item.problem:
            yield f"{item}: the problem read back from JSON differs"
        for style in styles(face):
            if render(code, face, again, style) != render(code, face, item.problem, style):
                yield f"{item}: the prompt {style} differs when rebuilt"


def prompts_vary_and_say_all(bench: Bench) -> Iterator[str]:
    """Four wordings and three layouts that differ, each with the format, its example and the words to use."""
    code, face = bench.subject.codec, bench.subject.maker.face
    if len(face.wordings) < 4 or len(face.layouts) < 3:
        yield f"wanted 4 wordings and 3 layouts, got {len(face.wordings)} and {len(face.layouts)}"
    alike: list[str] = []
    for item in bench.firsts:
        prompts = [render(code, face, item.problem, style) for style in styles(face)]
        if len(set(prompts)) < len(prompts):
            alike.append(f"{item}: {len(prompts)} styles give {len(set(prompts))} different prompts")
        for style, prompt in zip(styles(face), prompts, strict=True):
            for name, text in (("format", code.answer_format(item.problem)), ("example", code.example(item.problem))):
                if text[1:] not in prompt:  # the format may begin a sentence, with a capital
                    yield f"{item}: the prompt {style} lacks the answer {name}"
            for status in code.unanswerable:
                if not re.search(rf"\b{status}\b", prompt):
                    yield f"{item}: the prompt {style} does not offer the word {status}"
            if "\n" in item.text and item.text in prompt:
                yield f"{item}: the prompt {style} contains the answer"
    if len(alike) > len(bench.firsts) // 2:  # on a tiny problem two layouts may well look the same
        yield from alike


PROPERTIES: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "twins are the same problem": twins_are_the_same_problem,
    "unanswerable twins hold": unanswerable_twins_hold,
    "prompts are rebuilt": prompts_are_rebuilt,
    "prompts vary and say all": prompts_vary_and_say_all,
}
