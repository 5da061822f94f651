"""The path of a reply: which claims its sentences make, and whether each follows from what stands before it.

A claim is read where a sentence states a fact of the family's claim grammar, in the grammar's own words or in usual
ones (`r3c4=7`, `R3C4 is 7`, `(3,4) = 7`, `tea is not at 3`). Its verdict is the first of these that holds:

    parse error        it names no cell, value or edge of this problem; such claims are counted, not checked
    known              given, or stated before
    justified          follows from what its sentence cites, or from what stands on the cell alone
    valid leap         follows from all that was stated before and all rules together
    chosen             a free choice where every valid answer is right, and nothing speaks against it
    not entailed yet   right in the end, or at least not refuted, but nothing said so far leads to it
    false              contradicts the answer, the problem, or what was stated and proved before
    unchecked          too much work

What a reply only considers (if, might, either, a question) is no claim. "Suppose" opens a branch, whose claims are
checked under the supposition; a contradiction closes it and gives the opposite. False claims are not built upon,
so that one error is counted once. Nothing is taken from the text on trust: the answer that claims are compared with
is worked out by the reader, or is one that passes all rules of the judge.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from verimill.schemas.text import plain
from verimill.verifiers.judge import Case, judge_answer

PARSE, KNOWN, JUSTIFIED, LEAP = "parse error", "known", "justified", "valid leap"
CHOSEN, OPEN, FALSE, UNCHECKED = "chosen", "not entailed yet", "false", "unchecked"
VERDICTS = (PARSE, KNOWN, JUSTIFIED, LEAP, CHOSEN, OPEN, FALSE, UNCHECKED)
STEPS = frozenset((JUSTIFIED, LEAP, CHOSEN, OPEN, FALSE))
WRONG = frozenset((OPEN, FALSE))

MAX_TEXT = 262_144  # characters of a reply that are read for claims
MAX_CLAIMS = 5_000
MAX_SENTENCE = 2_000  # a longer one is read in pieces


class Found(NamedTuple):
    """A claim of one sentence with its verdict; `reason` says what speaks against it."""

    text: str
    verdict: str
    reason: str = ""


class Reader(Protocol):
    """Reads the sentences of one reply in order, for one problem."""

    refuted: int
    """Claims in branches that ended in a contradiction or were given up."""

    def sentence(self, text: str) -> list[Found]:
        """The claims of the next sentence; text is plain and short."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, the line it stands on (from 1), and its verdict."""

    line: int
    text: str
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """All claims of a reply, and how often it turned back."""

    claims: tuple[Claim, ...]
    backtracks: int = 0
    refuted: int = 0
    cut: bool = False

    @property
    def steps(self) -> tuple[Claim, ...]:
        """Claims that add something and were checked."""
        return tuple(claim for claim in self.claims if claim.verdict in STEPS)

    @property
    def checked(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    @property
    def wrong(self) -> int:
        """Steps that do not follow: false, or not entailed yet."""
        return sum(claim.verdict in WRONG for claim in self.claims)

    @property
    def first_wrong(self) -> int | None:
        """Which step, counted from 1, is the first that does not follow."""
        return next((at for at, claim in enumerate(self.steps, 1) if claim.verdict in WRONG), None)

    @property
    def failed(self) -> float:
        """Share of steps that are false or stand in a branch that was given up; 0 where there are no steps."""
        false = sum(claim.verdict == FALSE for claim in self.claims)
        return min(1.0, (false + self.refuted) / self.checked) if self.checked else 0.0

    def counts(self) -> dict[str, int]:
        """How many claims have each verdict, in the order of VERDICTS."""
        found = Counter(claim.verdict for claim in self.claims)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


def read_path(case: Case, text: str, gold: str | None = None) -> Path | None:
    """The path of a reply; None where the family's claims cannot be read.

    `gold` is a right answer as text; it is believed only if it passes all rules of the judge.
    """
    make = case.judge.claims
    if make is None:
        return None
    reader = make(case.problem, case.status, _believed(case, gold))
    claims: list[Claim] = []
    backtracks = 0
    for line, sentence in sentences(text):
        if TURN.search(sentence):
            backtracks += 1
        claims.extend(Claim(line, *found) for found in reader.sentence(sentence))
        if len(claims) >= MAX_CLAIMS:
            break
    cut = len(text) > MAX_TEXT or len(claims) >= MAX_CLAIMS
    return Path(tuple(claims[:MAX_CLAIMS]), backtracks, reader.refuted, cut)


def _believed(case: Case, gold: str | None) -> Any:
    if gold is None or case.status != "one":
        return None
    try:
        answer = case.codec.read(case.problem, gold)
    except ValueError:
        return None
    return answer if judge_answer(case, answer).outcome == "right" else None


_END = re.compile(r"(?<=[.!?;])\s+")
_MARK = re.compile(r"^(?:[-*>#]+\s+|\d+(?:\.\d+)*[.):]\s+|\d+\.\d+\s+)+")
_DRESS = str.maketrans({c: " " for c in "`$\\\t"})
_LATEX = {
    "times": "*", "cdot": "*", "div": "/", "neq": "!=", "ne": "!=", "implies": " so ", "Rightarrow": " so ",
    "therefore": " so ", "rightarrow": "->", "to": "->", "left": "", "right": "", "quad": " ", "text": "", "mathbf": "",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]{1,20})")
_FRACTION = re.compile(r"\\d?frac\{([^{}]{1,40})\}\{([^{}]{1,40})\}")


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """(line, sentence) of a reply, without list marks, markdown and LaTeX dress."""
    for number, line in enumerate(plain(text[:MAX_TEXT]).split("\n"), 1):
        bare = line.strip()
        if "\\" in bare:
            bare = _FRACTION.sub(r"((\1)/(\2))", bare)
            bare = _COMMAND.sub(lambda m: _LATEX.get(m[1], f" {m[1]} "), bare)
        bare = bare.replace("**", "").translate(_DRESS).strip()
        if not bare[:1].isalpha():
            bare = _MARK.sub("", bare)
        for part in _END.split(bare):
            for at in range(0, len(part), MAX_SENTENCE):
                if part[at : at + MAX_SENTENCE].strip():
                    yield number, part[at : at + MAX_SENTENCE].strip()


# ---------------------------------------------------------------- words of reasoning

SUPPOSE = re.compile(
    r"\b(?:suppos\w*|assum\w*|imagine|hypothes\w*|guess\w*|let'?s (?:say|try)|let (?:us|me) (?:say|try|assume|suppose)|"
    r"tr(?:y|ying)(?! every| it with)(?: out)?(?: that| setting| with| putting)?(?= )"
    r"|for (?:the sake of )?contradiction)\b",
    re.I,
)
CONTRADICTION = re.compile(
    r"(?<!no )(?<!without )(?<!without a )(?<!avoid )(?<!avoid a )\b(?:contradict\w*|impossible|conflicts?|clash(?:es)?"
    r"|cannot be met|no (?:value|place|option|candidate)s? (?:is |are )?left)\b",
    re.I,
)
HEDGE = re.compile(
    r"(?<!only )(?<!even )\bif\b|\b(?:could|might|may|maybe|perhaps|possibly|either|whether|candidates?|options?"
    r"|would|should|unless we|what about|check|try(?:ing)?|let me|test(?:ing)?|can be|want|need|goal)\b",
    re.I,
)
TURN = re.compile(
    r"\b(?:wait|hmm+|actually|backtrack\w*|go(?:ing)? back|(?:that|this)(?:'s| is| was) (?:wrong|not right|incorrect)"
    r"|mistake|made an error|let me re\w+|start over|scratch that|that cannot be|given up|give it up)\b",
    re.I,
)
REFLECTION = re.compile(
    r"\b(?:wait|hmm+|actually|let me (?:check|verify|double|re\w+)|double[- ]check\w*|verif\w+|re-?check\w*"
    r"|make sure|on second thought|alternatively|but is|is that right|looks? (?:right|good|wrong))\b",
    re.I,
)
