"""The properties of how a family makes and solves its problems.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from verimill.pipelines.contract.subject import Bench, Item, fingerprints
from verimill.schemas.core import LEVELS
from verimill.schemas.values import dump, from_text, to_text
from verimill.verifiers.judge import judge_answer, judge_text

DISTINCT = 0.95  # share of level 1 problems with a canonical key of their own


LADDER = 0.9  # rank correlation of level and effort


SAME_ELSEWHERE = "the same in another process"


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


def answers_are_right(bench: Bench) -> Iterator[str]:
    """The maker's answer is right by the judge, typed and written."""
    for item in bench.ladder:
        verdict = judge_answer(item.case, item.solved.answer)
        if not verdict:
            yield f"{item}: the judge finds the maker's answer {verdict.outcome}: {verdict.reason}"
        told = judge_text(item.case, item.text)
        if not told:
            yield f"{item}: the judge finds the written answer {told.outcome}: {told.reason}"


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
    "knobs are checked": knobs_are_checked,
}
