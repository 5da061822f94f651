"""The dressings of an answer taken off: special tokens, thinking, markdown, LaTeX, JSON.

Every function is linear in the length of its text: patterns have bounded repetitions and fixed anchors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_ANSWER = 32_768  # characters of one candidate answer

_TOKENS = re.compile(
    r"<\|[^<>|\n]{1,40}\|>|</?s>|<(?:eos|bos|pad|unk|end_of_turn|start_of_turn)>|\[/?INST\]|<</?SYS>>", re.IGNORECASE
)
_THOUGHT = re.compile(r"(?:<(/?)|\[(/?)|◁(/?))(?:think|thinking|thought|thoughts|reasoning)[>\]▷]", re.IGNORECASE)
_WRAPPED = re.compile(
    r"\\(?:text|textbf|textit|texttt|textrm|mathrm|mathbf|mathit|mathtt|mathsf|operatorname|mbox|hbox|fbox|emph|underline|bf|rm)"
    r"\s{0,3}\{([^{}]{0,4000})\}"
)
_PART = r"\s{0,3}(?:\{([^{}]{1,200})\}|(\d))"
_FRACTION = re.compile(rf"(\d|(?:/|\\div\b)\s{{0,3}})?\\[dtc]?frac{_PART}{_PART}")
_SIMPLE = re.compile(r"\s*[-+]?[\w.,]+\s*")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s{0,3}\{[a-zA-Z*]{1,20}\}(?:\{[clr|@ ]{0,40}\})?")
_COMMAND = re.compile(r"\\([a-zA-Z]{1,20}|[^a-zA-Z])")
_COMMANDS = {
    "times": "*", "cdot": "*", "ast": "*", "div": "/", "to": "->", "rightarrow": "->", "Rightarrow": "->",
    "longrightarrow": "->", "implies": "->", "leftrightarrow": "<->", "colon": ":", "pm": "±",
    "lt": "<", "gt": ">", "mid": "|", "vert": "|", "ldots": "...", "dots": "...",
    "\\": "\n", "newline": "\n", "cr": "\n", "quad": " ", "qquad": " ", ",": " ", ";": " ", ":": " ", " ": " ", "!": "",
    "left": "", "right": "", "big": "", "Big": "", "bigl": "", "bigr": "", "displaystyle": "", "hline": "",
    "boxed": "", "limits": "", "(": "", ")": "", "[": "", "]": "", "{": "{", "}": "}", "_": "_", "%": "%",
    "#": "#", "$": "", "&": "&", "-": "-", "*": "*", "|": "|", "n": "\n",
}  # fmt: skip
_HTML = re.compile(r"</?(?:b|i|u|p|em|strong|code|pre|span|div|center)>|<br ?/?>", re.IGNORECASE)
_ENDS = " \t\n.!;,✅✓✔🎉∎"
_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}[-:| \t]*$")  # the line below the head of a markdown table


def without_thinking(text: str) -> str:
    """What follows the last closed thinking; an unclosed thinking is cut off, as nothing in it is an answer yet."""
    if "<" not in text and "[" not in text and "◁" not in text:
        return text
    opened: int | None = None
    start = 0
    for tag in _THOUGHT.finditer(text):
        if "/" in tag.group():
            start, opened = tag.end(), None
        elif opened is None:
            opened = tag.start()
    text = text[start:opened]
    channel = text.rfind("<|message|>")
    return text if channel < 0 else text[channel + len("<|message|>") :]


def without_tokens(text: str) -> str:
    """The text with chat and end-of-text tokens replaced by line ends."""
    return _TOKENS.sub("\n", text) if "<" in text or "[" in text else text


def without_latex(text: str) -> str:
    """Simple LaTeX read as plain text: `\\text{a}`, `\\( 5 \\)`, `\\frac{1}{2}`, matrices as lines."""
    if "\\" not in text:
        return text.replace("$", "") if "$" in text else text
    for _ in range(4):  # \textbf{\text{a}}: wrappers and fractions within others
        bare = _WRAPPED.sub(r"\1", text)
        if "frac" in bare:
            bare = _FRACTION.sub(_fraction, bare)
        if bare == text:
            break
        text = bare
    matrix = "\\begin" in text
    text = _ENVIRONMENT.sub("", text)
    text = _COMMAND.sub(lambda found: _COMMANDS.get(found[1], " " + found[1]), text)
    return (text.replace("&", " ") if matrix else text).replace("$", "")


def _fraction(found: re.Match[str]) -> str:
    """`a/b` with the brackets that keep its value: round a sum, and round all of it behind a division.

    A number right before it makes a mixed number: 3\\frac{1}{2} is not 31/2.
    """
    before, *parts = found.groups()
    top, bottom = (part if _SIMPLE.fullmatch(part) else f"({part})" for part in parts if part)
    if not before:
        return f"{top}/{bottom}"
    return f"{before} {top}/{bottom}" if before.isdigit() else f"{before}({top}/{bottom})"


def without_emphasis(text: str) -> str:
    """Bold, code marks and quotes that surround the text or its parts are gone."""
    text = text.strip()
    if "<" in text:
        text = _HTML.sub(lambda tag: "\n" if tag[0][1] in "bB" and tag[0][2:3] in "rR" else "", text).strip()
    if "**" in text and text.count("**") % 2:  # `**Answer: 5**` leaves one half behind
        text = text[2:] if text.startswith("**") else text[:-2] if text.endswith("**") else text
    if "**" in text:
        text = text.replace("**", "")
    if "`" in text:
        text = text.replace("`", "")
    while len(text) > 1 and text[0] == text[-1] and text[0] in "\"'*_":
        text = text[1:-1]
    return text.strip()


def without_table(text: str) -> str:
    """A markdown table as lines of cells separated by spaces."""
    rows = [line for line in text.split("\n") if not _RULE.match(line[:400])]
    return "\n".join(" ".join(row.strip().strip("|").replace("|", " ").split()) for row in rows)


def json_value(text: str, at: int = 0) -> Any:
    """The JSON value that starts at `at`, numbers as their own text; None when there is none."""
    try:
        return _JSON.raw_decode(text, at)[0]
    except (ValueError, RecursionError):
        return None


_JSON = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


def json_texts(value: Any) -> Iterator[str]:
    """The texts that a JSON value may stand for, likeliest first."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str):
        yield value
    elif isinstance(value, list) and value:
        rows = [_flat(item) for item in value]
        if all(isinstance(item, list) for item in value):
            yield "\n".join(rows)
        else:
            yield ", ".join(rows)
            yield "\n".join(rows)
            yield " ".join(rows)
    elif isinstance(value, dict) and value:
        pairs = [(str(key), _flat(item)) for key, item in value.items()]
        yield "\n".join(f"{key}: {item}" for key, item in pairs)
        yield ", ".join(f"{key} = {item}" for key, item in pairs)
        yield ", ".join(f"{key}: {item}" for key, item in pairs)


def named_answer(value: Any) -> Any:
    """What a JSON object holds under the name of an answer, or None."""
    if not isinstance(value, dict):
        return None
    return next((value[name] for name in ("final_answer", "answer", "solution") if value.get(name) is not None), None)


def _flat(value: Any, depth: int = 0) -> str:
    """One line for a value inside another."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if depth > 4:
        return ""
    if isinstance(value, list):
        return " ".join(_flat(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_flat(item, depth + 1)}" for key, item in value.items())
    return "" if value is None else str(value)


def forms(text: str, block: bool) -> Iterator[str]:
    """The ways to read one candidate: as it stands, then with dressings taken off one after another."""
    text = text.strip()
    if not text or len(text) > MAX_ANSWER:
        return
    if text[0] in "[{":
        value = json_value(text)
        named = named_answer(value)
        if named is not None:
            yield from json_texts(named)
            return
        yield text
        yield from json_texts(value)
    bare = without_emphasis(without_latex(text))
    last = without_emphasis(bare.rstrip(_ENDS))
    # A block may be drawn with dots and stars, so it is first read as it stands; a word never is.
    yield from (text, bare, last) if block else (last, bare, text)
    if block and "|" in text:
        yield without_table(bare)
    if block and text[0] == ">" and all(line[:1] == ">" for line in text.split("\n")):  # a quotation
        yield "\n".join(line[1:].strip() for line in text.split("\n"))
