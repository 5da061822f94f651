"""The one pass over a dataset's shards that fills the card's Figures: file by file, a batch at a time, by columns."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, TypeVar

from verimill.data_cards.figures import AUDITED, Figures, Pick, Spread, digest_of, engines, power, unversioned
from verimill.data_cards.folder import File, batches, read_files, read_recipe
from verimill.data_cards.provenance import facts_of

TWIN = "!twin"
At = TypeVar("At")
Columns = Mapping[str, list[Any]]
Each = Callable[[str, Callable[..., Any], Sequence[tuple[Any, ...]]], Iterator[tuple[int, Any]]]
"""Runs a function for many jobs and gives (position of the job, result) in the order they finish."""

_READ = {
    "problems": ("family", "family_version", "kind", "key", "level", "hardness", "language", "style", "answer",
                 "answerable", "checker", "certificate", "verimill_version", "id", "canonical", "prompt"),
    "traces": ("problem_id", "teacher", "outcome", "reasoning", "response", "finish_reason", "steps_checked",
               "steps_wrong", "completion_tokens", "hinted", "sampling", "provenance", "verifier_version"),
    "dropped": ("key", "family", "reason"),
}  # fmt: skip


def in_turn(kind: str, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
    """Every job in this process, in order."""
    for at, job in enumerate(jobs):
        yield at, function(*job)


def measure(folder: Path | str, each: Each = in_turn) -> Figures:
    """Everything a card says, counted. Raises FolderError where the folder is not whole.

    A job of `each` is a file; the figures do not depend on who counts it, or when it is done.
    """
    folder = Path(folder)
    figures = Figures(read_files(folder), read_recipe(folder))
    counted = dict(each("count", count, [(folder, file) for file in figures.files]))
    for at in sorted(counted):
        figures.add(counted[at])
    return figures


def count(folder: Path, file: File) -> Figures:
    """What the rows of one file say."""
    figures = Figures((file,))
    figures.memory[file.table, file.split] += 0
    for batch in batches(folder, file):
        figures.memory[file.table, file.split] += batch.nbytes
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            figures.nulls[file.table, name] += column.null_count
        columns = {name: batch.column(name).to_pylist() for name in _READ[file.table]}
        _COUNTERS[file.table](figures, file.split, columns)
    return figures


# --- problems ---------------------------------------------------------------------------------------------------


def _problems(figures: Figures, split: str, columns: Columns) -> None:
    family, level, keys = columns["family"], columns["level"], columns["key"]
    figures.rows.update(zip(family, repeat(split)))
    figures.levels.update(zip(level, repeat(split)))
    about = zip(columns["kind"], columns["checker"], columns["family_version"], strict=True)
    for name, told in dict.fromkeys(zip(family, about, strict=True)):
        figures.about[name].add(told)
    for name, style in dict.fromkeys(zip(family, columns["style"], strict=True)):
        figures.styles[name].add(style)
    figures.languages.update(columns["language"])
    figures.versions.update(columns["verimill_version"])
    figures.seeds.update(key.rpartition("#")[2].partition("/")[0] for key in keys)
    figures.canonical.extend(map(digest_of, family, columns["canonical"]))
    for name, answer in zip(family, columns["answer"], strict=True):
        figures.answers[name].append(digest_of(answer))
    for name, answer, answerable, key in zip(family, columns["answer"], columns["answerable"], keys, strict=True):
        if not answerable:
            figures.unanswerable[name, answer] += 1
            figures.kept_twins[name] += key.endswith(TWIN)
    lengths = [sum(len(message["content"]) for message in prompt) for prompt in columns["prompt"]]
    figures.prompt.add_all(lengths)
    figures.sizes["prompt", ""].extend(lengths)
    measured = [json.loads(text) for text in columns["hardness"]]
    _hardness(figures, family, level, measured)
    _examples(figures, columns, lengths, measured)
    _certificates(figures, columns)


def _hardness(figures: Figures, family: list[str], level: list[int | None], measured: list[dict[str, Any]]) -> None:
    tiers = [int(one["tier"]) for one in measured]
    efforts = [float(one["effort"]) for one in measured]
    figures.tiers.update(zip(level, tiers, strict=True))
    figures.efforts.update(zip(level, map(power, efforts), strict=True))
    _spread(figures.tier, zip(family, level, strict=True), tiers)
    _spread(figures.effort, zip(family, level, strict=True), efforts)


def _examples(figures: Figures, columns: Columns, lengths: list[int], measured: list[dict[str, Any]]) -> None:
    """Ranks end in the id, so that the choice does not depend on the order of the rows."""
    examples: list[Pick] = []
    twins: list[Pick] = []
    audited: dict[str, list[str]] = defaultdict(list)
    names, families, answerable = columns["id"], columns["family"], columns["answerable"]
    for at, (length, hardness) in enumerate(zip(lengths, measured, strict=True)):
        if answerable[at]:
            steps, tier = int(hardness["steps"]), int(hardness["tier"])
            examples.append(Pick((abs(steps - 9) > 3, length > 1_000, -tier, names[at]), names[at]))
            audited[families[at]].append(names[at])
        else:
            odd = columns["answer"][at] != "none"
            twins.append(Pick((length > 900, odd, len(columns["certificate"][at]), names[at]), names[at]))
    figures.example = min([*examples, *filter(None, [figures.example])], default=None)
    figures.twin = min([*twins, *filter(None, [figures.twin])], default=None)
    for family, ids in audited.items():
        figures.audited[family] = sorted([*figures.audited[family], *ids])[:AUDITED]


def _certificates(figures: Figures, columns: Columns) -> None:
    """Each different text is parsed once."""
    for (kind, text), many in Counter(zip(columns["kind"], columns["certificate"], strict=True)).items():
        proof = json.loads(text)
        claim = str(proof.get("claim", "not stated")).replace("_", " ")
        figures.certificates[kind, claim, engines(proof.get("by", ()))] += many
        figures.right += many * (proof.get("verdict") == "right")
        again = proof.get("recount")
        if again is not None:
            figures.recounts[unversioned(str(again["method"])), bool(again["agrees"])] += many


# --- traces, and what was dropped -------------------------------------------------------------------------------


def _traces(figures: Figures, split: str, columns: Columns) -> None:
    teacher = columns["teacher"]
    figures.trace_rows[split] += len(teacher)
    figures.finishes.update(zip(teacher, columns["finish_reason"], strict=True))
    figures.verifiers.update(version.partition("/")[0] for version in columns["verifier_version"])
    who = []
    for name, text, sampling in zip(teacher, columns["provenance"], columns["sampling"], strict=True):
        told = json.loads(text)  # not kept: the steps of many traces would make the garbage collector slow
        who.append((name, str(told.get("verbosity", "-"))))
        if name != "oracle":
            figures.facts.update((name, fact, value) for fact, value in facts_of(told, sampling))
    figures.traces.update((*one, outcome) for one, outcome in zip(who, columns["outcome"], strict=True))
    _spread(figures.reasoning, who, [len(text) for text in columns["reasoning"]])
    _texts(figures, columns)
    for name, hinted in zip(teacher, columns["hinted"], strict=True):
        figures.hints[name] += hinted
    _steps(figures, who, columns)
    for name, tokens in zip(teacher, columns["completion_tokens"], strict=True):
        if tokens is not None:
            figures.tokens[split] += tokens
            figures.token_rows[split] += 1
            figures.sizes["tokens", name].append(tokens)


def _texts(figures: Figures, columns: Columns) -> None:
    rows = zip(columns["teacher"], columns["problem_id"], columns["reasoning"], columns["response"], strict=True)
    for name, problem, reasoning, reply in rows:
        figures.sizes["reasoning", name].append(len(reasoning))
        figures.sizes["reply", name].append(len(reply))
        figures.texts.append(digest_of(problem, " ".join(f"{reasoning} {reply}".split())))


def _steps(figures: Figures, who: list[tuple[str, str]], columns: Columns) -> None:
    rows = zip(who, columns["steps_checked"], columns["steps_wrong"], columns["outcome"], strict=True)
    told = [row for row in rows if row[1] is not None]
    _spread(figures.steps, [one for one, *_ in told], [checked for _, checked, *_ in told])
    for one, _, wrong, outcome in told:
        figures.steps_wrong[one] += wrong or 0
        figures.wrong_path[one[0]] += outcome == "right" and bool(wrong)


def _dropped(figures: Figures, split: str, columns: Columns) -> None:
    for key, family, reason in zip(columns["key"], columns["family"], columns["reason"], strict=True):
        if reason.startswith("trace:"):
            figures.dropped_traces[reason.removeprefix("trace:")] += 1
        else:
            figures.dropped[family, reason] += 1
            figures.dropped_twins[family] += key.endswith(TWIN)


def _spread(spreads: dict[At, Spread], places: Iterable[At], values: Sequence[float]) -> None:
    grouped: dict[At, list[float]] = defaultdict(list)
    for at, value in zip(places, values, strict=True):
        grouped[at].append(value)
    for at, mine in grouped.items():
        spreads[at].add_all(mine)


_COUNTERS: dict[str, Callable[[Figures, str, Columns], None]] = {
    "problems": _problems,
    "traces": _traces,
    "dropped": _dropped,
}
