"""Reading the answer of a reply: no dressing loses a right one, no junk raises, no reply takes long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from verimill.verifiers.extract import MAX_CANDIDATES, Shape, candidates
from verimill.verifiers.status_words import status_word

# Dressings that hold any answer; each maps the answer's text to a reply.
DRESSINGS: dict[str, Callable[[str], str]] = {
    "bare": lambda a: a,
    "trailing newline": lambda a: a + "\n",
    "spaces around": lambda a: f"  \n {a} \n\n",
    "answer label": lambda a: f"Answer: {a}" if "\n" not in a else f"Answer:\n{a}",
    "label, then the answer below": lambda a: f"Some thoughts.\n\nFinal answer:\n\n{a}\n",
    "bold label": lambda a: f"**Answer:**\n{a}",
    "bold label on the line": lambda a: f"**Final Answer**: {a}",
    "heading": lambda a: f"It follows.\n\n## Answer\n\n{a}",
    "boxed": lambda a: f"So we get \\boxed{{{a}}}.",
    "boxed text": lambda a: f"$$\\boxed{{\\text{{{a}}}}}$$",
    "tags": lambda a: f"Because of this: <answer>{a}</answer>",
    "tags on their lines": lambda a: f"<answer>\n{a}\n</answer>\n",
    "capital tags": lambda a: f"<ANSWER>{a}</ANSWER>",
    "tag never closed": lambda a: f"I am sure. <answer>{a}",
    "final answer tags": lambda a: f"<final_answer>{a}</final_answer>",
    "box within tags": lambda a: f"<answer>\\boxed{{{a}}}</answer>",
    "fence": lambda a: f"```\n{a}\n```",
    "fence with a language": lambda a: f"Here it is:\n```text\n{a}\n```\nI hope this helps.",
    "label, then fence": lambda a: f"Answer:\n```\n{a}\n```\n\nEach rule holds.",
    "json": lambda a: json.dumps({"reason": "it fits", "answer": a}),
    "json in a fence": lambda a: "```json\n" + json.dumps({"final_answer": a}, indent=2) + "\n```",
    "after thinking": lambda a: f"<think>\nAnswer: wrong\n</think>\n\n{a}",
    "after thinking, labelled": lambda a: f"<think>maybe \\boxed{{7 7}}</think>The answer is:\n{a}",
    "end token": lambda a: f"Answer:\n{a}<|im_end|>",
    "end of text": lambda a: f"Answer:\n{a}</s>",
    "remark after a blank line": lambda a: f"Answer:\n{a}\n\nLet me know if you want the steps.",
    "remark before": lambda a: f"The solution is as follows:\n\n{a}",
    "last one counts": lambda a: f"Answer: zzz\n\nNo, that was a slip.\n\nAnswer:\n{a}",
    "windows lines": lambda a: f"Answer:\r\n{a}\r\n",
}
ANSWERS: list[tuple[Shape, str]] = [
    ("word", "42"),
    ("word", "-7"),
    ("word", "Ann"),
    ("line", "A -> C -> F"),
    ("line", "(3 + 4) * 25 - 1"),
    ("line", "x = 3, y = -1/2"),
    ("line", "Ann, Bob, Cem, Dee"),
    ("block", "1 2 3\n4 5 6\n7 8 9"),
    ("block", "..*.\n*...\n...*\n.*.."),
    ("block", "Ann: red, cat\nBob: blue, dog"),
    ("block", "##..#\n.#.#.\n#####"),
    ("block", "A -> B: 3\nA -> C: 2\ncut: A | B, C"),
]


@pytest.mark.parametrize("dressing", DRESSINGS)
@pytest.mark.parametrize(("shape", "answer"), ANSWERS)
def test_a_dressed_answer_is_among_the_texts_read(shape: Shape, answer: str, dressing: str) -> None:
    got = [text.replace("\r", "") for text in candidates(DRESSINGS[dressing](answer), shape)]
    assert answer in got
    # What is tried before it must be the same answer in part of its dressing, never another one.
    for text in got[: got.index(answer)]:
        assert answer.split("\n")[0].rstrip("*") in text or not any(character in text for character in "0123456789*#>")


LOOK_ALIKES = {
    "full-width": ("4２", "42"),
    "minus": ("−7", "-7"),
    "no-break space": ("A\u00a0B", "A B"),
    "thin space": ("A\u2009B", "A B"),
    "arrow": ("A → B ⟶ C", "A -> B -> C"),
    "zero width": ("4\u200b2\ufeff", "42"),
    "smart quotes": ("“Ann”", "Ann"),
    "times": ("3 × 4 ÷ 2", "3 * 4 / 2"),
    "arabic digits": ("٤٢", "42"),
    "bold mathematics": ("𝟒𝟐", "42"),
    "ideographic full stop": ("42。", "42"),
    "full-width colon": ("Answer：42", "42"),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_read_as_what_they_look_like(name: str) -> None:
    written, meant = LOOK_ALIKES[name]
    assert meant in candidates(written, "line")
    assert next(iter(candidates(f"Answer: {written.removeprefix('Answer：')}", "word"))) == meant


WORDS = {
    "The answer is 42.": "42",
    "The final answer is **42**": "42",
    "the answer is: $42$": "42",
    "So the correct answer is therefore 42": "42",
    "Answer: \\( 42 \\)": "42",
    "Answer: \\[ 42 \\]": "42",
    "ANSWER = 42": "42",
    "Answer - 42": "42",
    "#### 42": "42",
    "**Answer: 42**": "42",
    "*Answer:* `42`": "42",
    'Answer: "42"': "42",
    "Therefore $\\boxed{\\frac{1}{2}}$": "1/2",
    "$\\boxed{-64\\frac{1}{2}}$": "-64 1/2",
    "$\\boxed{\\frac12 - \\tfrac{5}6}$": "1/2 - 5/6",
    "\\boxed{\\text{fr = \\dfrac{-3}{4}}}": "fr = -3/4",
    "\\boxed{\\frac{9 - 1}{2} \\times 3}": "(9 - 1)/2 * 3",
    "\\boxed{24 \\div \\frac{\\frac{12}{2}}{3}}": "24 / ((12/2)/3)",
    "\\boxed{\\{a\\}}": "{a}",
    "\\boxed{x_{1}}": "x_{1}",
    "{'answer': '42'}": "42",
    '{"answer": 42}': "42",
    '{"answer": 4.20}': "4.20",
    "<think>a</think><think>b</think>42": "42",
    "[THINK]Answer: 1[/THINK]42": "42",
    "reasoning without an opening tag. Answer: 7</think>\n42": "42",
    "<|channel|>analysis<|message|>Answer: 3<|end|><|start|>assistant<|channel|>final<|message|>42<|return|>": "42",
    "The answer is 42.\n<think>I wonder": "42",
    '{"answer": 42, "why": "if the answer is 41, clue 3 fails"}': "42",
    '```json\n{"why": "the answer is 41 or more", "answer": "42"}\n```': "42",
    "$\\boxed 42$": "42",
    "Answer: 42 ✅": "42",
    "Answer: <b>42</b>": "42",
    "<p>The answer is <strong>42</strong></p>": "42",
    "Answer:\n\n$$42$$": "42",
    "Answer:\n\\[ 42 \\]": "42",
}


@pytest.mark.parametrize("reply", WORDS)
def test_the_first_text_read_from_a_usual_reply_is_its_answer(reply: str) -> None:
    assert next(iter(candidates(reply, "word"))) == WORDS[reply]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([[1, 2], [3, 4]], "1 2\n3 4"),
        (["12", "34"], "12\n34"),
        ([1, 2, 3], "1, 2, 3"),
        ({"Ann": "red", "Bob": "blue"}, "Ann: red\nBob: blue"),
        ({"Ann": ["red", "cat"]}, "Ann: red cat"),
        (True, "true"),
    ],
)
def test_json_values_of_every_kind_become_text(value: object, text: str) -> None:
    assert text in candidates(json.dumps({"answer": value}), "block")
    assert text in candidates(f"Answer: {json.dumps(value)}", "block")


def test_a_quoted_block_is_read_without_its_marks() -> None:
    assert "1 2\n3 4" in candidates("Answer:\n> 1 2\n> 3 4", "block")


def test_a_matrix_and_a_markdown_table_become_lines() -> None:
    matrix = "\\boxed{\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}}"
    assert any(text.split() == ["1", "2", "3", "4"] and text.count("\n") == 1 for text in candidates(matrix, "block"))
    assert "1 2\n3 4" in candidates("Answer:\n\n| 1 | 2 |\n|---|---|\n| 3 | 4 |", "block")


@pytest.mark.parametrize(
    "reply", ["", "   \n", "<think>Answer: 5", "<think>" + "x" * 100_000 + " Answer: 5", "<think>Answer: 5</think>"]
)
def test_a_reply_that_never_left_its_thinking_has_no_answer(reply: str) -> None:
    assert list(candidates(reply, "word")) == []


@pytest.mark.parametrize(
    "reply",
    [
        "Final Answer: The final answer is $42$. I hope it is correct.",
        "The answer is 42 because 40 + 2 = 42.",
        "Answer: 42 (every clue was checked)",
        "Answer: 42, since the others fail",
        "Answer: **42**. This uses each clue once.",
        "I get x = 42",
        "In the end it is **42**, as wanted",
    ],
)
def test_words_around_the_answer_do_not_hide_it(reply: str) -> None:
    assert "42" in candidates(reply, "word")
    assert "42" in candidates(reply, "line")


@pytest.mark.parametrize("answer", ["1 2 3\n4 5 6\n7 8 9", "safe: r1c1\nmines: r2c2, r3c3"])
@pytest.mark.parametrize("before", ["So r1c1 is safe.\n", "Row 3 is left.\nThis settles the rest.\n"])
def test_a_block_right_below_a_sentence_is_read(answer: str, before: str) -> None:
    assert answer in candidates(f"It is so.\n\n{before}{answer}", "block")


def test_a_line_broken_into_several_below_its_label_is_read() -> None:
    assert "A=1\nB=2\nC=3" in candidates("**Answer:**\nA=1\nB=2\nC=3\n\nAll fits.", "line")


def test_the_last_explicit_answer_wins() -> None:
    for reply in (
        "Answer: 1\nAnswer: 2",
        "\\boxed{1} ... \\boxed{2}",
        "<answer>1</answer> wait <answer>2</answer>",
        "\\boxed{1}, or rather, the answer is 2",
        "Answer: 1. Hmm: \\boxed{2}",
        "**1** Answer: 2",
    ):
        assert next(iter(candidates(reply, "word"))) == "2"


def test_a_hedge_is_not_split_into_its_parts() -> None:
    for reply in ("Answer: 5 or 6", "The answer is 5 or 6.", "\\boxed{5 or 6}", "<answer>5, 6</answer>"):
        assert not {"5", "6"} & set(candidates(reply, "word"))


STATUS = {
    "none": ["none", "None.", "**no solution**", "NO SOLUTION", "There is no solution.", "unsolvable", "no_solution",
             "The puzzle has no solution", "It is impossible", "`none`", "no valid solution exists", "Unsatisfiable",
             "No Hamiltonian path exists.", "There is no proper 3-coloring", "no spanning tree", "no value",
             "There is no solution to this puzzle.", "There is no solution that satisfies all the constraints.",
             "unreachable"],
    "many": ["many", "Many!", "not unique", "non-unique", "multiple solutions", "The solution is not unique.",
             "more than one solution", "There are multiple solutions", "infinitely many solutions"],
}  # fmt: skip


@pytest.mark.parametrize(("status", "text"), [(s, t) for s, texts in STATUS.items() for t in texts])
def test_the_usual_words_for_unanswerable_are_known_in_any_dressing(status: str, text: str) -> None:
    assert status_word(text) == status
    for dressing in ("answer label", "boxed", "tags", "fence", "json", "after thinking"):
        words = [status_word(found) for found in candidates(DRESSINGS[dressing](text), "block")]
        assert status in words


@pytest.mark.parametrize(
    "text",
    ["", "5", "none of them", "A: none", "one", "unique", "many thanks", "no", "1 2\n3 4", "none many", "n" * 9999],
)
def test_other_words_are_no_status(text: str) -> None:
    assert status_word(text) is None


JUNK_PIECES = st.sampled_from(
    ["answer", "Answer:", "<answer>", "</answer>", "\\boxed{", "}", "{", '"answer":', "[", "]", "```", "**", "####",
     "<think>", "</think>", "\\frac{", "\\text{", "$", "\n", "\n\n", " ", "5", "|", "---", "<|im_end|>", "'", '"', "\\",
     "é", "\u0301", "\ud800", "\x00", "İ", "½", "final_answer", ":", "is", "Final Answer is"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(JUNK_PIECES, max_size=40).map("".join) | st.text(max_size=200), st.sampled_from(["word", "line", "block"])
)
@example("\\boxed{" * 200, "block")
@example('{"answer": ' * 3000, "word")
def test_no_text_raises_or_gives_many_candidates(text: str, shape: Shape) -> None:
    got = list(candidates(text, shape))
    assert len(got) == len(set(got)) <= MAX_CANDIDATES
    assert all(text.strip() == text or text.strip("\n") for text in got)
    for found in got:
        status_word(found)


def test_things_that_are_not_text_have_no_answer() -> None:
    for thing in (None, 5, [], {}, b"Answer: 5"):
        assert list(candidates(thing, "word")) == []  # type: ignore[arg-type]


HOSTILE: dict[str, Callable[[int], str]] = {
    "open boxes": lambda n: "\\boxed{" * n,
    "nested boxes": lambda n: "\\boxed{" * n + "}" * n,
    "labels": lambda n: "Answer: " * n,
    "labels on lines": lambda n: "Answer:\n" * n,
    "open tags": lambda n: "<answer>" * n,
    "close tags": lambda n: "</answer>" * n,
    "nested tags": lambda n: "<answer>" * n + "</answer>" * n,
    "json keys": lambda n: '{"answer": [' * n,
    "nested lists": lambda n: "[" * n,
    "fences": lambda n: "```\n" * n,
    "bold": lambda n: "**a" * n,
    "thinking": lambda n: "<think>" * n,
    "thoughts": lambda n: "<think></think>" * n,
    "latex wrappers": lambda n: "Answer: " + "\\text{" * n,
    "latex fractions": lambda n: "Answer: " + "\\frac{" * n,
    "environments": lambda n: "Answer: " + "\\begin{a" * n,
    "tokens": lambda n: "<|" * n,
    "tokens nearly closed": lambda n: ("<|" + "a" * 39) * n,
    "combining marks": lambda n: "a" + "\u0301\u0327" * n,
    "spaces": lambda n: "Answer:" + " " * n + "x",
    "newlines": lambda n: "Answer:" + "\n" * n + "x",
    "long expansions": lambda n: "\ufdfa" * n,
    "table rules": lambda n: "Answer: a|\n" + "|" + "-" * n + "x",
    "colons": lambda n: ":\n" * n,
    "asides": lambda n: "Answer: " + " because" * n,
    "html": lambda n: "Answer: " + "<b" * n + "<br /" * n,
    "quotations": lambda n: "Answer:" + "\n>" * n,
    "json of the whole reply": lambda n: '{"why": "' + "answer " * n + '", "answer": 4}',
    "bare boxes": lambda n: "\\boxed 4" * n,
    "quotes": lambda n: "Answer: " + "'" * n,
    "stars": lambda n: "*" * n,
    "the whole of unicode": lambda n: "".join(chr(0x80 + i % 0x10FF00) for i in range(n)),
}


def _best(work: Callable[[], object], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_hostile_text_takes_about_twice_as_long(name: str) -> None:
    small, large = HOSTILE[name](2_000), HOSTILE[name](4_000)
    for shape in ("word", "block"):
        for _ in range(5):  # a busy machine may disturb one measurement, not five
            once = _best(lambda: list(candidates(small, shape)))  # noqa: B023
            twice = _best(lambda: list(candidates(large, shape)))  # noqa: B023
            if twice < 3 * once + 0.02:  # what is quadratic takes seconds here
                break
        else:
            pytest.fail(f"{shape}: {once:.4f} s, for twice the text {twice:.4f} s")


@pytest.mark.parametrize("name", HOSTILE)
def test_ten_megabytes_of_anything_are_read_at_once(name: str) -> None:
    unit = len(HOSTILE[name](100)) / 100
    huge = HOSTILE[name](int(10_000_000 / unit))
    assert _best(lambda: list(candidates(huge, "block")), 2) < 0.5
    tail = huge + "</think>\n\nAnswer: 42"
    assert "42" in candidates(tail, "word")
