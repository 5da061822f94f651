"""Problems in the words of public benchmarks are read, and have the key of ours however they are relabelled."""

from __future__ import annotations

import importlib.util
import json
import re
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.benchmark_index import build, read, save
from verimill.pipelines.benchmark_texts import problems_in
from verimill.pipelines.certificates import maker_of
from verimill.pipelines.decontamination import decontaminate
from verimill.pipelines.rows import generate, series
from verimill.pipelines.shards import append, write_shard
from verimill.schemas.formulas import Node, parse

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


# --- our problems in foreign words ------------------------------------------------------------------------------


def sudoku(p: Any) -> str:
    rows = [p.givens[at : at + p.size].replace(".", "_") for at in range(0, p.size**2, p.size)]
    return "Solve this Sudoku puzzle:\n" + "\n".join(" ".join(row) for row in rows) + "\nReply with a grid."


def futoshiki(p: Any) -> str:
    n, signs, lines = p.size, {(min(s), max(s)): s[0] < s[1] for s in p.signs}, []
    for r in range(n):
        line, below = "", ""
        for c in range(n):
            at = n * r + c
            line += p.givens[at].replace(".", "_")
            if c + 1 < n:
                line += {True: " < ", False: " > ", None: "   "}[signs.get((at, at + 1))]
            below += {True: "∧", False: "∨", None: " "}[signs.get((at, at + n))] + "   "
        lines += [line, below[: 4 * n - 3]]
    return f"Solve the following {n}x{n} Futoshiki puzzle:\n\n" + "\n".join(lines[:-1]) + "\n\nGood luck."


def edges(p: Any, word: str) -> str:
    link = "from node {} to node {}" if word == "capacity" else "between node {} and node {}"
    told = [f"an edge {link.format(e[0], e[1])}" + (f" with {word} {e[2]}" if len(e) > 2 else "") for e in p.edges]
    return f"In a graph, the nodes are numbered from 0 to {len(p.names) - 1}, and the edges are:\n" + ",\n".join(told)


def coloring(p: Any) -> str:
    return (f"Color the vertices.\nVertices: {list(range(len(p.names)))}\nEdges: {[tuple(e) for e in p.edges]}\n"
            f"Possible colors: {list(range(1, len(p.palette) + 1))}")  # fmt: skip


def people(p: Any) -> str:
    said = [f'{p.names[who]} remarked, "{spoken(p, parse(text))}".' for who, text in p.statements]
    return (
        "A very special island is inhabited only by sages and fools. Sages always tell the truth, and fools always "
        f"lie. You meet {len(p.names)} inhabitants: {', '.join(p.names[:-1])}, and {p.names[-1]}. {' '.join(said)} "
        "So who is a sage and who is a fool?"
    )


def spoken(p: Any, node: Node) -> str:
    """A formula in English; KeyError for one that the benchmark has no words for."""
    head, *rest = node
    if head in ("k", "n"):
        return f"{p.names[rest[0]]} is a {'sage' if head == 'k' else 'fool'}"
    if head == "not":
        return f"it is not the case that ({spoken(p, rest[0])})"
    if head not in ("and", "or", "iff", "if"):
        raise KeyError(head)
    one, two = (f"({spoken(p, part)})" for part in rest)
    return {"and": f"{one} and {two}", "or": f"{one} or {two}", "iff": f"{one} if and only if {two}",
            "if": f"if {one} then {two}"}[head]  # fmt: skip


def houses(p: Any) -> str:
    """ZebraLogic's form; KeyError for a clue that it has no words for."""
    n, lines = p.size, []
    for kind, a, b, c in p.clues:
        one, two = (f"the person who likes {p.words[i]}" if 0 <= i < len(p.words) else "" for i in (a, b))
        place = ORDINALS[b - 1] if kind in ("at", "not_at") else ""
        lines.append({
            "at": f"{one} is in the {place} house", "not_at": f"{one} is not in the {place} house",
            "same": f"{one} is {two}", "left": f"{one} is somewhere to the left of {two}",
            "just_left": f"{one} is directly left of {two}", "next": f"{one} and {two} are next to each other",
            **({"gap": f"there is one house between {one} and {two}"} if c == 1 else {}),
        }[kind])  # fmt: skip
    lists = [f" - Everyone has a different {name}: {', '.join(f'`{v}`' for v in values)}"
             for name, values in zip(p.attributes, p.values, strict=True)]  # fmt: skip
    told = [f"{k}. {line[0].upper()}{line[1:]}." for k, line in enumerate(lines, 1)]
    return "\n".join([f"There are {n} houses, numbered 1 to {n} from left to right.", *lists, "## Clues:", *told])


WORDS: dict[str, Callable[[Any], str]] = {
    "sudoku": sudoku,
    "futoshiki": futoshiki,
    "kakurasu": lambda p: f"Fill the grid: row sums {list(p.rows)} and column sums {list(p.cols)}.",
    "countdown": lambda p: f"Using the numbers {list(p.numbers)}, create an equation that equals {p.target}.",
    "cryptarithm": lambda p: "\n".join(["Solve:", *p.words[:-2], f"+ {p.words[-2]}", "-----", p.words[-1]]),
    "sat_3cnf": lambda p: "c made\n" + f"p cnf {len(p.atoms)} {len(p.clauses)}\n"
    + "\n".join(" ".join(map(str, (*clause, 0))) for clause in p.clauses),
    "shortest_path": lambda p: edges(p, "weight") + f".\nQ: The shortest path from node {p.source} to node {p.target}?",
    "max_flow": lambda p: edges(p, "capacity") + f".\nQ: Give the maximum flow from node {p.source} to node {p.sink}.",
    "minimum_spanning_tree": lambda p: edges(p, "weight") + ".\nQ: What is the minimum spanning tree?",
    "hamiltonian_path": lambda p: edges(p, "") + ".\nQ: Is there a path that visits every node exactly once?",
    "graph_coloring": coloring,
    "knights_knaves": people,
    "zebra": houses,
}  # fmt: skip


def fits(family: str, p: Any) -> bool:
    """Whether the benchmark's form could hold the problem at all."""
    if family in ("shortest_path", "hamiltonian_path"):
        return not p.directed and getattr(p, "start", -1) == -1
    return getattr(p, "variant", "classic") == "classic" and not getattr(p, "known", ())


def told(family: str, wanted: int = 3) -> list[tuple[Any, str]]:
    """Problems of ours, each with the foreign words of a relabelled twin where it has one that can be told."""
    from verimill.schemas.rng import rng_for

    out = []
    for level in (3, 2, 5, 1, 4):
        for problem in series(family, level, "foreign", 0, 60):
            if not fits(family, problem.instance):
                continue
            twins = [t for t in maker_of(family).twins(rng_for(problem.key), problem.instance) if fits(family, t)]
            try:
                out.append((problem.instance, WORDS[family]((twins or [problem.instance])[-1])))
            except KeyError:
                continue
            if len(out) == wanted:
                return out
    return out


@pytest.mark.parametrize("family", sorted(WORDS))
def test_a_relabelled_copy_in_foreign_words_has_the_key_of_ours(family: str) -> None:
    pairs = told(family)
    assert pairs, "no problem of ours can be told in this form"
    for problem, text in pairs:
        found = [p for name, p in problems_in({}, text) if name == family]
        assert [maker_of(family).canonical(p) for p in found] == [maker_of(family).canonical(problem)], text


@pytest.mark.parametrize(
    ("family", "cut"), [("zebra", "next to"), ("knights_knaves", "is a fool"), ("sat_3cnf", " 0\n")]
)
def test_a_text_that_is_not_whole_gives_nothing(family: str, cut: str) -> None:
    _, text = told(family, 1)[0]
    for broken in (text[: len(text) // 2], text.replace(cut, "and so", 1)):
        assert broken == text or not [name for name, _ in problems_in({}, broken) if name == family]


JUNK = ("", "(" * 20_000, "node (1,2," * 2_000, "1, " * 6_000, "make 5 using " * 1_500,
        "There are 5 houses\n" + "- a: b, c, d, e, f\n" * 500 + "1. x is y\n" * 500)  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_is_no_problem(junk: str) -> None:
    assert list(problems_in({"text": junk, "nums": [True, "x"], "target": None}, junk)) == []


def test_a_copy_of_a_benchmark_in_foreign_words_is_found_in_our_rows(tmp_path: Path) -> None:
    """The index comes from a folder, as a copy from the Hub is; columns of numbers need no text."""
    ours = [generate(family, 3, "foreign", 0) for family in ("countdown", "kakurasu", "linear_system")]
    append(
        tmp_path / "made", write_shard(tmp_path / "made", "problems/a.parquet", "problems", [p.row("t") for p in ours])
    )
    home = tmp_path / "bench" / "data"
    home.mkdir(parents=True)
    numbers = ours[0].instance
    (home / "a.jsonl").write_text(json.dumps({"nums": numbers.numbers[::-1], "target": numbers.target}) + "\n")
    (home / "b.jsonl").write_text(json.dumps({"question": WORDS["kakurasu"](ours[1].instance)}) + "\n")
    save(build(tmp_path / "bench", "mine"), tmp_path / "bench", tmp_path / "mine.index")
    assert read(tmp_path / "mine.index").items == 2
    (checked,) = decontaminate(tmp_path / "made", [tmp_path / "mine.index"])
    assert checked.keyed == 2 and "2 items have a canonical key" in str(checked)
    assert {(hit.problem_id, hit.item, hit.layer) for hit in checked.hits} == {
        (ours[0].id, 0, "canonical"), (ours[1].id, 1, "canonical")}  # fmt: skip
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="found neither"):
        build(tmp_path / "empty")


# --- the real thing, where it is installed ----------------------------------------------------------------------

needed = pytest.mark.skipif(
    importlib.util.find_spec("reasoning_gym") is None,
    reason="needs reasoning-gym, which is no dependency: pip install it",
)


def items(name: str, size: int, **options: Any) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import reasoning_gym

        return list(reasoning_gym.create_dataset(name, size=size, seed=5, **options))


def only(item: dict[str, Any], family: str) -> Any:
    (found,) = [p for name, p in problems_in(item, item["question"]) if name == family]
    return found


@needed
@pytest.mark.parametrize(
    ("name", "family"),
    [("mini_sudoku", "sudoku"), ("countdown", "countdown"), ("puzzle24", "countdown"), ("cryptarithm", "cryptarithm")],
)
def test_items_of_reasoning_gym_are_read(name: str, family: str) -> None:
    for item in items(name, 10):
        problem, about = only(item, family), item["metadata"]
        if family == "sudoku":
            assert problem.givens == "".join(str(d or ".") for row in about["puzzle"] for d in row)
        elif family == "countdown":
            assert (list(problem.numbers), problem.target) == (list(about["numbers"]), about.get("target", 24))
        else:
            assert problem.words == (*about["words_letters"], about["result_letters"])


@needed
def test_futoshiki_of_reasoning_gym_has_its_answer() -> None:
    for item in items("futoshiki", 3):
        answer = "".join(maker_of("futoshiki").solve(only(item, "futoshiki")).answer)
        assert answer == "".join(str(d) for row in item["metadata"]["solution"] for d in row)


@needed
@pytest.mark.parametrize("options", [{"n_people": 3}, {"n_people": 5, "depth_constraint": 3, "width_constraint": 3}])
def test_people_of_reasoning_gym_are_who_they_are(options: dict[str, int]) -> None:
    for item in items("knights_knaves", 25, **options):
        problem = only(item, "knights_knaves")
        worlds = product((True, False), repeat=len(problem.names))
        right = [w for w in worlds if all(true(parse(text), w) == w[who] for who, text in problem.statements)]
        assert right == [tuple(map(bool, item["metadata"]["solution"]))], item["question"]


def true(node: Node, world: tuple[bool, ...]) -> bool:
    head, *rest = node
    if head in ("k", "n"):
        return world[rest[0]] == (head == "k")
    values = [true(part, world) for part in rest]
    return {"not": not values[0], "and": all(values), "or": any(values), "iff": values[0] == values[-1],
            "if": not values[0] or values[-1]}[head]  # fmt: skip


@needed
def test_houses_of_reasoning_gym_have_their_answer() -> None:
    for item in items("zebra_puzzles", 12, num_people=4, num_characteristics=4):
        problem = only(item, "zebra")
        lists = re.findall(r"^ - (.+?): (.+)$", item["question"], re.MULTILINE)
        at = next(a for a, (head, _) in enumerate(lists) if "unique name" in head)
        first = maker_of("zebra").solve(problem).answer[0][at]
        assert problem.values[at].index(first) == lists[at][1].split(", ").index(item["answer"])
