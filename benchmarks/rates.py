"""Rows and verdicts per second and core, family by family, and the same sizes in reasoning-gym.

    python benchmarks/rates.py                      everything, about four minutes
    python benchmarks/rates.py --only rows          rows of every family
    python benchmarks/rates.py --only scoring       verdicts of every family
    python benchmarks/rates.py --only peers         beside reasoning-gym (benchmarks/requirements.txt)

Times are processor seconds of this process on one core, medians over rounds; compiling is not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from machine import RESULTS, figure, note, one_core, per_second, rounds, save, table
from peers import MATCHES, Match, peer_dataset, peer_items
from replies import OF_EACH, replies

from verimill import families, generate
from verimill.generators.prompts import pick_style, render
from verimill.pipelines.certificates import maker_of
from verimill.pipelines.oracle import oracle_trace
from verimill.schemas.core import Exhausted
from verimill.schemas.families import codec
from verimill.schemas.keys import key_for
from verimill.verifiers import judge
from verimill.verifiers.judge import verify

LEVEL = 5
ROW_TARGETS = {
    "sudoku 9x9, 30 clues": 1000, "zebra 5x5": 250, "futoshiki": 300, "skyscrapers": 300, "kenken": 300,
    "kakurasu": 300, "binairo": 300, "nonogram": 300, "killer_sudoku": 300, "star_battle": 300, "minesweeper": 300,
}  # fmt: skip
SIZED = (
    ("sat_3cnf n=20", "sat_3cnf", "variables=20", 2000),
    ("shortest_path, 20 nodes", "shortest_path", "nodes=20", 2000),
    ("minimum_spanning_tree, 20 nodes", "minimum_spanning_tree", "nodes=20", 2000),
    ("max_flow, 20 nodes", "max_flow", "nodes=20", 2000),
    ("graph_coloring, 20 nodes", "graph_coloring", "nodes=20,colours=4,degree=3.8,guesses=0", 2000),
    ("hamiltonian_path, 20 nodes", "hamiltonian_path", "nodes=20", 2000),
)
VERDICTS = 20_000


def rows(family: str, level: int | None, knobs: str | None, seed: int) -> Iterator[Any]:
    """Whole rows: problem, certificate, grading, canonical key, prompt, and the trace with every step checked."""
    for index in count():
        try:
            problem = generate(family, level, seed, index, knobs)
        except Exhausted:
            continue
        yield problem, oracle_trace(problem)


def bare(family: str, level: int | None, knobs: str | None, seed: int) -> Iterator[Any]:
    """The maker's own functions alone: make, solve, narrate, canonical, render; nothing judged or written."""
    maker, code = maker_of(family), codec(family)
    for index in count():
        key = key_for(family, level, knobs, seed, index)
        try:
            problem = maker.make(key.rng(), key.params)
        except Exhausted:
            continue
        solved = maker.solve(problem)
        prompt = render(code, maker.face, problem, pick_style(maker.face, key.rng("style")))
        yield prompt, maker.narrate(problem, solved.steps), maker.canonical(problem)


def timed(
    make: Callable[..., Iterator[Any]], family: str, level: int | None, knobs: str | None, seconds: float
) -> Callable[[int], float]:
    """One side of a comparison; every round draws from a seed of its own."""
    return lambda n: per_second(make(family, level, knobs, 1000 + n), seconds)


def row_rates(chosen: list[str], level: int, seconds: float, times: int) -> str:
    """Every family at one level, then the sizes that have a target."""
    cases = [(f"{name}, level {level}", name, level, None, ROW_TARGETS.get(name)) for name in chosen]
    cases += [(title, family, None, knobs, goal) for title, family, knobs, goal in SIZED if family in chosen]
    cases += [
        (m.title, m.family, None, m.knobs, ROW_TARGETS[m.title])
        for m in MATCHES
        if m.title in ROW_TARGETS and m.family in chosen
    ]
    lines = []
    for title, family, at, knobs, goal in cases:
        note(f"rows: {title}")
        next(rows(family, at, knobs, 999))  # compiled before the clock starts
        whole, alone = rounds(times, timed(rows, family, at, knobs, seconds), timed(bare, family, at, knobs, seconds))
        lines.append((title, figure(whole), figure(alone), figure(goal) if goal else "", reached(alone, goal)))
    return "\n\n".join(
        (
            "## Rows per second and core",
            "Made: problem, certificate, grading, trace, canonical key and prompt, as the maker's functions give them "
            "(make, solve, narrate, canonical, render); the targets are for this. Checked row: the same, with the "
            "answer judged, every step of the trace re-derived by the judge, and all columns of both tables filled.",
            table(("family", "checked rows/s", "made/s", "target", "made reaches it"), lines),
        )
    )


def reached(value: float, goal: float | None) -> str:
    """yes, no or nothing."""
    return "" if goal is None else "yes" if value >= goal else "no"


# --- scoring ----------------------------------------------------------------------------------------------------


def tasks(family: str, level: int, problems: int) -> list[tuple[str, str]]:
    """(verification, completion) pairs: 16 completions of each problem, one problem after another."""
    maker, made = maker_of(family), []
    for problem, trace in rows(family, level, None, 77):
        rng = key_for(family, level, None, 77, len(made)).rng("near")
        near = []
        for miss in maker.near_misses(rng, problem.instance, problem.solved.answer):
            near.append(codec(family).write(miss.answer))
            if len(near) == 5:
                break
        made.append((problem, near, trace.reasoning))
        if len(made) == problems:
            break
    pairs = []
    for at, (problem, near, reasoning) in enumerate(made):
        other = made[at - 1][0].answer
        pairs += [(problem.verification, text) for text in replies(problem.answer, near, other, reasoning)]
    return pairs


def score_rates(chosen: list[str], level: int, problems: int) -> str:
    """Verdicts per second; the judge meets each problem anew in every round."""
    lines, rates = [], []
    for family in chosen:
        note(f"scoring: {family}")
        pairs = tasks(family, level, problems)
        found: list[float] = []
        outcomes = {"right": 0, "wrong": 0, "unreadable": 0}
        for n in range(1 + max(1, VERDICTS // len(pairs))):
            judge._case_of_text.cache_clear()
            began = time.process_time()
            verdicts = [verify(verification, completion) for verification, completion in pairs]
            spent = time.process_time() - began
            if n:  # the first round warms up imports
                found.append(len(pairs) / spent)
                for verdict in verdicts:
                    outcomes[verdict.outcome] += 1
        rates.append(median(found))
        total = sum(outcomes.values())
        size = sum(len(text) for _, text in pairs) / len(pairs)
        shares = [f"{100 * n / total:.0f} %" for n in outcomes.values()]
        lines.append((family, figure(rates[-1]), *shares, f"{total:,}", f"{size:,.0f}"))
    middle = median(rates)
    return "\n\n".join(
        (
            "## Verdicts per second and core",
            f"{OF_EACH} completions of each problem at level {level}: right ones in many dressings, near misses, junk, "
            "unfinished thinking, another problem's answer. Reading the verification text is counted, once a problem.",
            f"Median family {figure(middle)} verdicts/s (target 20,000: {reached(middle, 20_000)}); slowest "
            f"{figure(min(rates))} (target 2,000: {reached(min(rates), 2_000)}).",
            table(("family", "verdicts/s", "right", "wrong", "unreadable", "scored", "characters a reply"), lines),
        )
    )


# --- beside reasoning-gym ---------------------------------------------------------------------------------------


def peer_verdicts(match: Match, items: int) -> Callable[[int], float]:
    """The peer's answer extraction and scoring on the same mix of replies."""
    from reasoning_gym.utils import extract_answer

    made = peer_dataset(match, 5)
    found = [made[at] for at in range(items)]
    right = [str(item["answer"] or item["metadata"].get("possible_answer", "")) for item in found]
    pairs = [
        (found[at], text)
        for at in range(items)
        for text in replies(right[at], [_changed(right[at])], right[at - 1], right[at])
    ]

    def once(_: int) -> float:
        began = time.process_time()
        for item, text in pairs:
            made.score_answer(extract_answer(text), item)
        return len(pairs) / (time.process_time() - began)

    return once


def _changed(answer: str) -> str:
    """The answer with its last digit or letter changed."""
    for at in range(len(answer) - 1, -1, -1):
        if answer[at].isalnum():
            return answer[:at] + ("1" if answer[at] != "1" else "2") + answer[at + 1 :]
    return answer + "1"


def our_verdicts(match: Match, items: int) -> Callable[[int], float]:
    """Our reading and judging on the same mix of replies."""
    found = [one for one, _ in zip(rows(match.family, None, match.knobs, 5), range(items), strict=False)]
    pairs = [
        (problem.verification, text)
        for at, (problem, _) in enumerate(found)
        for text in replies(problem.answer, [_changed(problem.answer)], found[at - 1][0].answer, problem.answer)
    ]

    def once(_: int) -> float:
        judge._case_of_text.cache_clear()
        began = time.process_time()
        for verification, text in pairs:
            verify(verification, text)
        return len(pairs) / (time.process_time() - began)

    return once


def peer_rates(chosen: list[str], seconds: float, times: int) -> str:
    """Rows and verdicts of both sides, in turns."""
    lines = []
    for match in MATCHES:
        if match.family not in chosen:
            continue
        note(f"peers: {match.title}")
        next(rows(match.family, None, match.knobs, 999))
        ours, made, theirs = rounds(
            times,
            timed(rows, match.family, None, match.knobs, seconds),
            timed(bare, match.family, None, match.knobs, seconds),
            lambda n, m=match: per_second(peer_items(m, 2000 + n), seconds),
        )
        items = max(8, min(60, int(theirs)))
        scored, scored_theirs = rounds(3, our_verdicts(match, items), peer_verdicts(match, items))
        goal = match.target
        lines.append(
            (match.title, figure(ours), figure(made), figure(theirs), f"{figure(made / theirs)}x",
             f"{goal:g}x" if goal else "", reached(made / theirs, goal), figure(scored), figure(scored_theirs),
             match.remark)
        )  # fmt: skip
    heads = (
        "task",
        "our checked rows/s",
        "made/s",
        "its items/s",
        "ratio",
        "target",
        "reached",
        "our verdicts/s",
        "its",
        "remark",
    )
    return "\n\n".join(
        (
            "## Beside reasoning-gym",
            "Same size on both sides, in turns, in one process on one core. The ratio is of what is made "
            "(certificate, grading, trace, key and prompt included) to bare items of reasoning-gym, which are a "
            "question and an answer. Verdicts: the same sixteen kinds of completion through each "
            "side's own answer extraction; reasoning-gym reads `<answer>` tags only, so it stops early on most.",
            table(heads, lines),
        )
    )


def main() -> None:
    """Run what was asked for and write benchmarks/results/rates.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help="families; all by default")
    parser.add_argument("--only", choices=("rows", "scoring", "peers"), action="append")
    parser.add_argument("--level", type=int, default=LEVEL)
    parser.add_argument("--seconds", type=float, default=0.5, help="processor seconds of one side of one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--problems", type=int, default=100, help="problems whose replies are scored")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    one_core()
    chosen = asked.families or list(families())
    wanted = asked.only or ["rows", "scoring", "peers"]
    parts = []
    if "rows" in wanted:
        parts.append(row_rates(chosen, asked.level, asked.seconds, asked.rounds))
    if "scoring" in wanted:
        parts.append(score_rates(chosen, asked.level, asked.problems))
    if "peers" in wanted:
        parts.append(peer_rates(chosen, asked.seconds, asked.rounds))
    save("rates" if not asked.only else "rates_" + "_".join(wanted), "Rates", parts, asked.out)


if __name__ == "__main__":
    main()
