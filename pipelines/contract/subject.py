"""What a contract is checked on: a family's three constants, and problems of it made once for all properties."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from verimill.generators.prompts import render, styles
from verimill.schemas.core import LEVELS, Codec, Exhausted, Judge, Maker, NearMiss, Solved, Status, Unanswerable
from verimill.schemas.families import locate
from verimill.schemas.rng import Rng, rng_for
from verimill.schemas.values import dump, to_text
from verimill.verifiers.judge import Case, judge_answer, judge_text

TRIES = 8  # indexes tried for one problem before a level counts as empty
NEAR_MISSES = 40  # of one item that are looked at
FINGERPRINTED = (1, 4, 7)  # levels whose problems are made again in another process


@dataclass(frozen=True, slots=True)
class Subject:
    """A family: its three constants and the modules that end in them."""

    codec: Codec[Any, Any, Any]
    judge: Judge[Any, Any]
    maker: Maker[Any, Any, Any]
    modules: tuple[str, str, str]

    def case(self, problem: Any, status: Status = "one") -> Case:
        """What the judge needs for this problem."""
        return Case(self.codec, self.judge, status, problem)


def subject_of(modules: Sequence[str]) -> Subject:
    """The family in the modules of schemas, verifiers and generators, in this order."""
    schemas, verifiers, generators = modules
    return Subject(
        importlib.import_module(schemas).CODEC,
        importlib.import_module(verifiers).JUDGE,
        importlib.import_module(generators).MAKER,
        (schemas, verifiers, generators),
    )


def subject(family: str) -> Subject:
    """A family by name, ours or a third party's; ValueError for an unknown one."""
    return subject_of([locate(family, side) for side in ("schemas", "verifiers", "generators")])


@dataclass(frozen=True, slots=True)
class Item:
    """One made and solved problem."""

    level: int
    index: int
    problem: Any
    solved: Solved[Any]
    case: Case
    text: str  # the maker's answer as written

    def __str__(self) -> str:
        return f"level {self.level} index {self.index}"


@dataclass
class Bench:
    """Problems of one subject: `ladder` over all levels, `pool` of the cheap ones; all pure in `seed`."""

    subject: Subject
    seed: int
    per_level: int
    pool_size: int
    elsewhere: Mapping[str, Mapping[str, str]] | None = None
    empty: list[str] = field(default_factory=list)
    _near: dict[tuple[int, int], list[NearMiss[Any]]] = field(default_factory=dict)

    def problem(self, level: int, index: int, seed: int | None = None) -> Any:
        """The problem of a key; raises Exhausted."""
        code = self.subject.codec
        params = code.level(level)
        at = self.seed if seed is None else seed
        return self.subject.maker.make(rng_for(code.family, code.version, to_text(params), at, index), params)

    def item(self, level: int, start: int) -> Item | None:
        """The first problem at or after an index, solved; None when TRIES indexes make none."""
        for index in range(start, start + TRIES):
            try:
                problem = self.problem(level, index)
            except Exhausted:
                continue
            solved = self.subject.maker.solve(problem)
            text = self.subject.codec.write(solved.answer)
            return Item(level, index, problem, solved, self.subject.case(problem), text)
        return None

    @cached_property
    def ladder(self) -> tuple[Item, ...]:
        """`per_level` items of each level."""
        out = []
        for level in LEVELS:
            for at in range(self.per_level):
                item = self.item(level, at * TRIES)
                if item is None:
                    self.empty.append(f"level {level}: indexes {at * TRIES}..{at * TRIES + TRIES - 1} make no problem")
                else:
                    out.append(item)
        return tuple(out)

    @cached_property
    def firsts(self) -> tuple[Item, ...]:
        """One item of each level."""
        seen: dict[int, Item] = {}
        for item in self.ladder:
            seen.setdefault(item.level, item)
        return tuple(seen.values())

    @cached_property
    def light(self) -> tuple[Item, ...]:
        """One item of every second level, for what is dear."""
        return tuple(item for item in self.firsts if item.level % 2)

    @cached_property
    def pool(self) -> tuple[Any, ...]:
        """Problems of level 1, unsolved."""
        return tuple(self.problems(1, self.pool_size))

    def problems(self, level: int, count: int, seed: int | None = None) -> Iterator[Any]:
        """The problems of the first `count` indexes that make one, unsolved."""
        for index in range(count):
            try:
                yield self.problem(level, index, seed)
            except Exhausted:
                continue

    def neighbours(self, count: int) -> tuple[Any, ...]:
        """Problems of level 1 under the next seed."""
        return tuple(self.problems(1, count, self.seed + 1))

    def rng(self, item: Item, purpose: str) -> Rng:
        """A stream for what is drawn about an item."""
        return rng_for("contract", self.subject.codec.family, purpose, self.seed, item.level, item.index)

    def near_misses(self, item: Item, count: int = NEAR_MISSES) -> list[NearMiss[Any]]:
        """The first near misses of an item."""
        key = (item.level, item.index)
        if key not in self._near:
            found = self.subject.maker.near_misses(self.rng(item, "near"), item.problem, item.solved.answer)
            self._near[key] = list(islice(found, NEAR_MISSES))
        return self._near[key][:count]

    def twins(self, item: Item, count: int = 3) -> list[Any]:
        """The first twins of an item."""
        return list(islice(self.subject.maker.twins(self.rng(item, "twin"), item.problem), count))

    def perturbed(self, item: Item) -> Unanswerable[Any, Any] | None:
        """The item's unanswerable twin, where it has one."""
        make = self.subject.maker.unanswerable
        return None if make is None else make(self.rng(item, "unanswerable"), item.problem)

    def is_right(self, item: Item, reply: str) -> bool:
        """Whether the judge accepts a reply to an item."""
        return bool(judge_text(item.case, reply))

    def verdict(self, item: Item, answer: Any) -> str:
        """The outcome of a typed answer to an item."""
        return judge_answer(item.case, answer).outcome


def fingerprint(bench: Bench, item: Item) -> dict[str, str]:
    """A digest of everything that a maker says about an item, by what it is."""
    code, maker = bench.subject.codec, bench.subject.maker
    problem, solved = item.problem, item.solved
    perturbed = bench.perturbed(item)
    parts: dict[str, Any] = {
        "problem": dump(problem),
        "answer": item.text,
        "format and example": [code.answer_format(problem), code.example(problem)],
        "full trace": [asdict(step) for step in solved.steps],
        "brief trace": [asdict(step) for step in solved.brief],
        "hardness": str(solved.hardness),
        "certificate": solved.certificate,
        "prose": [maker.narrate(problem, solved.steps), maker.narrate(problem, solved.brief)],
        "prompts": [render(code, maker.face, problem, style) for style in styles(maker.face)],
        "canonical": maker.canonical(problem),
        "twins": [dump(twin) for twin in bench.twins(item)],
        "near misses": [[code.write(miss.answer), miss.rule] for miss in bench.near_misses(item, 12)],
        "unanswerable twin": None if perturbed is None else [dump(perturbed.problem), perturbed.status],
    }
    return {name: hashlib.blake2b(json.dumps(part).encode(), digest_size=8).hexdigest() for name, part in parts.items()}


def fingerprints(bench: Bench) -> dict[str, dict[str, str]]:
    """The fingerprints of a few items, by level."""
    items = ((level, bench.item(level, 0)) for level in FINGERPRINTED)
    return {str(level): fingerprint(bench, item) for level, item in items if item is not None}


_ELSEWHERE = "from verimill.pipelines.contract.subject import answer_stdin; answer_stdin()"


def fingerprints_elsewhere(subjects: Sequence[Subject], seed: int) -> dict[str, dict[str, dict[str, str]]]:
    """The fingerprints of families as a fresh process with another hash seed finds them, by family."""
    asked = json.dumps({"seed": seed, "modules": [subject.modules for subject in subjects]})
    hash_seed = "4242" if os.environ.get("PYTHONHASHSEED") != "4242" else "777"
    path = os.pathsep.join(part for part in sys.path if part and "__editable__" not in part)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _ELSEWHERE],
        input=asked, capture_output=True, text=True, env=environment, timeout=600, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"the second process failed: {done.stderr[-600:]}")
    found: dict[str, dict[str, dict[str, str]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def answer_stdin() -> None:
    """The second process: reads what is asked as JSON, prints the fingerprints as one line."""
    asked = json.load(sys.stdin)
    out: dict[str, Any] = {}
    for modules in asked["modules"]:
        try:
            found = subject_of(modules)
            out[found.codec.family] = fingerprints(Bench(found, asked["seed"], 1, 1))
        except Exception as error:  # one broken family must not hide the others; the finding names it
            out[modules[0].rpartition(".")[2]] = {"0": {"error": f"{type(error).__name__}: {error}"}}
    print(json.dumps(out))
