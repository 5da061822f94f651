"""The properties of how a family makes, solves, shows and varies its problems.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from verimill.generators.prompts import render, styles
from verimill.pipelines.contract_subject import Bench, Item, fingerprints
from verimill.schemas.core import LEVELS, Step
from verimill.schemas.values import dump, from_text, load, to_text
from verimill.verifiers.judge import judge_answer, judge_text

DISTINCT = 0.95  # share of level 1 problems with a canonical key of their own
LADDER = 0.9  # rank correlation of level and effort
_NUMBERED = re.compile(r"^\s{0,12}\d{1,5}[.)] ", re.MULTILINE)
_NUMBER = re.compile(r"\d{1,9}")


def every_level_makes_problems(bench: Bench) -> Iterator[str]:
    """Each level's params make problems within a few indexes."""
    list(bench.ladder)
    yield from bench.empty
    for level in LEVELS:
        if not math.isfinite(bench.subject.maker.capacity(bench.subject.codec.level(level))):
            yield f"level {level}: capacity must be a finite number"


def same_key_same_problem(bench: Bench) -> Iterator[str]:
    """A key makes the same problem twice in one process."""
    for item in bench.firsts:
        if bench.problem(item.level, item.index) != item.problem:
            yield f"{item}: made twice, it differs"


def same_in_another_process(bench: Bench) -> Iterator[str]:
    """A process with another hash seed makes, solves and shows the same, down to the byte."""
    there = bench.elsewhere or {}
    if "0" in there:
        yield f"the other process failed: {there['0'].get('error')}"
        return
    here = fingerprints(Bench(bench.subject, bench.seed, 1, 1))
    if set(here) != set(there):
        yield f"levels made here {sorted(here)}, there {sorted(there)}"
    for level in sorted(set(here) & set(there)):
        differing = [part for part, digest in here[level].items() if there[level].get(part) != digest]
        if differing:
            yield f"level {level}: {', '.join(differing)} differ under another hash seed"


def neighbouring_seeds_share_nothing(bench: Bench) -> Iterator[str]:
    """The next seed does not repeat the problems of this one, shifted or not."""
    count = min(len(bench.pool), 100)
    here = {repr(problem) for problem in bench.pool[:count]}
    there = [repr(problem) for problem in bench.neighbours(count)]
    shared = sum(text in here for text in there)
    if shared > max(1, 0.1 * len(there)):
        yield f"{shared} of {len(there)} problems of seed {bench.seed + 1} are also problems of seed {bench.seed}"


def most_problems_are_distinct(bench: Bench) -> Iterator[str]:
    """At level 1 nearly all canonical keys differ, unless the declared capacity is small."""
    keys = Counter(map(bench.subject.maker.canonical, bench.pool))
    if not bench.pool:
        yield "level 1 makes no problem"
        return
    capacity = 10 ** min(bench.subject.maker.capacity(bench.subject.codec.level(1)), 12)
    declared = 0.8 * capacity * -math.expm1(-len(bench.pool) / capacity)  # as draws from that many would give
    wanted = min(DISTINCT * len(bench.pool), declared)
    if len(keys) < wanted:
        commonest = keys.most_common(1)[0][1]
        yield f"{len(keys)} distinct keys in {len(bench.pool)} problems (one comes {commonest} times)"


def answers_are_right(bench: Bench) -> Iterator[str]:
    """The maker's answer is right by the judge, typed and written."""
    for item in bench.ladder:
        verdict = judge_answer(item.case, item.solved.answer)
        if not verdict:
            yield f"{item}: the judge finds the maker's answer {verdict.outcome}: {verdict.reason}"
        told = judge_text(item.case, item.text)
        if not told:
            yield f"{item}: the judge finds the written answer {told.outcome}: {told.reason}"


def measures_are_sane(bench: Bench) -> Iterator[str]:
    """Hardness and certificate hold what they must."""
    for item in bench.ladder:
        found, solved = item.solved.hardness, item.solved
        numbers = (found.tier, found.steps, found.search, found.space, found.effort, *found.extra.values())
        if not all(isinstance(n, int | float) and math.isfinite(n) and n >= 0 for n in numbers):
            yield f"{item}: hardness must be finite numbers from 0, got {found}"
        if not solved.steps or not solved.brief or len(solved.brief) > len(solved.steps):
            yield f"{item}: {len(solved.brief)} brief and {len(solved.steps)} full steps"
        if not solved.certificate or json.loads(json.dumps(solved.certificate)) != dict(solved.certificate):
            yield f"{item}: the certificate must be plain JSON values, got {solved.certificate!r}"


def levels_rise_with_effort(bench: Bench) -> Iterator[str]:
    """Level and measured effort rise together (Spearman over instances)."""
    levels = [float(item.level) for item in bench.ladder]
    efforts = [item.solved.hardness.effort for item in bench.ladder]
    rho = spearman(levels, efforts)
    # Three problems a level leave more noise than ten do.
    if not rho >= (LADDER if bench.per_level >= 10 else LADDER - 0.05):
        means = [
            sum(e for level, e in zip(levels, efforts, strict=True) if level == at) / max(1, levels.count(at))
            for at in map(float, LEVELS)
        ]
        yield f"rank correlation {rho:.3f}; mean effort by level {', '.join(f'{mean:.0f}' for mean in means)}"


def spearman(left: Sequence[float], right: Sequence[float]) -> float:
    """Rank correlation with ties shared; nan when one side does not vary."""
    a, b = _ranks(left), _ranks(right)
    mean = (len(a) + 1) / 2
    top = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    under = math.sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))
    return top / under if under else math.nan


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in order[at : end + 1]:
            ranks[place] = (at + end) / 2 + 1
        at = end + 1
    return ranks


def traces_hold(bench: Bench) -> Iterator[str]:
    """Full and brief traces check step by step and end in the answer."""
    for item in bench.ladder:
        for name, steps in (("full", item.solved.steps), ("brief", item.solved.brief)):
            found = bench.subject.judge.check(item.problem, steps, item.solved.answer)
            if not found:
                yield f"{item}: the {name} trace fails, {found.reason or 'it does not reach the answer'}"


def traces_have_no_spare_ends(bench: Bench) -> Iterator[str]:
    """Without its first or last step a trace no longer checks; renumbering does not save a brief one."""
    for item in bench.ladder:
        solved = item.solved
        cuts = (
            ("full trace without its first step", solved.steps[1:]),
            ("full trace without its last step", solved.steps[:-1]),
            ("brief trace without its first step, renumbered", _renumbered(solved.brief[1:])),
            ("brief trace without its last step", solved.brief[:-1]),
        )
        for name, steps in cuts:
            if bench.subject.judge.check(item.problem, steps, solved.answer):
                yield f"{item}: the {name} still checks"


def _renumbered(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, number=at) for at, step in enumerate(steps, 1))


def corrupted_claims_fail(bench: Bench) -> Iterator[str]:
    """A claim that says nonsense, nothing or, mostly, another number is found out."""
    altered = caught = 0
    last = ""
    for item in bench.firsts:
        steps = item.solved.steps
        for at in {0, len(steps) // 2, len(steps) - 1}:
            for name, claims in (("nonsense", ("zz9=qq",)), ("no claim", ())):
                if bench.subject.judge.check(item.problem, _claiming(steps, at, claims), item.solved.answer):
                    yield f"{item}: step {at + 1} with {name} still checks"
        for at in range(0, len(steps), max(1, len(steps) // 6)):
            claims = _other_number(steps[at].claims)
            if claims != steps[at].claims:
                altered += 1
                if bench.subject.judge.check(item.problem, _claiming(steps, at, claims), item.solved.answer):
                    last = f"{item}: step {at + 1} claims {claims[0]!r} for {steps[at].claims[0]!r}"
                else:
                    caught += 1
    # Another number can make another true claim (of a candidate left out, say), so not every one must fail.
    if altered and caught < 0.6 * altered:
        yield f"{altered - caught} of {altered} claims with another number still check, e.g. {last}"


def _claiming(steps: tuple[Step, ...], at: int, claims: tuple[str, ...]) -> tuple[Step, ...]:
    return (*steps[:at], replace(steps[at], claims=claims), *steps[at + 1 :])


def _other_number(claims: tuple[str, ...]) -> tuple[str, ...]:
    """The claims with the last number of the first one raised by one."""
    found = list(_NUMBER.finditer(claims[0])) if claims else []
    if not found:
        return claims
    text, last = claims[0], found[-1]
    return (text[: last.start()] + str(int(last.group()) + 1) + text[last.end() :], *claims[1:])


def traces_prove_their_own_answer_only(bench: Bench) -> Iterator[str]:
    """The right trace does not establish a wrong answer."""
    for item in bench.firsts:
        for miss in bench.near_misses(item, 5):
            if bench.subject.judge.check(item.problem, item.solved.steps, miss.answer):
                text = bench.subject.codec.write(miss.answer)
                yield f"{item}: the trace also checks with the wrong answer {text!r:.120}"


def prose_tells_every_step(bench: Bench) -> Iterator[str]:
    """The narration has one numbered line a step and is the same each time."""
    narrate = bench.subject.maker.narrate
    for item in bench.firsts:
        for name, steps in (("full", item.solved.steps), ("brief", item.solved.brief)):
            prose = narrate(item.problem, steps)
            lines = len(_NUMBERED.findall(prose))
            if lines < len(steps):
                yield f"{item}: the {name} trace has {len(steps)} steps, its prose {lines} numbered lines"
            if prose != narrate(item.problem, steps):
                yield f"{item}: the {name} prose differs when told twice"


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


def canonical_keys_tell_problems_apart(bench: Bench) -> Iterator[str]:
    """Problems with one canonical key are equally hard; different levels do not share keys."""
    maker = bench.subject.maker
    by_key: dict[str, Item] = {}
    for item in bench.ladder:
        first = by_key.setdefault(maker.canonical(item.problem), item)
        if first.solved.hardness.tier != item.solved.hardness.tier:
            yield f"{first} and {item} share a canonical key, but their tiers differ"
    if len(by_key) < 0.6 * len(bench.ladder):
        yield f"{len(by_key)} canonical keys for {len(bench.ladder)} problems of ten levels"


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
                if text not in prompt:
                    yield f"{item}: the prompt {style} lacks the answer {name}"
            for status in code.unanswerable:
                if not re.search(rf"\b{status}\b", prompt):
                    yield f"{item}: the prompt {style} does not offer the word {status}"
            if "\n" in item.text and item.text in prompt:
                yield f"{item}: the prompt {style} contains the answer"
    if len(alike) > len(bench.firsts) // 2:  # on a tiny problem two layouts may well look the same
        yield from alike


def knobs_are_checked(bench: Bench) -> Iterator[str]:
    """A knob far out of range is refused, and every level's params survive being written in a key."""
    code = bench.subject.codec
    for level in LEVELS:
        params = code.level(level)
        if from_text(code.params, to_text(params)) != params:
            yield f"level {level}: {to_text(params)!r} reads back as other params"
    for name, value in dump(code.params()).items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        for wild in ("no such word",) if isinstance(value, str) else (10**9, -(10**9)):
            try:
                code.params(**{name: wild})
            except ValueError:
                continue
            yield f"{name}={wild!r} must be refused with a ValueError"


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


def recounts_agree(bench: Bench) -> Iterator[str]:
    """A second engine finds the same, and does not agree with what is false."""
    recount = bench.subject.judge.recount
    for item in bench.light:
        again = recount(item.problem, "one", item.solved.answer)
        if not again.agrees:
            yield f"{item}: the recount by {again.method} disagrees: {again.detail}"
    for item in bench.light[:3]:
        for miss in islice(bench.near_misses(item), 2):
            if recount(item.problem, "one", miss.answer).agrees:
                yield f"{item}: the recount agrees with the wrong answer {bench.subject.codec.write(miss.answer)!r:.80}"
        for status in bench.subject.codec.unanswerable:
            if recount(item.problem, status, None).agrees:
                yield f"{item}: the recount agrees that an answerable problem has status {status}"


SAME_ELSEWHERE = "the same in another process"

PROPERTIES: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "every level makes problems": every_level_makes_problems,
    "same key, same problem": same_key_same_problem,
    SAME_ELSEWHERE: same_in_another_process,
    "neighbouring seeds share nothing": neighbouring_seeds_share_nothing,
    "most problems are distinct": most_problems_are_distinct,
    "canonical keys tell problems apart": canonical_keys_tell_problems_apart,
    "answers are right": answers_are_right,
    "recounts agree": recounts_agree,
    "measures are sane": measures_are_sane,
    "levels rise with effort": levels_rise_with_effort,
    "traces hold": traces_hold,
    "traces have no spare ends": traces_have_no_spare_ends,
    "corrupted claims fail": corrupted_claims_fail,
    "traces prove their own answer only": traces_prove_their_own_answer_only,
    "prose tells every step": prose_tells_every_step,
    "twins are the same problem": twins_are_the_same_problem,
    "unanswerable twins hold": unanswerable_twins_hold,
    "prompts are rebuilt": prompts_are_rebuilt,
    "prompts vary and say all": prompts_vary_and_say_all,
    "knobs are checked": knobs_are_checked,
}
