"""The pages of docs/reference, made from the code: commands, recipe, columns, exports, families and Python.

python -m verimill.reference docs/reference      as `make pages` does; a test tells whether a page is out of date
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

HEAD = "<!-- Written by `python -m verimill.reference`; do not edit. -->"


def pages() -> Mapping[str, str]:
    """File name to text."""
    made = {
        "commands.md": commands(),
        "recipe.md": recipe(),
        "columns.md": columns(),
        "exports.md": exports(),
        "families.md": families(),
        "python.md": python(),
    }
    return {name: text.rstrip() + "\n" for name, text in made.items()}


def write(out: Path) -> list[Path]:
    """The pages stand in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (out / name).write_text(text, encoding="utf-8")
    return [out / name for name in pages()]


# --- commands ---------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with what it does, its options and its examples, from the functions that the parser is made of."""
    from verimill.cli import app

    functions: dict[str, Any] = {}
    for command in app.registered_commands:
        function: Any = command.callback
        functions[command.name or function.__name__.replace("_", "-")] = function
    listed = "\n".join(f"- [{name}](#{name})" for name in functions)
    return "\n\n".join(["# Commands", HEAD, listed, *(_command(*one) for one in functions.items())])


def _command(name: str, function: Any) -> str:
    from verimill.data_cards.markdown import fence, table

    told, _, examples = (inspect.getdoc(function) or "").partition("\b")
    hints, words, rows = get_type_hints(function, include_extras=True), [name], []
    for one in inspect.signature(function).parameters.values():
        kind, about = get_args(hints[one.name])[:2]
        required = one.default is inspect.Parameter.empty
        named = (about.default, *(about.param_decls or ())) if isinstance(about.default, str) else about.param_decls
        flags = [f"`{flag}`" for flag in named or ()]
        if not flags:
            word = one.name.upper() + ("..." if "list" in str(kind) else "")
            words.append(word if required else f"[{word}]")
            flags = [f"`{one.name.upper()}`"]
        default = "required" if required else _value(None if one.default is False else one.default)
        rows.append([", ".join(flags), _takes(kind, about), default, about.help or ""])
    parts = [f"## {name}", f"`verimill {' '.join(words)} [OPTIONS]`", _paragraphs(told)]
    parts.append(table(["option", "takes", "default", "meaning"], rows, left=4))
    lines = [line.strip() for line in examples.splitlines() if line.strip().startswith("verimill ")]
    if lines:
        parts.append(fence("\n".join(lines), "sh"))
    return "\n\n".join(parts)


def _takes(kind: Any, about: Any) -> str:
    """What is written behind an option."""
    if kind is bool:
        return ""
    word = _hint(kind).removeprefix("list of ")
    low, high = ("" if end is None else f"{end:g}" for end in (about.min, about.max))
    return word + (f", {low}..{high}" if low or high else "") + (", more than once" if "list" in str(kind) else "")


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()


# --- recipe, columns, families ----------------------------------------------------------------------------------


def recipe() -> str:
    """Every field of a recipe, model by model."""
    from verimill.schemas.recipes import Recipe

    told = "A recipe is a YAML file. `verimill build RECIPE --dry-run` checks it and shows what it makes."
    return "\n\n".join(["# Recipe", HEAD, told, *map(_model, dict.fromkeys(_models(Recipe)))])


def _models(hint: Any) -> Iterator[Any]:
    """A model and those that its fields hold."""
    if inspect.isclass(hint) and hasattr(hint, "model_fields"):
        yield hint
        for field in hint.model_fields.values():
            yield from _models(field.annotation)
    for part in get_args(hint):
        yield from _models(part)


def _model(model: Any) -> str:
    from verimill.data_cards.markdown import table
    from verimill.schemas.knobs import field_docs

    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if hasattr(base, "model_fields"):
            docs |= field_docs(base)
    rows = []
    for name, field in model.model_fields.items():
        if name == "stage":  # its one value is the stage's name
            continue
        default = "required" if field.is_required() else _value(field.get_default(call_default_factory=True))
        rows.append([f"`{name}`", _hint(field.annotation), default, docs.get(name, "")])
    stage = model.model_fields.get("stage")
    title = _hint(stage.annotation) if stage else model.__name__.removesuffix("Entry")
    about = _paragraphs(inspect.getdoc(model) or "")
    if getattr(model, "paper", ""):
        about += f" After {model.paper}."
    if not rows:
        return f"## {title}\n\n{about}"
    return f"## {title}\n\n{about}\n\n{table(['field', 'type', 'default', 'meaning'], rows, left=4)}"


def _value(value: Any) -> str:
    if value in (None, "", [], {}, ()):
        return ""
    fields = getattr(type(value), "model_fields", None)
    return "its own" if fields is not None else f"`{value}`"


def _hint(hint: Any) -> str:
    """A type in a word or two."""
    if hint is type(None):
        return "none"
    arguments = [part for part in get_args(hint) if part is not Ellipsis]
    origin = get_origin(hint)
    if origin is None:
        known = {int: "whole number", float: "number", str: "text", bool: "true or false", Path: "path"}
        return known.get(hint, getattr(hint, "__name__", str(hint)).removesuffix("Entry").lstrip("_"))
    if str(origin) == "typing.Literal":
        return " or ".join(map(str, arguments))
    if hasattr(hint, "__metadata__"):
        return _hint(arguments[0])
    if origin in (list, tuple):
        return f"list of {_hint(arguments[0])}"
    if origin is dict:
        return f"{_hint(arguments[0])} to {_hint(arguments[1])}"
    return " or ".join(dict.fromkeys(_hint(part) for part in arguments if part is not type(None)))


def columns() -> str:
    """The tables, column by column."""
    from verimill.data_cards.markdown import table
    from verimill.schemas.rows import COLUMNS

    parts = ["# Columns", HEAD, "One frozen schema for each table, for all families."]
    for name, listed in COLUMNS.items():
        rows = [[f"`{column}`", kind, "yes" if null else "", about] for column, kind, null, about in listed]
        parts.append(f"## {name}\n\n" + table(["column", "type", "may be null", "what it holds"], rows, left=4))
    return "\n\n".join(parts)


def exports() -> str:
    """What `verimill export --to` writes, with the usual options."""
    from verimill.data_cards.markdown import table
    from verimill.pipelines.exports.shapes import FORMATS, TRACED, Options, format_of

    rows = []
    for name in FORMATS:
        form = format_of(name)
        rows.append([f"`{name}`", form.reader, ", ".join(f"`{column}`" for column, _ in form.columns(Options()))])
    first = ", ".join(f"`{column}`" for column, _ in TRACED)
    told = f"`verimill export DIR --to FORMAT --out FOLDER`. Every row begins with {first}; then come:"
    return "\n\n".join(["# Exports", HEAD, told, table(["format", "read by", "columns"], rows, left=3)])


def families() -> str:
    """Every family's knobs."""
    from verimill.data_cards.markdown import table
    from verimill.schemas.families import codec, names
    from verimill.schemas.keys import level_params
    from verimill.schemas.knobs import knobs
    from verimill.schemas.values import dump

    told = "`--knobs name=value,...` on the command line and `knobs:` in a recipe lay single knobs over each level."
    parts = ["# Families and their knobs", HEAD, told]
    for family in names():
        code = codec(family)
        low, high = dump(level_params(family, 1)), dump(level_params(family, 10))
        rows = [
            [f"`{k.name}`", k.type, f"{_word(low[k.name])} to {_word(high[k.name])}", k.doc] for k in knobs(code.params)
        ]
        head = f"## [{family}](../families/{family}.md)\n\n{code.title}: {code.checker.replace('_', ' ')}, {code.kind}."
        parts.append(f"{head}\n\n" + table(["knob", "type", "levels 1 to 10", "meaning"], rows, left=4))
    return "\n\n".join(parts)


def _word(value: Any) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


# --- python -----------------------------------------------------------------------------------------------------

_SHOWN = (
    ("verimill", ("families", "generate", "verify")),
    ("verimill.schemas.core", ("Verdict",)),
    ("verimill.verifiers.rewards",
     ("trl_reward", "compute_score", "reward_func", "skyrl_step", "score", "score_batch", "reply_text")),
    ("verimill.pipelines.rows", ("problem_from_key", "series", "unanswerable_twin")),
    ("verimill.pipelines.exports.writing", ("export",)),
)  # fmt: skip


def python() -> str:
    """What a library user calls, with signatures."""
    return "\n\n".join(["# Python", HEAD, *(part for home, names in _SHOWN for part in _functions(home, names))])


def _functions(home: str, names: tuple[str, ...]) -> Iterator[str]:
    from verimill.data_cards.markdown import fence

    module = importlib.import_module(home)
    yield f"## {home}"
    for name in names:
        value = getattr(module, name)
        kind = "class " if inspect.isclass(value) else ""
        signature = re.sub(r"<function [^>]*>+ at \w+>|<function .*? at \w+>", "...", str(inspect.signature(value)))
        yield (
            fence(f"{kind}{name}{signature}".replace("''", '""').replace("'", ""), "python")
            + f"\n\n{_paragraphs(inspect.getdoc(value) or '')}"
        )


if __name__ == "__main__":
    for path in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")):
        print(path)
