"""A formal twin of the problem, run to confirm it, as in ProtoReasoning: DIMACS, SQL or Prolog.

Clauses go through a SAT solver (python-sat): the model is decoded and judged; where the problem has one answer, a
second model is asked for and must not exist; where it has none, the clauses must be unsatisfiable. SQL is run by
SQLite. The Prolog programs are Horn clauses without functions; they are run by forward chaining to a fixed point,
which proves what a Prolog system proves. A twin that does not confirm the stored answer makes no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verimill.pipelines.exports.formal_texts import (
    CNF,
    answer_of,
    deduction_prolog,
    read_dimacs,
    run_prolog,
    run_sql,
    shortest_sql,
)
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options
from verimill.verifiers.judge import judge_text

_ASKS = {
    "dimacs": "Write it as a formula in DIMACS CNF.",
    "sql": "Write it as a table and a query in SQL, whose result is the answer.",
    "prolog": "Write its facts and rules as a Prolog program.",
}


class Unconfirmed(ValueError):
    """The formal twin does not give the stored answer; the message says how."""


def rows(item: Item, options: Options) -> Made:
    """One row for each problem that has a formal twin in some language."""
    family = item.problem["family"]
    try:
        if family in CNF:
            language, text, result, by = "dimacs", *_by_sat(item)
        elif family == "shortest_path":
            language, text, result, by = "sql", *_by_sql(item)
        elif family == "deduction":
            language, text, result, by = "prolog", *_by_prolog(item)
        else:
            yield Dropped(item.id, None, "its family has no formal twin")
            return
    except ValueError as error:
        yield Dropped(item.id, None, str(error))
        return
    yield item.columns() | {
        "prompt": [{"role": "user", "content": f"{item.question}\n\n{_ASKS[language]}"}],
        "completion": [{"role": "assistant", "content": f"```{language}\n{text}```"}],
        "language": language,
        "formal": text,
        "result": result,
        "by": by,
        "answer": item.problem["answer"],
    }


def _by_sat(item: Item) -> tuple[str, str, str]:
    from pysat.solvers import Solver

    family, problem, status = item.problem["family"], item.case.problem, item.case.status
    text = CNF[family](problem).text()
    _, clauses = read_dimacs(text)  # what was written is what is run
    with Solver(name="minisat22", bootstrap_with=clauses) as solver:
        if not solver.solve():
            _confirm_none(item, clauses)
            return text, "unsatisfiable", "minisat22"
        true = {v for v in solver.get_model() if v > 0}
        if status == "none":
            raise Unconfirmed("the clauses have a model, the problem has no answer")
        verdict = judge_text(item.case, answer_of(family, problem, true)) if status == "one" else None
        if verdict is not None and not verdict:
            raise Unconfirmed(f"the model's answer is {verdict.outcome}: {verdict.reason}")
        if item.problem["checker"] == "unique":
            solver.add_clause([-v for v in sorted(true)] + _false(true, clauses))
            another = solver.solve()
            if another != (status == "many"):
                raise Unconfirmed(f"the clauses have {'another' if another else 'no other'} model")
    return text, "satisfiable: " + " ".join(map(str, sorted(true))), "minisat22"


def _false(true: set[int], clauses: Sequence[Sequence[int]]) -> list[int]:
    """Variables of the clauses that the model makes false, so that any other model differs in a literal."""
    return sorted({abs(v) for clause in clauses for v in clause} - true)


def _confirm_none(item: Item, clauses: Sequence[Sequence[int]]) -> None:
    """The problem says so too: it has no answer, or its answer names statements that cannot hold together."""
    if item.case.status == "none":
        return
    named = getattr(item.answer, "statements", ())
    if not named:
        raise Unconfirmed("the clauses have no model, the problem has an answer")
    from pysat.solvers import Solver

    with Solver(name="minisat22", bootstrap_with=[clauses[at - 1] for at in named]) as solver:
        if solver.solve():
            raise Unconfirmed("the statements that the answer names can hold together")


def _by_sql(item: Item) -> tuple[str, str, str]:
    text = shortest_sql(item.case.problem)
    found = run_sql(text)
    verdict = judge_text(item.case, f"Answer: {found or 'none'}")
    if not verdict:
        raise Unconfirmed(f"the query's answer is {verdict.outcome}: {verdict.reason}")
    return text, found or "no rows", "SQLite"


def _by_prolog(item: Item) -> tuple[str, str, str]:
    problem: Any = item.case.problem
    text, goal, opposite = deduction_prolog(problem)
    proved = run_prolog(text, [name.lower() for name in problem.names])
    label = "true" if goal in proved else "false" if opposite in proved else "unknown"
    if label != item.answer.label:
        raise Unconfirmed(f"the program proves the question {label}, the answer says {item.answer.label}")
    return f"{text}% ?- {goal}.\n% ?- {opposite}.\n", label, "forward chaining of Horn clauses"


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, the language and text, what running it gave and what ran it, the stored answer."""
    return (("prompt", "messages"), ("completion", "messages"), ("language", "string"), ("formal", "string"),
            ("result", "string"), ("by", "string"), ("answer", "string"))  # fmt: skip


BY_NAME = {"formal": Format("formal", "TRL SFTTrainer (prompt and completion)", columns, rows)}
