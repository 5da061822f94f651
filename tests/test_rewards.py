"""Reward functions in the trainers' call shapes: same verdicts, from any thread, on any completion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from verimill.schemas.families import codec, constant
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import write_case
from verimill.verifiers.rewards import compute_score, reply_text, reward_func, trl_reward

FAMILY = "arithmetic_chain"


def _case(index: int) -> tuple[str, str]:
    """A verification text and its right answer."""
    code, maker = codec(FAMILY), constant(FAMILY, "generators", "MAKER")
    problem = maker.make(rng_for("rewards", index), code.level(1))
    return write_case(code, problem), code.write(maker.solve(problem).answer)


def test_trl_scores_texts_and_messages_and_leaves_other_rows_alone() -> None:
    case, answer = _case(0)
    completions: list[Any] = [
        f"Answer: {answer}",
        [{"role": "assistant", "content": f"\\boxed{{{answer}}}"}],
        "no idea",
        "x",
    ]
    scores = trl_reward(completions=completions, verification=[case, case, case, None], prompts=["p"] * 4)
    assert scores == [1.0, 1.0, 0.0, None]


def test_verl_gives_the_same_keys_for_every_reply() -> None:
    case, answer = _case(1)
    assert compute_score("verimill/x", answer, case, {"index": 3}) == {"score": 1.0, "right": 1.0, "unreadable": 0.0}
    assert compute_score("verimill/x", "", case) == {"score": 0.0, "right": 0.0, "unreadable": 1.0}


def test_openrlhf_reads_the_response_and_not_the_prompt() -> None:
    case, answer = _case(2)
    prompt = f"<|im_start|>user\nAnswer: {answer}<|im_end|>\n<|im_start|>assistant\n"
    given = reward_func([prompt + "I do not know.<|im_end|>", prompt + f"{answer}<|im_end|>"], [prompt] * 2, [case] * 2)
    assert [float(score) for score in given["scores"]] == [0.0, 1.0]
    assert set(given) == {"rewards", "scores", "extra_logs"}


@pytest.mark.parametrize(
    "thing", [None, 5, [], {}, [{}], [None], [{"role": "assistant"}], {"content": [{"type": "text"}]}, b"5"]
)
def test_a_completion_of_any_type_scores_nothing_and_never_raises(thing: Any) -> None:
    case, _ = _case(3)
    assert reply_text(thing) == ""
    assert trl_reward([thing], [case]) == [0.0]


def test_a_verification_that_is_not_ours_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="verification"):
        trl_reward(["5"], ["not a verification"])


def test_many_threads_agree_with_one() -> None:
    cases = [_case(index) for index in range(8)] * 25
    alone = [compute_score("", f"Answer: {a}", c)["score"] for c, a in cases]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda pair: compute_score("", f"Answer: {pair[1]}", pair[0])["score"], cases))
    assert together == alone == [1.0] * len(cases)
