"""Problems picked by how often teachers solve them, and traces of the teacher that does best."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from math import sqrt

from verimill.pipelines.selections.protocol import (
    ORACLE,
    Choice,
    Group,
    Selection,
    Survey,
    drop_problem,
    right,
    samples,
)
from verimill.schemas.selections import Band, BestTeacher, FewRight, Mix, Teachable, Variation


def rated(group: Group, teacher: str | None) -> tuple[int, int]:
    """How many of a teacher's samples are right, and how many there are."""
    found = samples(group, teacher)
    return sum(map(right, found)), len(found)


def _too_few(count: int, least: int, teacher: str | None) -> Choice | None:
    if count >= max(1, least):
        return None
    return drop_problem(f"{teacher or 'teachers'} gave {count} samples, wanted at least {max(1, least)}")


def band(group: Group, knobs: Band, survey: Survey) -> Choice:
    """Problems with low <= pass rate <= high, as in Guru and open-r1."""
    count, of = rated(group, knobs.teacher)
    few = _too_few(of, knobs.least, knobs.teacher)
    if few is not None or knobs.low <= count / of <= knobs.high:
        return few or Choice()
    return drop_problem(f"{count} of {of} right is outside {knobs.low:g}..{knobs.high:g}")


def variation(group: Group, knobs: Variation, survey: Survey) -> Choice:
    """Problems whose right-or-wrong scores vary, as in DeepDistill: sqrt((1 - p) / p) is at least `cv`."""
    count, of = rated(group, knobs.teacher)
    few = _too_few(of, knobs.least, knobs.teacher)
    if few is not None:
        return few
    if not count:
        return drop_problem(f"0 of {of} right: the scores do not vary")
    rate = count / of
    cv = sqrt((1 - rate) / rate)
    if cv < knobs.cv:
        return drop_problem(f"coefficient of variation {cv:.3f} is below {knobs.cv:g}")
    if not knobs.low <= rate <= knobs.high:
        return drop_problem(f"{count} of {of} right is outside {knobs.low:g}..{knobs.high:g}")
    return Choice()


def teachable(group: Group, knobs: Teachable, survey: Survey) -> Choice:
    """Problems that the student sometimes solves and the teacher can, as in Phi-4-reasoning."""
    (mine, of), (theirs, tried) = rated(group, knobs.student), rated(group, knobs.teacher)
    few = _too_few(of, 1, knobs.student) or _too_few(tried, 1, knobs.teacher)
    if few is not None:
        return few
    if not knobs.low <= mine / of <= knobs.high:
        return drop_problem(f"the student has {mine} of {of} right, outside {knobs.low:g}..{knobs.high:g}")
    if theirs / tried <= knobs.solved:
        return drop_problem(f"the teacher has {theirs} of {tried} right, not above {knobs.solved:g}")
    return Choice()


def few_right(group: Group, knobs: FewRight, survey: Survey) -> Choice:
    """Problems with `low` to `high` right among the first `of` samples, as in LIMO."""
    found = sorted(samples(group, knobs.teacher), key=lambda trace: (trace["sample"], trace["teacher"], trace["id"]))
    few = _too_few(len(found), max(knobs.of, knobs.least), knobs.teacher)
    if few is not None:
        return few
    count = sum(map(right, found[: knobs.of]))
    if knobs.low <= count <= knobs.high:
        return Choice()
    return drop_problem(f"{count} of {knobs.of} right, wanted {knobs.low} to {knobs.high}")


# --- over all problems ------------------------------------------------------------------------------------------


def _failures(groups: Iterator[Group], knobs: Mix) -> dict[tuple[str, int | None], float]:
    """Weight of each family and level: its share of failed samples over the greatest."""
    counts: dict[tuple[str, int | None], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        count, of = rated(group, knobs.teacher)
        if of >= knobs.least:
            counts[group.cell][0] += of - count
            counts[group.cell][1] += of
    weights = {cell: max(knobs.floor, failed / of) for cell, (failed, of) in counts.items() if of}
    most = max(weights.values(), default=0.0)
    return {cell: weight / most if most else 1.0 for cell, weight in weights.items()}


def mix(group: Group, knobs: Mix, survey: Survey) -> Choice:
    """Problems thinned at random, by their id, to the weight of their family and level."""
    weight: float | None = survey.get(group.cell)
    if weight is None:
        return drop_problem("no samples in its family and level")
    draw = int.from_bytes(hashlib.blake2b(b"mix" + group.problem["id"].encode(), digest_size=8).digest(), "big") / 2**64
    return Choice() if draw < weight else drop_problem(f"thinned: its family and level weigh {weight:.3f}")


def _ranks(groups: Iterator[Group], knobs: BestTeacher) -> dict[str, str]:
    """The best teacher of each family; of equal ones the first by name."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        for trace in samples(group, None):
            good = right(trace) and (knobs.by == "right" or trace["steps_wrong"] == 0)
            counts[group.problem["family"], trace["teacher"]][0] += good
            counts[group.problem["family"], trace["teacher"]][1] += 1
    best: dict[str, tuple[float, str]] = {}
    for (family, teacher), (good, of) in sorted(counts.items()):
        rate = good / of
        if family not in best or rate > best[family][0]:
            best[family] = rate, teacher
    return {family: teacher for family, (_, teacher) in best.items()}


def best_teacher(group: Group, knobs: BestTeacher, survey: Survey) -> Choice:
    """The traces of the family's best teacher, as in AM; the oracle's stay."""
    best = survey.get(group.problem["family"])
    return Choice(
        lost={
            trace["id"]: f"{best} does better in {group.problem['family']}"
            for trace in group.traces
            if trace["teacher"] not in (best, ORACLE)
        }
    )


SELECTIONS = (
    Selection(Band, band),
    Selection(Variation, variation),
    Selection(Teachable, teachable),
    Selection(FewRight, few_right),
    Selection(Mix, mix, _failures),
    Selection(BestTeacher, best_teacher, _ranks),
)
