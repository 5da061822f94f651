"""One training step of SFT, DPO, KTO and GRPO in TRL, on our exports and with our reward.

    pytest -m trl        in an environment that has verimill and TRL (`pip install trl`), with or without a GPU

The model is tiny and random: what is tested is that the trainers take the rows and the reward as they are.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import pytest

WHY = "needs TRL, which is no dependency: pip install trl in an environment of its own, then pytest -m trl"
pytestmark = [pytest.mark.trl, pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason=WHY)]

CHAT = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"  # noqa: E501


@pytest.fixture(autouse=True)
def tests_are_no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL looks whether there is a package vllm, and would take the folder tests/vllm for one."""
    monkeypatch.setattr(sys, "path", [place for place in sys.path if Path(place) != Path(__file__).parent])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small dataset of short problems."""
    from verimill.cli_make import _recipe
    from verimill.pipelines.build import build

    out = tmp_path_factory.mktemp("trl") / "made"
    build(_recipe(["arithmetic_chain"], "1", 8, 3, [], None, None, "full", 0.0, 0.0, 20.0), out)
    return out


def rows(made: Path, to: str, out: Path, **options: Any) -> Any:
    """The export as TRL users load it."""
    import datasets

    from verimill.pipelines.exports.shapes import Options
    from verimill.pipelines.exports.writing import export

    export(made, to, out, Options(**options))
    return datasets.load_dataset(str(out), split="train", cache_dir=str(out / ".cache"))


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """Bytes as tokens, with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<pad>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    words = {word: at for at, word in enumerate([*marks, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    raw = Tokenizer(models.BPE(vocab=words, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<|end|>",
                                   additional_special_tokens=marks[2:])  # fmt: skip
    made.chat_template = CHAT
    return made


def model(tokenizer: Any) -> Any:
    """A random model of one layer."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
                    num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=4096,
                    pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id)
    )  # fmt: skip


def one_step(out: Path) -> dict[str, Any]:
    return {"output_dir": str(out), "max_steps": 1, "per_device_train_batch_size": 2, "use_cpu": True, "bf16": False,
            "report_to": [], "logging_steps": 1, "save_strategy": "no", "disable_tqdm": True}  # fmt: skip


def stepped(trainer: Any) -> dict[str, float]:
    """The log of the one step; the loss is a number."""
    done = trainer.train()
    assert done.global_step == 1 and math.isfinite(done.training_loss)
    log: dict[str, float] = trainer.state.log_history[0]
    return log


@pytest.mark.parametrize("style", ["messages", "prompt-completion"])
def test_sft_takes_a_step(made: Path, tokenizer: Any, style: str, tmp_path: Path) -> None:
    from trl import SFTConfig, SFTTrainer

    data = rows(made, "sft", tmp_path / "rows", style=style)
    config = SFTConfig(**one_step(tmp_path), max_length=4096)
    trainer = SFTTrainer(model(tokenizer), args=config, train_dataset=data, processing_class=tokenizer)
    assert stepped(trainer)["loss"] > 0


def test_dpo_takes_a_step(made: Path, tokenizer: Any, tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    data = rows(made, "preference", tmp_path / "rows")
    config = DPOConfig(**one_step(tmp_path), max_length=4096)
    reference = model(tokenizer)  # a model from the Hub would be loaded again by its name
    trainer = DPOTrainer(model(tokenizer), reference, args=config, train_dataset=data, processing_class=tokenizer)
    assert stepped(trainer)["loss"] == pytest.approx(math.log(2), abs=0.05)


def test_kto_takes_a_step(made: Path, tokenizer: Any, tmp_path: Path) -> None:
    from trl import KTOConfig, KTOTrainer

    data = rows(made, "kto", tmp_path / "rows")
    config = KTOConfig(**one_step(tmp_path), max_length=4096)
    reference = model(tokenizer)
    trainer = KTOTrainer(model(tokenizer), reference, args=config, train_dataset=data, processing_class=tokenizer)
    assert stepped(trainer)["loss"] == pytest.approx(0.5, abs=0.05)  # no policy has moved away from its reference


def test_a_reasoning_field_reaches_the_chat_template(made: Path, tokenizer: Any, tmp_path: Path) -> None:
    """`--think field`: where the template shows `reasoning_content`, the trainer learns it too."""
    from trl import SFTConfig, SFTTrainer

    shown = "{% if m['reasoning_content'] %}[{{ m['reasoning_content'] }}]{% endif %}{{ m['content'] }}"
    data = rows(made, "sft", tmp_path / "rows", think="field")
    tokenizer.chat_template = CHAT.replace("{{ m['content'] }}", shown)
    try:
        config = SFTConfig(**one_step(tmp_path), max_length=4096)
        trainer = SFTTrainer(model(tokenizer), args=config, train_dataset=data, processing_class=tokenizer)
        text = tokenizer.decode(trainer.train_dataset[0]["input_ids"])
        assert f"[{data[0]['messages'][-1]['reasoning_content']}]" in text
        assert stepped(trainer)["loss"] > 0
    finally:
        tokenizer.chat_template = CHAT


def test_grpo_takes_a_step_with_our_reward(made: Path, tokenizer: Any, tmp_path: Path) -> None:
    from trl import GRPOConfig, GRPOTrainer

    from verimill.verifiers.rewards import trl_reward

    seen: list[float | None] = []

    def reward(completions: Any, verification: Any, **columns: Any) -> list[float | None]:
        """Ours, after one completion of each call was made right, so that the group has something to prefer."""
        from verimill import generate

        answer = next(
            generate("arithmetic_chain", 1, 3, index).answer
            for index in range(100)
            if generate("arithmetic_chain", 1, 3, index).verification == verification[0]
        )
        given = [[{"role": "assistant", "content": f"Answer: {answer}"}], *completions[1:]]
        scores = trl_reward(given, verification, **columns)
        seen.extend(scores)
        return scores

    data = rows(made, "rl", tmp_path / "rows")
    config = GRPOConfig(**one_step(tmp_path), num_generations=2, max_completion_length=8)
    trainer = GRPOTrainer(
        model(tokenizer), reward_funcs=[reward], args=config, train_dataset=data, processing_class=tokenizer
    )
    log = stepped(trainer)
    assert seen == [1.0, 0.0] and log["reward"] == 0.5
