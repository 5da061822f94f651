"""From a completion to the texts that may be its answer, best first.

What counts as the answer, in this order:

1. Thinking is not answer: what follows the last `</think>` counts. A `<think>` that is never closed hides all that
   follows it, so a reply cut off while thinking is unreadable.
2. Explicit marks, the last one in the text first: `<answer>` tags, `\\boxed{}`, a JSON key `answer`, a label
   such as `Answer:`, `The answer is` or `####`.
3. Without a mark that can be read: the whole reply, its last code fence, paragraph, bold words, lines.

Only the last MAX_SCANNED characters are looked at, and only the last few marks, so any reply costs bounded time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Literal

from verimill.schemas.text import plain
from verimill.verifiers.markup import (
    MAX_ANSWER,
    forms,
    json_texts,
    json_value,
    named_answer,
    without_thinking,
    without_tokens,
)
from verimill.verifiers.status_words import status_word

Shape = Literal["word", "line", "block"]

MAX_SCANNED = 65_536  # characters from the end of a reply
MAX_MARKS = 8  # explicit marks looked at, from the last one
MAX_CANDIDATES = 48  # texts handed to the codec
MAX_LINES = 16  # of a block that stands right below a sentence

_LABEL = re.compile(
    r"answers?(?: to (?:the|this|your) [a-z]{1,20})?[ \t]{0,4}[*_`]{0,3}[ \t]{0,4}"
    r"(?:(?:is|are|will be|would be|must be|should be)\b(?: therefore| thus| then| simply| just)?[ \t]{0,4}:?"
    r"|[:=]|-{1,2}>?(?= )|\n)"
)
_OPENERS = ("<answer>", "<final_answer>", "<final answer>", "<finalanswer>", "[answer]")
_ASIDE = re.compile(r"\.(?:\s|$)| because |, because |, since |,? as | \((?=[a-zA-Z])|; ")


def candidates(completion: str, shape: Shape) -> Iterator[str]:
    """Every text that may be the answer of `completion`, best first, each only once; never raises."""
    if not isinstance(completion, str) or not completion:
        return
    seen: set[str] = set()
    block = shape == "block"
    scanned = _scanned(completion)
    if scanned[:1] in ("{", "`"):  # the whole reply is JSON: a word of its explanation is no label
        named = named_answer(json_value(scanned.strip("`").removeprefix("json").strip()))
        if named is not None:
            scanned = json.dumps({"answer": named})
    for source in _sources(scanned, block):
        for text in forms(source, block):
            if text and text not in seen:
                yield text
                seen.add(text)
                if len(seen) >= MAX_CANDIDATES:
                    return


def _scanned(completion: str) -> str:
    """The bounded, plain, thought-free end of a completion."""
    if len(completion) > MAX_SCANNED:
        # An opening far before the end still hides it; both searches are plain and linear.
        opened, closed = completion.rfind("<think>"), completion.rfind("</think>")
        if opened > closed:
            completion = completion[:opened]
        completion = completion[-MAX_SCANNED:]
    return without_tokens(without_thinking(plain(completion)))[-MAX_SCANNED:].strip()


def _sources(text: str, block: bool, inside: bool = False) -> Iterator[str]:
    """The stretches of text to read: explicit marks from the last, then the rest."""
    low = text.lower()
    end = len(text)
    # Where each kind of mark was last seen before `end`; a search is repeated only for the kind just used.
    at = {"answer": low.rfind("answer"), "boxed": low.rfind("boxed")}
    if not block:  # in a block this is a row of filled cells
        at["\n#### "] = low.rfind("\n#### ")
    for _ in range(MAX_MARKS):
        kind = max(at, key=at.__getitem__)
        where = at[kind]
        if where < 0:
            break
        end = where
        if kind == "answer":
            end = yield from _answer_mark(text, low, where, block, inside)
        elif kind == "boxed":
            yield from _boxed(text, where + 5)
        else:
            yield from _labelled(text, where + 6, block)
        for other, place in at.items():
            if place >= end:
                at[other] = low.rfind(other, 0, end)
    if not block and text.startswith("#### "):
        yield from _labelled(text, 5, block)
    yield from _unmarked(text, block)


def _answer_mark(text: str, low: str, where: int, block: bool, inside: bool) -> Generator[str, None, int]:
    """What the word `answer` at `where` marks, if it marks anything; returns where the mark begins."""
    before = low[max(0, where - 9) : where].replace("final", "").strip("_- ")
    after = low[where + 6 : where + 16].lstrip()
    if before.endswith(("</", "[/")):
        start, tag = max((low.rfind(tag, 0, where), tag) for tag in _OPENERS)
        if start < 0:
            return where
        content = text[start + len(tag) : low.rfind("/", start, where) - 1]
        yield content
        if not inside and len(content) <= MAX_ANSWER:
            yield from _sources(content, block, inside=True)
        return start
    if before.endswith("<") and after[:1] == ">":
        yield from _labelled(text, where + 7, block)
    elif after[:1] in ('"', "'") and after[1:].lstrip()[:1] == ":":
        colon = text.index(":", where)
        yield from _json_mark(text, colon + 1)
    else:
        label = _LABEL.match(low, where)
        if label is not None:
            marked = "*" in low[max(0, where - 20) : where].rpartition("\n")[2]
            yield from _labelled(text, label.end(), block, marked)
    return where


def _json_mark(text: str, at: int) -> Iterator[str]:
    while text[at : at + 1].isspace():
        at += 1
    value = json_value(text, at)
    if value is None and text[at : at + 1] in ("'", "[", "{"):
        value = json_value(text[at : at + MAX_ANSWER].replace("'", '"'))
    yield from json_texts(value)


def _boxed(text: str, at: int) -> Iterator[str]:
    """The content of the braces that open at `at`, nested ones included."""
    while text[at : at + 1] == " ":
        at += 1
    if text[at : at + 1] != "{":
        token = _TOKEN.match(text, at)  # \\boxed 5
        if token is not None:
            yield token.group()
        return
    depth = 0
    for place in _BRACES.finditer(text, at, at + MAX_ANSWER):
        brace = place.group()
        if brace == "{":
            depth += 1
        elif brace == "}":
            depth -= 1
            if depth == 0:
                yield text[at + 1 : place.start()]
                return


_BRACES = re.compile(r"\\[{}\\]|[{}]")
_TOKEN = re.compile(r"[^\s${}\\.,]{1,40}")


def _labelled(text: str, at: int, block: bool, marked: bool = False) -> Iterator[str]:
    """What follows a label: for a block the lines below it, else the rest of its line, then its first clause."""
    rest = text[at : at + MAX_ANSWER].lstrip(" \t:")
    if marked:  # `**Answer:** 5`
        rest = rest.removeprefix("**").removeprefix("*").removeprefix("__")
    line, _, below = rest.partition("\n")
    line = line.strip()
    under = not line.strip("*_ ") or line.rstrip("*_ ").endswith(":")
    if under:  # the answer is below: "Answer is as follows:"
        rest = below.lstrip("\n ") if not below.lstrip(" \n").startswith("|") else below.strip("\n")
        line = rest.strip().partition("\n")[0].strip()
    fence = rest.find("```")
    if fence >= 0 and (block or not rest[:fence].strip()):
        between = rest[:fence].strip()
        if not between or "\n\n" not in between:
            yield from _fenced(rest, fence)
    if block:
        yield rest
        paragraph = rest.strip().partition("\n\n")[0]
        yield paragraph
        yield from _without_prose(paragraph)
        yield line
    else:
        yield line
        if under:  # a line may have been broken into several
            yield rest.strip().partition("\n\n")[0]
    clause = _ASIDE.search(line)
    if clause is not None:
        yield line[: clause.start()]
    bold = line.split("**", 2)
    if len(bold) == 3:
        yield bold[1]


def _fenced(text: str, at: int) -> Iterator[str]:
    """The lines of the code fence that opens at `at`, without the word that names its language."""
    close = text.find("```", at + 3)
    inside = text[at + 3 : close if close >= 0 else len(text)]
    head, newline, body = inside.partition("\n")
    if newline and not head.strip().isdigit() and " " not in head.strip():
        yield body
    yield inside


def _unmarked(text: str, block: bool) -> Iterator[str]:
    """The likeliest places of an answer that nothing marks."""
    yield text
    close = text.rfind("```")
    start = text.rfind("```", 0, close) if close > 0 else -1
    if start >= 0:
        yield from _fenced(text, start)
    if block:
        paragraphs = [part for part in text[-MAX_ANSWER:].split("\n\n") if part.strip()]
        for part in reversed(paragraphs[-4:]):
            yield part
            yield from _without_prose(part)
            head, _, body = part.partition("\n")
            if head.rstrip("*_ ").endswith(":"):
                yield body
        colon = text.rfind(":\n")
        if colon >= 0:
            yield text[colon + 2 :]
        lines = paragraphs[-1].strip().split("\n") if paragraphs else []
        for start in range(max(1, len(lines) - MAX_LINES), len(lines) - 1):
            yield "\n".join(lines[start:])
    last = text[text.rfind("\n") + 1 :]
    bold_end = text.rfind("**")
    bold_start = text.rfind("**", 0, bold_end) if bold_end > 0 else -1
    if bold_start >= 0 and bold_end - bold_start < 2_000:
        yield text[bold_start + 2 : bold_end]
    yield last
    if not block:
        for mark in (":", "=", " is "):
            cut = last.rfind(mark)
            if cut >= 0:
                yield last[cut + len(mark) :]
    first = text[:120].partition("\n")[0]
    if status_word(first):  # and why, below it
        yield first


_PROSE = re.compile(r"[^A-Za-z]{0,20}[A-Za-z]{2,30}(?:[^A-Za-z]{1,20}[A-Za-z]{1,30}){2}|#{1,6} |\*\*[A-Z][a-z]")


def _without_prose(paragraph: str) -> Iterator[str]:
    """A block without the sentences right above and right below it, when it has any."""
    lines = paragraph.split("\n")
    first, last = 0, len(lines)
    while first < last and _PROSE.match(lines[first][:200].lstrip()):
        first += 1
    while last > first and _PROSE.match(lines[last - 1][:200].lstrip()):
        last -= 1
    if last - first > 1 and last - first < len(lines):
        yield "\n".join(lines[first:last])
