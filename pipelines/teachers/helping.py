"""When every sample of a problem failed: a second chance with help, rung by rung, beside all other problems.

First the teacher may go on from the right beginning of its best wrong reply, then come the hints of the solver,
from the faintest on. Each kind of help is a question of its own with its own few samples, until one is right.
Nothing of it counts into the tally, the budget or the pass rate of the problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from verimill.pipelines.teachers.aids import Beginning, Helpless, continued_question, hint_question
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.hints import RUNGS, was_helped
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.lanes import Open
from verimill.pipelines.teachers.samples import Question, Reply


@dataclass(frozen=True, slots=True)
class Help:
    """What may be tried: so many rungs of the ladder of hints, and whether to go on from a right beginning."""

    hints: int = 0
    """0..4 rungs."""
    continued: bool = False
    samples: int = 4
    """Most samples with one kind of help."""

    def __post_init__(self) -> None:
        if not 0 <= self.hints <= len(RUNGS):
            raise ValueError(f"hints must be in 0..{len(RUNGS)} rungs ({', '.join(RUNGS)}), got {self.hints}")

    def __bool__(self) -> bool:
        return self.hints > 0 or self.continued


@dataclass(slots=True)
class Trouble:
    """A problem whose own samples all failed: its question, its wrong replies, and what is still to be tried."""

    question: Question
    wrong: dict[int, Reply]
    left: Iterator[Question] | None = None


@dataclass(slots=True)
class Helper:
    """Finds the next kind of help for a problem in trouble; `failures` are bugs of ours that cost a problem help."""

    plan: Help
    judges: Judges
    failures: list[str] = field(default_factory=list)

    def saw(self, problem: Open, number: int, reply: Reply, outcome: str) -> None:
        """A sample has its outcome; a wrong reply is kept where the teacher may have to go on from it."""
        if outcome == "wrong" and self.plan.continued and not was_helped(problem.question.variant):
            problem.wrong[number] = reply

    def wanted(self, problem: Open) -> bool:
        """Whether a problem that is done needs help: samples came back, and none was right."""
        tally = problem.tally
        return (
            bool(self.plan)
            and tally.right == 0
            and tally.tried > 0
            and not tally.refused
            and problem.stopped != "filled"
        )

    def budget(self) -> Budget:
        """What one kind of help may cost."""
        return Budget("uniform", k=1, cap=self.plan.samples)

    async def next(self, problem: Open) -> Question | None:
        """The question with the next kind of help; None where nothing is left to try."""
        trouble = problem.trouble
        if trouble is None:
            trouble = problem.trouble = Trouble(problem.question, problem.wrong)
        if trouble.left is None:
            trouble.left = iter([*await self._continued(trouble), *await self._hinted(trouble)])
        return next(trouble.left, None)

    async def _continued(self, trouble: Trouble) -> list[Question]:
        """One question, from the wrong reply with the most right steps; of equals the first sample's."""
        if not self.plan.continued:
            return []
        best: tuple[int, Beginning] | None = None
        verification = trouble.question.verification
        for number, reply in sorted(trouble.wrong.items()):
            found = await self.judges.help("beginning", verification, reply.reasoning, reply.text)
            if isinstance(found, Beginning) and (best is None or found.steps > best[1].steps):
                best = number, found
            elif isinstance(found, Helpless):
                self.failures.append(found.why)
        if best is None:
            return []
        number, found = best
        return [continued_question(trouble.question, number, trouble.wrong[number], (found.reasoning, found.text))]

    async def _hinted(self, trouble: Trouble) -> list[Question]:
        if not self.plan.hints:
            return []
        found = await self.judges.help("hints", trouble.question.verification)
        if isinstance(found, Helpless):
            self.failures.append(found.why)
            return []
        rungs = RUNGS[: self.plan.hints]
        return [hint_question(trouble.question, hint) for hint in found if hint.rung in rungs]
