"""The one pass over a dataset's shards that fills the card's Figures; a batch is counted column by column."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, TypeVar

from verimill.data_cards.figures import AUDITED, Figures, Pick, Spread, digest_of, engines, power, unversioned
from verimill.data_cards.folder import batches, read_files, read_recipe
from verimill.data_cards.provenance import facts_of

TWIN = "!twin"
At = TypeVar("At")
Columns = Mapping[str, list[Any]]
_READ = {
    "problems": ("family", "family_version", "kind", "key", "level", "hardness", "language", "style", "answer",
                 "answerable", "checker", "certificate", "verimill_version", "id", "canonical", "prompt"),
    "traces": ("problem_id", "teacher", "outcome", "reasoning", "response", "finish_reason", "steps_checked",
               "steps_wrong", "completion_tokens", "hinted", "sampling", "provenance", "verifier_version"),
    "dropped": ("key", "family", "reason"),
}  # fmt: skip


def measure(folder: Path | str) -> Figures:
    """Everything a card says, counted. Raises FolderError where the folder is not whole."""
    folder = Path(folder)
    figures = Figures(read_files(folder), read_recipe(folder))
    counters: dict[str, Callable[[Figures, str, Columns], None]] = {
        "problems": _problems, "traces": _traces, "dropped": _dropped
    }  # fmt: skip
    for file in figures.files:
        figures.memory[file.table, file.split] += 0
        for batch in batches(folder, file):
            figures.memory[file.table, file.split] += batch.nbytes
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                figures.nulls[file.table, name] += column.null_count
            columns = {name: batch.column(name).to_pylist() for name in _READ[file.table]}
            counters[file.table](figures, file.split, columns)
    return figures


# --- problems ---------------------------------------------------------------------------------------------------


def _problems(figures: Figures, split: str, columns: Columns) -> None:
    family, level, keys = columns["family"], columns["level"], columns["key"]
    figures.rows.update(zip(family, repeat(split)))
    figures.levels.update(zip(level, repeat(split)))
    for name, kind, checker, version in set(
        zip(family, columns["kind"], columns["checker"], columns["family_version"], strict=True)
    ):
        figures.about[name].add((kind, checker, version))
    for name, style in set(zip(family, columns["style"], strict=True)):
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
    examples: list[tuple[Any, ...]] = []
    twins: list[tuple[Any, ...]] = []
    audited: dict[str, list[str]] = defaultdict(list)
    names, families, answerable = columns["id"], columns["family"], columns["answerable"]
    for at, (length, hardness) in enumerate(zip(lengths, measured, strict=True)):
        if answerable[at]:
            steps, tier = int(hardness["steps"]), int(hardness["tier"])
            examples.append((abs(steps - 9) > 3, length > 1_000, -tier, names[at]))
            audited[families[at]].append(names[at])
        else:
            odd = columns["answer"][at] != "none"
            twins.append((length > 900, odd, len(columns["certificate"][at]), names[at]))
    figures.example = _least(figures.example, examples)
    figures.twin = _least(figures.twin, twins)
    for family, ids in audited.items():
        figures.audited[family] = sorted([*figures.audited[family], *ids])[:AUDITED]


def _least(old: Pick | None, ranks: Sequence[tuple[Any, ...]]) -> Pick | None:
    if not ranks:
        return old
    new = Pick(min(ranks), min(ranks)[-1])
    return new if old is None or new.rank < old.rank else old


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
