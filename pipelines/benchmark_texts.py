"""Problems of ours in the words of public benchmarks, so that their canonical keys can be compared.

Each reader knows one well-known form (of reasoning-gym, the K&K and ZebraLogic benchmarks, countdown sets, DIMACS,
NLGraph and its kin) and gives nothing where a text is not whole in that form: a key that is guessed would clear or
accuse the wrong row. Names and numbers of a text become ours, for a canonical key does not see them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from verimill.schemas.families import constant

LONGEST = 20_000  # characters of a text that is looked at
Found = tuple[str, Any]  # a family and its problem

_LIST = r"\[?\s*(?P<list>\d{1,4}(?:\s*,\s*\d{1,4}){1,11})\s*\]?"
_MAKE = (  # the target before its numbers, and behind them
    re.compile(r"\b(?P<target>\d{1,6})\s+using\s+(?:(?:all\s+of\s+)?(?:the|these)\s+)?(?:numbers:?\s*)?" + _LIST, re.I),
    re.compile(
        r"numbers:?\s*" + _LIST + r"[^.]{0,80}?(?:equals?|=|reach|make|target\D{0,20}?)\s*(?P<target>\d{1,6})\b", re.I
    ),
)  # fmt: skip
_EDGE = re.compile(
    r"edge\s+(?:between|from)\s+node\s+(\w+)\s+(?:and|to)\s+node\s+(\w+)\s*(?:with\s+(?:weight|capacity)\s+(\d+))?",
    re.I,
)
_PAIR = re.compile(r"\(\s*(\w+)\s*,\s*(\w+)\s*(?:,\s*(\d+)\s*)?\)")
_ENDS = re.compile(r"(?:from\s+)?node\s+(?P<source>\w+)\s+to\s+node\s+(?P<target>\w+)", re.I)


def problems_in(row: Mapping[str, Any], text: str) -> Iterator[Found]:
    """Every problem of ours that an item of a benchmark holds, by its columns or by its text."""
    yield from _numbers_columns(row)
    texts = [text, *(value for value in row.values() if isinstance(value, str) and value is not text)]
    for value in texts:
        if len(value) <= LONGEST:
            for read in _READERS:
                yield from read(value)


def made(family: str, *args: Any) -> Iterator[Found]:
    """The problem, if it is one that the family could hold."""
    try:
        yield family, constant(family, "schemas", "CODEC").problem(*args)
    except ValueError:
        return


# --- numbers ----------------------------------------------------------------------------------------------------


def _numbers_columns(row: Mapping[str, Any]) -> Iterator[Found]:
    """The columns of Countdown-Tasks and its kin: a list of numbers and a target."""
    target = row.get("target")
    for name in ("nums", "numbers"):
        numbers = row.get(name)
        if isinstance(target, int) and isinstance(numbers, Sequence) and all(isinstance(n, int) for n in numbers):
            yield from made("countdown", tuple(numbers), target)


def _countdown(text: str) -> Iterator[Found]:
    for form in _MAKE:
        for found in form.finditer(text):
            numbers = tuple(int(n) for n in re.findall(r"\d+", found["list"]))
            yield from made("countdown", numbers, int(found["target"]))


def _cryptarithm(text: str) -> Iterator[Found]:
    """Addends in capitals, one a line, the last behind a plus; a rule of dashes; the sum."""
    lines = [line.strip() for line in text.splitlines()]
    for at, line in enumerate(lines):
        if not re.fullmatch(r"-{2,}|={2,}", line) or at + 1 == len(lines):
            continue
        above: list[str] = []
        for upper in reversed(lines[:at]):
            if not re.fullmatch(r"\+?\s*[A-Z]{1,10}", upper):
                break
            above.insert(0, upper.lstrip("+ "))
        if len(above) >= 2 and re.fullmatch(r"[A-Z]{1,10}", lines[at + 1]):
            yield from made("cryptarithm", (*above, lines[at + 1]), ())


# --- grids ------------------------------------------------------------------------------------------------------


def _sudoku(text: str) -> Iterator[Found]:
    """A grid of 4, 6 or 9 lines with as many signs, 0, . or _ for an open cell; frames are left out."""
    from verimill.schemas.grids.sudoku import BOX, boxes

    plain = "".join(text.split())
    if len(plain) == 81:
        yield from _one_sudoku(9, plain, boxes(9))
    rows = [re.sub(r"[\s|,]", "", line) for line in text.splitlines() if not re.fullmatch(r"[\s|+=-]*", line)]
    for size in BOX:
        sign = re.compile(f"[0-{size}._*]{{{size}}}")
        for at in range(len(rows) - size + 1):
            part = rows[at : at + size]
            if all(map(sign.fullmatch, part)) and not (at and sign.fullmatch(rows[at - 1])):
                yield from _one_sudoku(size, "".join(part), boxes(size))


def _one_sudoku(size: int, cells: str, regions: tuple[int, ...]) -> Iterator[Found]:
    givens = re.sub(r"[0_*]", ".", cells)
    if size <= sum(c != "." for c in givens) < size * size:  # a row of givens at least, and something to find
        yield from made("sudoku", size, "classic", givens, regions)


def _futoshiki(text: str) -> Iterator[Found]:
    """Lines of cells four columns apart with < and > between them, and lines with ∧ and ∨ below a cell."""
    if "futoshiki" not in text.lower():
        return
    lines = text.splitlines()
    for at, line in enumerate(lines):
        size = len(re.findall(r"[_\d]", line))
        grid = lines[at : at + 2 * size - 1]
        if (
            4 <= size <= 9
            and len(grid) == 2 * size - 1
            and all(map(re.compile(r"[_\d](?: [ <>] [_\d])+").fullmatch, grid[::2]))
        ):
            givens = "".join(line[4 * c] for line in grid[::2] for c in range(size)).replace("_", ".")
            yield from made("futoshiki", size, givens, _signs(size, grid))
            return


def _signs(size: int, grid: Sequence[str]) -> tuple[tuple[int, int], ...]:
    from verimill.schemas.grids.futoshiki import ordered

    signs = []
    for r in range(size):
        for c in range(size):
            cell, right, below = size * r + c, grid[2 * r][4 * c + 2 : 4 * c + 3], ""
            if r + 1 < size:
                below = grid[2 * r + 1][4 * c : 4 * c + 1]
            for sign, other in ((right, cell + 1), (below, cell + size)):
                if sign in ("<", "∧", "^"):
                    signs.append((cell, other))
                elif sign in (">", "∨", "v"):
                    signs.append((other, cell))
    return ordered(signs)


def _kakurasu(text: str) -> Iterator[Found]:
    found = re.search(
        r"row sums:?(?: are)?\s*(\[[\d, ]+\])[^\[\]]{1,40}column sums:?(?: are)?\s*(\[[\d, ]+\])", text, re.I
    )
    if found:
        rows, cols = (tuple(ast.literal_eval(part)) for part in found.groups())
        if len(rows) == len(cols):
            yield from made("kakurasu", len(rows), rows, cols)


# --- formulas ---------------------------------------------------------------------------------------------------


def _dimacs(text: str) -> Iterator[Found]:
    """`p cnf 5 20` and clauses of three literals that end in 0."""
    head = re.search(r"^p\s+cnf\s+(\d{1,2})\s+(\d{1,3})\s*$", text, re.M)
    if head is None:
        return
    body = re.sub(r"^[c%].*$", "", text[head.end() :], flags=re.M).split()
    if not all(re.fullmatch(r"-?\d{1,3}", word) for word in body) or body[-1:] != ["0"]:
        return
    clauses = [tuple(map(int, part.split())) for part in re.split(r"(?<![\w-])0(?!\w)", " ".join(body)) if part.strip()]
    if len(clauses) == int(head[2]) and all(len(clause) == 3 for clause in clauses):
        atoms = tuple(f"f{_letters(v)}" for v in range(int(head[1])))
        yield from made("sat_3cnf", "rules", atoms, tuple(clauses), len(clauses) - 1)


def _letters(number: int) -> str:
    """A word of two letters for a number under 676."""
    return chr(97 + number // 26) + chr(97 + number % 26)


# --- graphs -----------------------------------------------------------------------------------------------------


def _graphs(text: str) -> Iterator[Found]:
    """Edges told one by one or as a list of pairs, and a question that names what is wanted."""
    low = text.lower()
    told = _EDGE.findall(text) or _PAIR.findall(text)
    if len(told) < 2 or not any(word in low for word in ("node", "vert", "edge")):
        return
    index: dict[str, int] = {}
    listed = re.search(r"(?:nodes?|vertices):?\s*\[([\w, ]+)\]", text, re.I)
    span = re.search(r"nodes? (?:are )?(?:numbered )?from 0 to (\d{1,3})", low)
    for name in listed[1].split(",") if listed else map(str, range(int(span[1]) + 1)) if span else ():
        index.setdefault(name.strip(), len(index))
    for u, v, _ in told:
        index.setdefault(u, len(index)), index.setdefault(v, len(index))
    names = tuple(f"n{at}" for at in range(len(index)))
    pairs = tuple((index[u], index[v]) for u, v, _ in told)
    weighted = tuple((index[u], index[v], int(w)) for u, v, w in told) if all(w for _, _, w in told) else ()
    directed = "directed" in low.replace("undirected", "")
    ends = next(iter(reversed(list(_ENDS.finditer(text)))), None)  # the question stands behind the edges
    if ends and weighted and {ends["source"], ends["target"]} <= set(index):
        two = index[ends["source"]], index[ends["target"]]
        if "flow" in low:
            yield from made("max_flow", names, weighted, *two)
        elif "shortest" in low:
            yield from made("shortest_path", names, weighted, directed, *two)
    if "spanning tree" in low and weighted and not directed:
        yield from made("minimum_spanning_tree", names, weighted)
    if "hamilton" in low or re.search(r"visits? (?:every|each|all) (?:the )?nodes? exactly once", low):
        yield from made("hamiltonian_path", names, pairs, directed, -1)
    colours = re.search(r"possible colou?rs:?\s*\[([\w, ]+)\]", text, re.I)
    if colours:
        palette = tuple(f"colour{_letters(at)}" for at, _ in enumerate(colours[1].split(",")))
        yield from made("graph_coloring", names, pairs, palette)


def _logic(text: str) -> Iterator[Found]:
    from verimill.pipelines.benchmark_logic import people, zebra

    yield from people(text)
    yield from zebra(text)


_READERS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _countdown, _cryptarithm, _sudoku, _futoshiki, _kakurasu, _dimacs, _graphs, _logic,
)  # fmt: skip
