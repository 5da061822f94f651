"""A language model of half a million parameters, trained here on oracle traces, that a real vLLM can serve on a CPU.

Nothing is downloaded: tokenizer and weights are made from the texts and a seed. It runs inside vLLM's own
environment, which has torch, transformers and tokenizers:

    OMP_NUM_THREADS=1 .venv-vllm/bin/python tests/vllm/tiny_teacher.py --texts texts.jsonl --out build/teacher

Each line of the texts is {"prompt": ..., "reasoning": ..., "response": ...}. The teacher answers with the reasoning
between think tags and the response after it. A fixed number of steps on one thread: the same texts give the same
teacher on the same machine; across machines only the pass rate is comparable.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

WINDOW = 1024  # tokens of prompt and reply together
BATCH = 16
MATRIX_RATE, REST_RATE = 0.03, 0.01
THINK, END = "<think>", "</think>"
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_WORD = re.compile(r"\s*\S+")
_SMALL = re.compile(r"(?<!\d)\d{1,3}(?![\d/])(?<!/\d)(?<!/\d\d)")


def set_phrases(texts: list[str], bar: float, least: int = 4) -> list[str]:
    """Runs of at least `least` words that `bar` of the texts have: each becomes one token.

    A prompt is mostly rules in fixed wording; as single tokens they cost the small model nothing.
    """
    split = [_WORD.findall(text) for text in texts]
    seen: Counter[tuple[str, ...]] = Counter()
    for words in split:
        seen.update({tuple(words[i : i + least]) for i in range(len(words) - least + 1)})
    fixed = {run for run, count in seen.items() if count >= bar and not _SMALL.search("".join(run))}
    runs: Counter[str] = Counter()
    for words in split:
        held = [False] * (len(words) + 1)
        for i in range(len(words) - least + 1):
            if tuple(words[i : i + least]) in fixed:
                held[i : i + least] = [True] * least
        start = None
        for i, inside in enumerate(held):
            if inside and start is None:
                start = i
            elif not inside and start is not None:
                runs["".join(words[start:i])] += 1
                start = None
    return [run for run, count in sorted(runs.items()) if count >= bar]


def build_tokenizer(rows: list[dict[str, str]], vocabulary: int = 896) -> Any:
    """Byte-level words, numbers below 100 whole, one token for each fixed phrase, think tags as ordinary text."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    texts = [row[part] for row in rows for part in ("prompt", "reasoning", "response")]
    phrases = set_phrases(texts, bar=0.02 * len(rows))
    hidden = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))) or r"(?!)")
    tokenizer = Tokenizer(models.BPE())
    pieces = Regex(r"\.\n\d{1,2}\.| ?\d{1,2}| ?[A-Za-z]+,?| ?[^\sA-Za-z\d]|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(pieces, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=5,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    always = ["system\n", "user\n", "assistant\n", *(f"{n} {n}" for n in range(100))] * 50
    tokenizer.train_from_iterator(always + [hidden.sub("\n\n", text) for text in texts], trainer)
    # special=False: the tags must survive in the decoded text, where a reasoning parser or a client looks for them.
    tokenizer.add_tokens([AddedToken(s, special=False, normalized=False) for s in (THINK, END, *phrases)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHAT_TEMPLATE,
        model_max_length=WINDOW,
        clean_up_tokenization_spaces=False,
    )


def build_model(tokenizer: Any, seed: int) -> Any:
    """An untrained Qwen3 of about half a million parameters, in float32."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=math.ceil(len(tokenizer) / 64) * 64,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config).to(torch.float32)


def encode(tokenizer: Any, row: dict[str, str]) -> tuple[list[int], list[int]]:
    """Token ids of the prompt as a chat, and of the reply up to the end token."""
    chat = f"<|im_start|>user\n{row['prompt']}<|im_end|>\n<|im_start|>assistant\n"
    reply = f"{THINK}{row['reasoning']}{END}{row['response']}"
    return (
        tokenizer.encode(chat, add_special_tokens=False),
        [*tokenizer.encode(reply, add_special_tokens=False), tokenizer.eos_token_id],
    )


def batches(rows: list[tuple[list[int], list[int]]], seed: int) -> Any:
    """Batches of similar length without end, every row once in each pass."""
    import torch

    rng = random.Random(seed)
    order = list(range(len(rows)))
    while True:
        rng.shuffle(order)
        for start in range(0, len(order) - BATCH + 1, BATCH * 16):
            pool = sorted(order[start : start + BATCH * 16], key=lambda i: len(rows[i][0]) + len(rows[i][1]))
            groups = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
            rng.shuffle(groups)
            for group in groups:
                width = max(len(rows[i][0]) + len(rows[i][1]) for i in group)
                ids, labels = torch.zeros(len(group), width, dtype=torch.long), torch.full((len(group), width), -100)
                for at, i in enumerate(group):
                    prompt, reply = rows[i]
                    ids[at, : len(prompt) + len(reply)] = torch.tensor(prompt + reply)
                    labels[at, len(prompt) : len(prompt) + len(reply)] = torch.tensor(reply)
                yield ids, labels


def orthogonal(matrix: Any) -> Any:
    """Nearly the orthogonal factor of a matrix, by five steps of a Newton-Schulz iteration."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T) / (matrix.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x if wide else x.T


def train(model: Any, rows: list[tuple[list[int], list[int]]], steps: int, seed: int) -> float:
    """The mean loss over the last steps, learning the replies alone.

    Matrices are stepped along their orthogonalised momentum (Muon), which needs less than half the steps that
    AdamW alone does here; embeddings and norms by AdamW.
    """
    import torch

    named = [(p, p.ndim == 2 and "embed" not in name) for name, p in model.named_parameters()]
    matrices = [(p, torch.zeros_like(p)) for p, matrix in named if matrix]
    rest = torch.optim.AdamW([p for p, matrix in named if not matrix], lr=REST_RATE, betas=(0.9, 0.98), weight_decay=0)
    began, late = time.monotonic(), 0.0
    model.train()
    for step, (ids, labels) in zip(range(steps), batches(rows, seed), strict=False):
        scale = min(1.0, (step + 1) / 20) * min(1.0, 2 * (steps - step) / steps)
        hidden = model.model(ids).last_hidden_state[:, :-1]
        wanted = labels[:, 1:]
        at = wanted != -100  # logits only where there is something to learn: most of a row is prompt
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden[at]), wanted[at])
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        rest.param_groups[0]["lr"] = REST_RATE * scale
        rest.step()
        with torch.no_grad():
            for weight, momentum in matrices:
                momentum.mul_(0.95).add_(weight.grad)
                rate = MATRIX_RATE * scale * max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
                weight.sub_(orthogonal(weight.grad + 0.95 * momentum), alpha=rate)
        late = loss.item() if step == 0 else 0.95 * late + 0.05 * loss.item()
        if (step + 1) % 50 == 0 or step + 1 == steps:
            print(f"step {step + 1} of {steps}, loss {late:.3f}, {time.monotonic() - began:.0f} s", flush=True)
    return late


def greedy(model: Any, tokenizer: Any, rows: list[dict[str, str]]) -> float:
    """The share of rows whose whole response is reproduced by greedy decoding."""
    import torch

    right = 0
    model.eval()
    for row in rows:
        prompt, _ = encode(tokenizer, row)
        with torch.no_grad():
            out = model.generate(
                torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=400, do_sample=False
            )
        text = tokenizer.decode(out[0][len(prompt) :], skip_special_tokens=True)
        right += text.rpartition(" ")[2] == row["response"].rpartition(" ")[2]
    return right / max(1, len(rows))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--texts", type=Path, required=True)
    words.add_argument("--out", type=Path, required=True)
    words.add_argument("--steps", type=int, default=600)
    words.add_argument("--threads", type=int, default=1, help="more than one is slower on a busy machine")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--held", type=int, default=0, help="the last rows, kept out and decoded greedily at the end")
    told = words.parse_args()
    import torch

    torch.set_num_threads(told.threads)
    rows = [json.loads(line) for line in told.texts.read_text().splitlines()]
    rows, held = rows[: len(rows) - told.held], rows[len(rows) - told.held :]
    tokenizer = build_tokenizer(rows[:3000])
    model = build_model(tokenizer, told.seed)
    encoded = [encode(tokenizer, row) for row in rows]
    sizes = sorted(len(p) + len(r) for p, r in encoded)
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer)} tokens, {len(rows):,} texts,"
        f" median {sizes[len(sizes) // 2]} tokens, longest {sizes[-1]}", flush=True,
    )  # fmt: skip
    began = time.monotonic()
    loss = train(model, encoded, told.steps, told.seed)
    seconds = time.monotonic() - began
    told.out.mkdir(parents=True, exist_ok=True)
    model.generation_config.eos_token_id = tokenizer.eos_token_id  # or nothing ends a reply
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(told.out)
    tokenizer.save_pretrained(told.out)
    note: dict[str, Any] = {"steps": told.steps, "loss": round(loss, 4), "seconds": round(seconds, 1)}
    if held:
        note["held"] = round(greedy(model, tokenizer, held), 3)
    (told.out / "training.json").write_text(json.dumps(note) + "\n")
    print(json.dumps(note), flush=True)


if __name__ == "__main__":
    main()
