"""What was asked and what came of it, by family and level: samples, tokens, and what an accepted row costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from verimill.data_cards.posterior import wilson
from verimill.pipelines.teachers.hints import was_helped
from verimill.pipelines.teachers.lengths import Learnt
from verimill.pipelines.teachers.samples import Question, Reply

OUTCOMES = ("right", "wrong", "unreadable", "truncated", "failed", "bug")
LETTERS_A_TOKEN = 3.5  # of a prompt, before a server was asked


@dataclass(slots=True)
class Cell:
    """One family and level. Token counts are those that the server named."""

    outcomes: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0

    def add(self, reply: Reply) -> None:
        """The tokens of one more reply."""
        self.prompt_tokens += reply.prompt_tokens or 0
        self.completion_tokens += reply.completion_tokens or 0
        self.reasoning_tokens += reply.reasoning_tokens or 0

    @property
    def judged(self) -> int:
        """Samples that count in the pass rate."""
        return sum(self.outcomes[name] for name in ("right", "wrong", "unreadable", "truncated"))

    def data(self) -> dict[str, Any]:
        """The cell's figures, with what one right row costs; null where there is none."""
        right, tried = self.outcomes["right"], self.judged
        low, high = wilson(right, tried)
        return {
            "samples": sum(self.outcomes.values()),
            **{name: self.outcomes[name] for name in OUTCOMES},
            "pass_rate": round(right / tried, 4) if tried else None,
            "pass_rate_low": round(low, 4),
            "pass_rate_high": round(high, 4),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "answer_tokens": self.completion_tokens - self.reasoning_tokens,
            "tokens_per_right": round(self.completion_tokens / right, 1) if right else None,
            "samples_per_right": round(sum(self.outcomes.values()) / right, 2) if right else None,
        }


@dataclass(slots=True)
class Account:
    """The count of one run while it runs. `held` samples came from the log and were not asked."""

    cells: dict[tuple[str, int], Cell] = field(default_factory=dict)
    helped: dict[str, Cell] = field(default_factory=dict)
    stops: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    tokens: int = 0
    learnt: Learnt | None = None
    held: int = 0
    retries: int = 0
    cancelled: int = 0
    problems: int = 0

    def cell(self, question: Question) -> Cell:
        """The cell of a question's family and level; what was helped has one of its own, by the kind of help."""
        if was_helped(question.variant):
            return self.helped.setdefault(question.variant, Cell())
        return self.cells.setdefault((question.family, question.level), Cell())

    def sample(self, question: Question, reply: Reply) -> None:
        """One reply arrived."""
        self.samples += 1
        self.tokens += reply.completion_tokens or 0
        if self.learnt is not None and not was_helped(question.variant):
            self.learnt.saw((question.family, question.level), question.expected, reply.completion_tokens)
        self.cell(question).add(reply)

    def outcome(self, question: Question, outcome: str) -> None:
        """One sample has its outcome."""
        self.cell(question).outcomes[outcome] += 1

    def fault(self, question: Question, kind: str) -> None:
        """One sample was given up."""
        self.faults[kind] += 1

    def closed(self, question: Question, reason: str) -> None:
        """One problem is done, for this reason; what is asked with help afterwards is not another problem."""
        if was_helped(question.variant):
            return
        self.problems += 1
        self.stops[reason] += 1

    def settled(self, question: Question) -> None:
        """Nothing more is asked about a problem, helped or not."""

    @property
    def right(self) -> int:
        """Right replies so far."""
        return sum(cell.outcomes["right"] for cell in self.cells.values())

    @property
    def judged(self) -> int:
        """Samples with an outcome that counts in the pass rate."""
        return sum(cell.judged for cell in self.cells.values())


def totals(cells: Iterable[Cell]) -> Cell:
    """All cells as one."""
    whole = Cell()
    for cell in cells:
        whole.outcomes.update(cell.outcomes)
        whole.prompt_tokens += cell.prompt_tokens
        whole.completion_tokens += cell.completion_tokens
        whole.reasoning_tokens += cell.reasoning_tokens
    return whole


def cost_rows(cells: Mapping[tuple[str, int], Cell]) -> list[dict[str, Any]]:
    """One line for each family and level, in order, and one for all; no level where knobs were given one by one."""
    known = sorted(cells.items())
    rows = [{"family": family, "level": level or None, **cell.data()} for (family, level), cell in known]
    return [*rows, {"family": "all", "level": None, **totals(cells.values()).data()}] if len(rows) > 1 else rows


def help_rows(cells: Mapping[str, Cell]) -> list[dict[str, Any]]:
    """One line for each kind of help, in order: its samples and how many were right."""
    return [{"help": variant, **cell.data()} for variant, cell in sorted(cells.items())]


def pass_rate_text(row: Mapping[str, Any]) -> str:
    """`0.71 (0.64..0.77)`."""
    if row["pass_rate"] is None:
        return "-"
    return f"{row['pass_rate']:.2f} ({row['pass_rate_low']:.2f}..{row['pass_rate_high']:.2f})"


@dataclass(slots=True)
class Projection:
    """What asking would take, before anything is asked. Lengths are guesses from level and oracle steps."""

    problems: int = 0
    requests: float = 0.0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0

    def add(self, samples: float, letters: int, expected: float, most: int) -> None:
        """One more problem."""
        self.problems += 1
        self.requests += samples
        self.prompt_tokens += samples * letters / LETTERS_A_TOKEN
        self.completion_tokens += samples * min(expected, most)
