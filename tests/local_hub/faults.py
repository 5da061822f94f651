"""What goes wrong on purpose: a share of requests refused, or chosen requests broken in a chosen way."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

KINDS = {
    "503": "refused with 503 before anything is done",
    "reset": "the connection is reset before anything is done",
    "lost": "the work is done, then the connection is reset in place of the reply",
    "torn": "half of the body is read, then the connection is reset: an upload that was cut off",
    "cut": "half of the reply's body is sent, then the connection is reset: a download that was cut off",
    "overtaken": "before the work, somebody else's commit lands on main",
    "altered": "the bytes that are sent differ from those that were stored",
}


@dataclass
class Rule:
    """`kind` befalls requests whose `METHOD path` the pattern finds, after `skip` of them, `times` times."""

    kind: str
    match: str
    times: int = 1
    skip: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")


@dataclass
class Faults:
    """`share` of all requests get a 503, by a seeded die; rules come first."""

    share: float = 0.0
    seed: int = 0
    rules: list[Rule] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    die: random.Random = field(default_factory=random.Random)

    def add(self, kind: str, match: str, times: int = 1, skip: int = 0) -> None:
        """One more rule."""
        self.rules.append(Rule(kind, match, times, skip))

    def refuse(self, share: float, seed: int = 0) -> None:
        """From now on this share of requests gets a 503."""
        self.share, self.seed, self.die = share, seed, random.Random(seed)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.share, self.rules, self.done = 0.0, [], []

    def next(self, request: str) -> str | None:
        """The kind of fault that befalls this request, if any."""
        for rule in self.rules:
            if rule.times and re.search(rule.match, request):
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.times -= 1
                self.done.append(f"{rule.kind} {request}")
                return rule.kind
        if self.share and self.die.random() < self.share:
            self.done.append(f"503 {request}")
            return "503"
        return None
