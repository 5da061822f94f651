"""Shapes of text that several readers of prompts share. They know nothing of verimill: a prompt is text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any

DIGITS = "123456789"
_FORMS = (
    ("Give the answer in this form: ", " For example (the form only, not the answer):"),
    ("Write your final answer as follows. ", " An example of the form, unrelated to this problem:"),
    ("The reply must end with the answer. ", " This shows the form and nothing else:"),
    ("How to answer: ", " Form, by an example that is not the solution:"),
)
_STATUS = {
    "If no answer fits, reply none.": "none",
    "If nothing satisfies all of it, the answer is none.": "none",
    "If more than one answer fits, reply many.": "many",
    "If several different answers fit, the answer is many.": "many",
}


@dataclass(frozen=True)
class Asked:
    """A prompt taken apart: the task, how the answer is to be written, an example of that, the words it may be."""

    task: str
    form: str
    example: str
    words: tuple[str, ...]


def asked(prompt: str) -> Asked:
    """The parts of a prompt. Raises ValueError where it does not say how to answer, just once and at its end."""
    found = [(start, middle) for start, middle in _FORMS if prompt.count("\n\n" + start) == 1]
    if len(found) != 1:
        raise ValueError(f"one way to answer must be told, got {len(found)}")
    task, rest = prompt.split("\n" + found[0][0])
    if rest.count(found[0][1]) != 1:
        raise ValueError(f"one example must be shown: {rest!r}")
    form, rest = rest.split(found[0][1])
    lines = rest.split("\n")
    words: tuple[str, ...] = ()
    if re.fullmatch(r"If .*", lines[-1]):
        words = tuple(_STATUS[sentence] for sentence in re.findall(r"If [^.]*\.", lines.pop()))
    example = "\n".join(lines)
    if example[:1] not in (" ", "\n"):
        raise ValueError(f"an example must stand apart: {example!r}")
    return Asked(task, form, example[1:], words)


def side(form: str) -> int:
    """The side of the square grid that is asked for."""
    return int(one(r"\bas (\d+) lines of \1 digits", form)[1])


def lines_of(task: str, *patterns: str) -> list[re.Match[str]]:
    """The task's only run of neighbouring lines that fit the patterns, one match a line.

    Each pattern stands for one line, or with a `*` before it for as many lines as fit, or none.
    """
    lines = task.split("\n")
    found = [run for start in range(len(lines)) if (run := _fits(lines, start, patterns)) is not None]
    if len(found) != 1:
        raise ValueError(f"one run of lines must fit {patterns}, got {len(found)} in {task!r}")
    return found[0]


def _fits(lines: Sequence[str], at: int, patterns: Sequence[str]) -> list[re.Match[str]] | None:
    run = []
    for pattern in patterns:
        many = pattern.startswith("*")
        while at < len(lines) and (found := re.fullmatch(pattern.removeprefix("*"), lines[at])) is not None:
            run.append(found)
            at += 1
            if not many:
                break
        else:
            if not many:
                return None
    return run


def one(pattern: str, task: str) -> re.Match[str]:
    """The only match of a pattern; ValueError where there is none or another."""
    found = list(re.finditer(pattern, task))
    if len(found) != 1:
        raise ValueError(f"just one place must fit {pattern!r}, got {len(found)} in {task!r}")
    return found[0]


@lru_cache(maxsize=256)
def pattern(template: str, fields: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """A template as a pattern: `{name}` stands for what the field's own pattern takes, everywhere the same."""
    own, seen, out = dict(fields), set(), ""
    for part in re.split(r"(\{\w+\})", template):
        name = part[1:-1]
        if part[:1] != "{":
            out += re.escape(part)
        else:
            out += f"(?P={name})" if name in seen else f"(?P<{name}>{own[name]})"
            seen.add(name)
    return re.compile(out, re.S)


def told(prompt: str, wordings: Sequence[str], form: str, fields: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields of the one wording, and of the form of the answer, that the prompt has word for word.

    ValueError where the task is told in no such words, or the answer is asked for in others.
    """
    parts = asked(prompt)
    asks = pattern(form, tuple(fields.items())).fullmatch(parts.form)
    found = [
        match
        for words in wordings
        if (match := pattern(words, tuple(fields.items())).fullmatch(parts.task.rstrip("\n")))
    ]
    if asks is None or len(found) != 1:
        raise ValueError(f"one known wording must fit, got {len(found)} in {prompt!r}")
    if any(found[0].groupdict().get(name, value) != value for name, value in asks.groupdict().items()):
        raise ValueError(f"task and form of the answer must speak of the same: {prompt!r}")
    return {**asks.groupdict(), **found[0].groupdict()}


def grid(lines: Iterable[str], size: int, symbols: str) -> tuple[str, ...]:
    """The symbols of `size` rows of `size` symbols, single spaces between; ValueError for anything else."""
    rows = [line.split(" ") for line in lines]
    if len(rows) != size or any(len(row) != size for row in rows):
        raise ValueError(f"{size} rows of {size} symbols must be shown, got {rows}")
    cells = tuple(cell for row in rows for cell in row)
    if not set(cells) <= set(symbols):
        raise ValueError(f"symbols must be of {symbols}, got {sorted(set(cells))}")
    return cells


def filled(text: str, size: int, symbols: str) -> tuple[str, ...] | None:
    """The cells of an answer written just as grids are asked for, or None."""
    try:
        return grid(text.split("\n"), size, symbols)
    except ValueError:
        return None


def written(cells: Sequence[object], size: int) -> str:
    """Cells as an answer: one line a row, single spaces between."""
    return "\n".join(" ".join(map(str, cells[k : k + size])) for k in range(0, len(cells), size))


def place(row: str, col: str, size: int) -> int:
    """The index of a cell named by row and column, both from 1."""
    if not (1 <= int(row) <= size and 1 <= int(col) <= size):
        raise ValueError(f"row {row}, column {col} is not in a square of side {size}")
    return (int(row) - 1) * size + int(col) - 1


def rows_and_columns(size: int) -> list[list[int]]:
    """The cells of every row, then of every column."""
    rows = [list(range(r * size, r * size + size)) for r in range(size)]
    return rows + [list(column) for column in zip(*rows, strict=True)]


def touching(size: int) -> set[tuple[int, int]]:
    """Every pair of cells that share a side, both ways round."""
    pairs = {pair for line in rows_and_columns(size) for pair in pairwise(line)}
    return pairs | {(b, a) for a, b in pairs}


def distinct(values: Sequence[object]) -> bool:
    """No value comes twice."""
    return len(set(values)) == len(values)


def models(clauses: Iterable[Sequence[int]], names: Mapping[object, int], limit: int) -> Iterator[set[object]]:
    """The names that are true in each of up to `limit` models that differ in them."""
    from pysat.solvers import Cadical153

    back = {number: name for name, number in names.items()}
    with Cadical153(bootstrap_with=list(clauses)) as solver:
        while limit > 0 and solver.solve():
            true = {v for v in solver.get_model() if v in back}
            yield {back[v] for v in true}
            solver.add_clause([-v if v in true else v for v in back])
            limit -= 1


def square(task: str, symbol: str) -> tuple[str, ...]:
    """The symbols of the only square grid of the task: bare, in a frame, or with rows and columns named."""
    bare = re.findall(rf"(?m)^{symbol}(?: {symbol})+$", task)
    framed = re.findall(rf"(?m)^\|((?: {symbol} \|)+)$", task)
    named = re.findall(rf"(?m)^r\d+ +({symbol}(?: +{symbol})+)$", task)
    if sum(map(bool, (bare, framed, named))) != 1:
        raise ValueError(f"one grid of {symbol} must be shown in {task!r}")
    rows = [row.replace("|", " ").split() for row in bare or framed or named]
    size = len(rows)
    rule = "+" + "---+" * size
    between = f"\n{rule}\n" if framed else "\n"
    shown = [f"|{row}" for row in framed] if framed else bare
    if named:
        if not re.search(rf"(?m)^ +{' +'.join(f'c{c}' for c in range(1, size + 1))}$", task):
            raise ValueError(f"the columns must be named in {task!r}")
        shown = re.findall(r"(?m)^r\d+ .*$", task)
        if [row.split()[0] for row in shown] != [f"r{r}" for r in range(1, size + 1)]:
            raise ValueError(f"the rows must be named in order, got {shown}")
    if between.join(shown) not in task or any(len(row) != size for row in rows):
        raise ValueError(f"the rows must make one square, got {rows}")
    return tuple(symbol for row in rows for symbol in row)


def points(task: str) -> list[str]:
    """The texts of the only list that counts 1, 2, 3, ...: one a line, or in one line with numbers in brackets."""
    found = []
    for mark in (r"(\d+)\. ", r"(\d+): ", r"- \(clue (\d+)\) ", r"\((\d+)\) "):
        listed = re.findall(rf"(?m)^{mark}(.+)$", task)
        if len(listed) > 1:
            found.append(listed)
    for mark in (r"\[(\d+)\] ", r"\((\d+)\) "):
        for line in re.findall(rf"(?m)^{mark}(.+)$", task):
            parts = re.split(mark, line[1])
            if line[0] == "1" and len(parts) > 1:
                found.append(list(zip(["1", *parts[1::2]], map(str.rstrip, parts[::2]), strict=True)))
    if len(found) != 1:
        raise ValueError(f"one list must be told, got {len(found)} in {task!r}")
    texts = {int(number): text for number, text in found[0]}
    if sorted(texts) != list(range(1, len(found[0]) + 1)):
        raise ValueError(f"a list must count 1, 2, 3, ..., got {found[0]}")
    return [texts[number] for number in sorted(texts)]


def said(sentence: str, forms: Iterable[tuple[str, str]], items: Mapping[str, str]) -> tuple[Any, ...]:
    """What a sentence says, (kind, item, ..., number), by the only form that it fits.

    A form is a kind and a text in which {a}, {b} and {c} stand for items as `items` calls them, {n} for a number.
    """
    called = {name: item for phrase, item in items.items() for name in (phrase, phrase[0].upper() + phrase[1:])}
    kinds = dict.fromkeys("abc", "|".join(map(re.escape, called))) | {"n": "[0-9]+"}
    found = []
    for kind, form in forms:
        bare = re.split(r"\{(\w)\}", form)
        if any(part not in sentence for part in bare[::2]):
            continue
        pattern = "".join(map(re.escape, bare[:1]))
        for k, key in enumerate(bare[1::2], 1):
            place = f"(?P={key})" if key in bare[1 : 2 * k - 1 : 2] else f"(?P<{key}>{kinds[key]})"
            pattern += place + re.escape(bare[2 * k])
        match = re.fullmatch(pattern, sentence)
        if match is not None:
            parts = match.groupdict()
            told = [called[parts[key]] for key in "abc" if key in parts]
            found.append((kind, *told, *(int(parts[key]) for key in "n" if key in parts)))
    if len(set(found)) != 1:
        raise ValueError(f"a sentence must say one thing, got {found} from {sentence!r}")
    return found[0]


def exactly(count: int, literals: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Clauses by which just so many of the literals are true."""
    yield from combinations([-literal for literal in literals], count + 1)
    yield from combinations(literals, len(literals) - count + 1)
