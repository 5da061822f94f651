"""The card's sections as Markdown texts, each made from counts or from rows of the dataset, never from hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verimill.data_cards.examples import Examples
from verimill.data_cards.figures import REASONS, Figures, Spread
from verimill.data_cards.markdown import NOT_MEASURED, count, fence, inline, levels, number, share, size, table
from verimill.schemas.rows import COLUMNS
from verimill.schemas.selections import KINDS, name_of

_WHY = {
    "exhausted": "a bounded search made no problem",
    "duplicate": "the same problem, up to symmetry, was there already",
    "orphan": "an unanswerable twin whose original is a duplicate",
    "spare": "made, but no split wanted it",
}


def of(figures: Figures, examples: Examples, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What the template asks for."""
    checked = sum(spread.count for spread in figures.steps.values())
    return {
        "summary": _summary(figures),
        "right": count(figures.right),
        "problems": count(figures.problems),
        "checked_traces": count(checked),
        "all_traces": count(sum(figures.trace_rows.values())),
        "distinct": count(figures.distinct),
        "families": _families(figures),
        "splits": _splits(figures),
        "first_split": figures.splits[0],
        "has_traces": bool(figures.of("traces")),
        "levels": _levels(figures),
        "ladder": _ladder(figures),
        "not_measured": NOT_MEASURED,
        "example": _example(examples),
        "twin": _twin(examples),
        "certificates": _certificates(figures),
        "recounts": _recounts(figures),
        "traces": _traces(figures),
        "dropped": _dropped(figures),
        "made": _made(figures),
        "rebuild": _rebuild(figures, recipe),
        "recipe": fence(figures.recipe, "yaml") if figures.recipe else "",
        "files": _files(figures),
        "columns": _columns(figures),
        "languages": ", ".join(sorted(figures.languages)),
        "suppose": "" if not checked else " but suppositions that are then refuted",
    }


def _summary(figures: Figures) -> str:
    kinds = sorted({min(figures.about[family])[0] for family in figures.families})
    unanswerable = sum(figures.unanswerable.values())
    traces, splits = count(sum(figures.trace_rows.values())), len(figures.splits)
    return (
        f"{count(figures.problems)} reasoning problems of {len(figures.families)} families ({', '.join(kinds)}) and "
        f"{traces} traces, in {splits} split{'s' * (splits > 1)}. {count(unanswerable)} problems "
        f"({share(unanswerable, figures.problems)}) have no answer, or more than one, and the right reply is to say so."
    )


def _merged(spreads: list[Spread]) -> Spread:
    whole = Spread()
    for one in spreads:
        whole.count, whole.total = whole.count + one.count, whole.total + one.total
        whole.low, whole.high = min(whole.low, one.low), max(whole.high, one.high)
    return whole


def _families(figures: Figures) -> str:
    heads = ["family", "kind", "checker", "version", *figures.splits, "unanswerable", "levels", "tier", "effort"]
    lines = []
    for family in figures.families:
        about = sorted(figures.about[family])
        known = [level for name, level in figures.tier if name == family and level is not None]
        tier = _merged([spread for (name, _), spread in figures.tier.items() if name == family])
        effort = _merged([spread for (name, _), spread in figures.effort.items() if name == family])
        lines.append([
            family, about[0][0], about[0][1].replace("_", " "), ", ".join(str(version) for *_, version in about),
            *(figures.rows[family, split] for split in figures.splits),
            sum(n for (name, _), n in figures.unanswerable.items() if name == family),
            levels(known) or "knobs", f"{number(tier.low)}-{number(tier.high)}",
            f"{number(effort.low)}-{number(effort.high)}",
        ])  # fmt: skip
    total = [sum(figures.rows[family, split] for family in figures.families) for split in figures.splits]
    lines.append(["**all**", "", "", "", *total, sum(figures.unanswerable.values()), "", "", ""])
    return table(heads, lines, left=3)


def _splits(figures: Figures) -> str:
    lines = []
    for split in figures.splits:
        files = [file for file in figures.of("problems") if file.split == split]
        known = [level for level, name in figures.levels if name == split and level is not None]
        lines.append([
            split, sum(file.rows for file in files), figures.trace_rows[split],
            count(figures.tokens[split]) if figures.token_rows[split] else NOT_MEASURED, levels(known) or "knobs",
            len({family for family, name in figures.rows if name == split}), len(files),
            size(sum(file.bytes for file in figures.files if file.split == split)),
        ])  # fmt: skip
    return table(["split", "problems", "traces", "completion tokens", "levels", "families", "files", "size"], lines)


def _levels(figures: Figures) -> str:
    lines = []
    for level in figures.known_levels:
        tier = _merged([spread for (_, at), spread in figures.tier.items() if at == level])
        lines.append([
            "knobs" if level is None else level, *(figures.levels[level, split] for split in figures.splits),
            number(round(tier.mean, 2)), f"{number(tier.low)}-{number(tier.high)}",
        ])  # fmt: skip
    return table(["level", *figures.splits, "mean tier", "tiers"], lines)


def _ladder(figures: Figures) -> str:
    heads = ["family", *("knobs" if level is None else str(level) for level in figures.known_levels)]
    lines = []
    for family in figures.families:
        measured = [figures.effort.get((family, level)) for level in figures.known_levels]
        lines.append([family, *(number(round(one.mean, 1)) if one else "" for one in measured)])
    return table(heads, lines)


def _example(examples: Examples) -> dict[str, str] | None:
    row, trace = examples.problem, examples.trace
    if row is None:
        return None
    checked = trace if trace is not None and trace["steps_checked"] and trace["outcome"] == "right" else None
    refused = examples.refused
    return {
        "head": _head(row),
        "prompt": fence(_prompt(row)),
        "steps": count(checked["steps_checked"]) if checked else "",
        "reasoning": fence(checked["reasoning"]) if checked else "",
        "answer": fence(row["answer"]),
        "certificate": inline(row["certificate"]),
        "refused": fence(refused.answer) if refused else "",
        "reason": inline(refused.reason) if refused else "",
    }


def _head(row: Mapping[str, Any]) -> str:
    hardness = json.loads(row["hardness"])
    told = ", ".join(f"{name} {number(hardness[name])}" for name in ("tier", "steps", "search", "effort"))
    return f"`{row['key']}` in the split {row['split']}; {told}."


def _prompt(row: Mapping[str, Any]) -> str:
    return "\n\n".join(message["content"] for message in row["prompt"])


def _twin(examples: Examples) -> dict[str, str] | None:
    row = examples.twin
    if row is None:
        return None
    return {
        "head": f"`{row['key']}` in the split {row['split']}.",
        "prompt": fence(_prompt(row)),
        "answer": f"`{row['answer']}`",
        "certificate": f"What was proved: {inline(row['certificate'])}",
    }


def _certificates(figures: Figures) -> str:
    lines = [[*what, n] for what, n in sorted(figures.certificates.items())]
    return table(["kind", "claim", "by", "problems"], lines, left=3)


def _recounts(figures: Figures) -> str:
    total = sum(figures.recounts.values())
    if not total:
        return f"{NOT_MEASURED} in the rows (`verimill verify DIR --recount 1` solves them all again)."
    agreed = sum(n for (_, agrees), n in figures.recounts.items() if agrees)
    by = table(["second solver", "problems"], sorted(_by_method(figures).items()))
    return f"{count(total)} problems, {share(total, figures.problems)}; {count(agreed)} agree.\n\n{by}"


def _by_method(figures: Figures) -> dict[str, int]:
    found: dict[str, int] = {}
    for (method, _), n in figures.recounts.items():
        found[method] = found.get(method, 0) + n
    return found


def _traces(figures: Figures) -> str:
    if not figures.of("traces"):
        return "This dataset has none."
    lines = []
    for teacher, verbosity in sorted({(teacher, verbosity) for teacher, verbosity, _ in figures.traces}):
        outcomes = {o: figures.traces[teacher, verbosity, o] for o in ("right", "wrong", "unreadable", "truncated")}
        steps, reasoning = figures.steps.get((teacher, verbosity)), figures.reasoning[teacher, verbosity]
        lines.append([
            inline(teacher), verbosity, *outcomes.values(), steps.count if steps else NOT_MEASURED,
            number(steps.total) if steps else NOT_MEASURED,
            figures.steps_wrong[teacher, verbosity] if steps else NOT_MEASURED,
            number(round(reasoning.mean)), number(reasoning.high),
        ])  # fmt: skip
    heads = ["teacher", "verbosity", "right", "wrong", "unreadable", "truncated", "step-checked", "steps checked",
             "steps wrong", "mean characters", "most"]  # fmt: skip
    counted = sum(figures.token_rows.values())
    tokens = f"{count(sum(figures.tokens.values()))} in {count(counted)} traces" if counted else NOT_MEASURED
    wrong, helped = sum(figures.steps_wrong.values()), sum(figures.hints.values())
    return (
        f"{table(heads, lines, left=2)}\n\nSteps that do not follow: {count(wrong)}. Traces whose teacher was helped, "
        f"by a hint or a right beginning: {count(helped)}. Completion tokens: {tokens}. An oracle trace without steps "
        f"to check is of a problem with several answers: it shows two of them."
    )


def _dropped(figures: Figures) -> str:
    if not figures.of("dropped"):
        return f"What was tried and not kept: {NOT_MEASURED}."
    lines: list[list[Any]] = []
    reasons = [*REASONS, *sorted({reason for _, reason in figures.dropped} - set(REASONS))]
    names = [*figures.families, *sorted({family for family, _ in figures.dropped} - set(figures.families))]
    for family in names:
        gone = [figures.dropped[family, reason] for reason in reasons]
        exhausted = figures.dropped[family, "exhausted"]
        kept = sum(n for (name, _), n in figures.rows.items() if name == family)
        made = kept + sum(gone) - exhausted
        twins = figures.kept_twins[family] + figures.dropped_twins[family]
        lines.append([family, made - twins + exhausted, twins, made, kept, *gone])
    lines.append(["**all**", *(sum(line[at] for line in lines) for at in range(1, len(lines[0])))])
    known = _WHY | {name_of(kind): f"dropped by a selection ({kind.paper})" for kind in KINDS}
    told = "\n".join(f"- {reason}: {known[reason]}." for reason in reasons if reason in known)
    duplicates = sum(n for (_, reason), n in figures.dropped.items() if reason == "duplicate")
    picture = "\n\n![Dropped, by family and reason](charts/dropped.png)" if figures.dropped else ""
    return (
        f"Duplicates removed, across all splits: {count(duplicates)}. `dropped/` names every candidate by its key.\n\n"
        f"{table(['family', 'tried', 'twins', 'made', 'kept', *reasons], lines)}\n\n"
        f"Twins are unanswerable ones, made beside their originals.\n\n{told}{_dropped_traces(figures)}{picture}"
    )


def _dropped_traces(figures: Figures) -> str:
    if not figures.dropped_traces:
        return ""
    papers = {name_of(kind): kind.paper for kind in KINDS}
    lines = [[stage, n, papers.get(stage, "-")] for stage, n in sorted(figures.dropped_traces.items())]
    return f"\n\nTraces dropped, kept whole in `dropped/`:\n\n{table(['stage', 'traces', 'from'], lines, left=1)}"


def _made(figures: Figures) -> str:
    seeds, prompt = sorted(figures.seeds), figures.prompt
    shown = ", ".join(f"`{seed}`" for seed in seeds[:20]) + (f" and {len(seeds) - 20} more" if len(seeds) > 20 else "")
    made_by = ", ".join(f"{version} ({count(n)} problems)" for version, n in sorted(figures.versions.items()))
    judged_by = ", ".join(f"{version} ({count(n)} traces)" for version, n in sorted(figures.verifiers.items()))
    lengths = f"{number(prompt.low)} to {number(prompt.high)} characters, {number(round(prompt.mean))} on average"
    lines = [
        ["seed", shown],
        ["made by verimill", made_by],
        ["judged by verimill", judged_by or NOT_MEASURED],
        ["styles of prompts", f"{count(sum(map(len, figures.styles.values())))} of wording and layout"],
        ["length of prompts", lengths],
    ]
    return table(["what", "value"], lines, left=2)


_COMMANDS = (
    ("verimill build recipe.yaml --out rebuilt", "the same rows again"),
    ("verimill verify .", "judge every row and step again"),
    ("verimill reproduce .", "make every row again from its key, and compare"),
    ("verimill card . --check", "count this card's numbers again"),
)


def _rebuild(figures: Figures, recipe: Mapping[str, Any]) -> str:
    commands = _COMMANDS if recipe else _COMMANDS[1:]
    width = max(len(command) for command, _ in commands)
    lines = [f'pip install "verimill[flow,report]=={max(figures.versions)}"']
    lines += [f"{command:<{width}}   # {what}" for command, what in commands]
    return f"In this folder:\n\n{fence(chr(10).join(lines), 'sh')}"


def _files(figures: Figures) -> str:
    lines = [[f"`{file.name}`", file.rows, file.bytes, f"`{file.sha256[:16]}`"] for file in figures.files]
    shown = lines[:60]
    more = f"\n\nand {len(lines) - 60} more, all in `manifest.jsonl`." if len(lines) > 60 else ""
    return table(["file", "rows", "bytes", "sha256 starts"], shown) + more


def _columns(figures: Figures) -> str:
    parts = []
    for name in ("problems", "traces"):
        files = figures.of(name)
        rows = sum(file.rows for file in files)
        if files:
            lines = [
                [f"`{column}`", "list of role and content" if kind == "messages" else kind.replace("word", "string"),
                 share(figures.nulls[name, column], rows) if may else "never", what]
                for column, kind, may, what in COLUMNS[name]
            ]  # fmt: skip
            parts.append(f"`{name}`:\n\n" + table(["column", "type", "null", "what"], lines, left=4))
    return "\n\n".join(parts)
