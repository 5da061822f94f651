"""Sixteen completions of one problem, as a trainer sees them: right ones in many dressings, near misses, junk."""

from __future__ import annotations

from collections.abc import Sequence

OF_EACH = 16
_THOUGHTS = "Let me look at this again. The first condition leaves two cases, and the second one rules out neither. "


def replies(right: str, near: Sequence[str], other: str, trace: str) -> list[str]:
    """Six right, five near misses, and five that are worth nothing; `near` holds at least one wrong answer."""
    missed = [near[at % len(near)] for at in range(5)]
    return [
        right,
        f"<answer>{right}</answer>",
        f"<think>\n{_THOUGHTS * 20}\n</think>\n\nThe answer is\n\n```\n{right}\n```",
        f"{trace}\n\n**Answer:**\n{right}",
        f"So the final answer is $\\boxed{{{right}}}$.",
        f"{_THOUGHTS * 3}\n\nAnswer: {right}\n",
        missed[0],
        f"<answer>\n{missed[1]}\n</answer>",
        f"<think>{_THOUGHTS * 20}</think>\n\nAnswer: {missed[2]}.",
        f"{trace}\n\n<answer>{missed[3]}</answer>",
        f"{_THOUGHTS}\n\n```\n{missed[4]}\n```",
        f"Answer: {other}",
        "There is no way to tell from what is given. " + _THOUGHTS * 5,
        f"<think>{_THOUGHTS * 40}",
        f"Answer: {right[: len(right) // 2]}",
        "none",
    ]
