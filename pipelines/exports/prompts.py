"""Prompts for reinforcement learning, with the verification text where each trainer hands it to the reward.

The reward needs that one text and nothing else: `verimill.verifiers.rewards` has a function for each trainer.
"""

from __future__ import annotations

from collections.abc import Callable

from verimill.pipelines.exports.shapes import Format, Item, Made, Options, Row

Columns = tuple[tuple[str, str], ...]


def _made(shape: Callable[[Item], Row]) -> Callable[[Item, Options], Made]:
    def rows(item: Item, options: Options) -> Made:
        yield item.columns() | shape(item)

    return rows


def _trl(item: Item) -> Row:
    return {"prompt": item.prompt, "verification": item.problem["verification"]}


def _source(item: Item) -> str:
    return f"verimill/{item.problem['family']}"


def _extra(item: Item) -> Row:
    level = item.problem["level"]
    index = int(item.id[:15], 16)  # a number that is the row's own in any split
    return {"index": index, "split": item.problem["split"], "problem_id": item.id,
            "family": item.problem["family"], "level": level}  # fmt: skip


def _verl(item: Item) -> Row:
    truth = item.problem["verification"]
    return {"data_source": _source(item), "prompt": item.prompt, "ability": item.problem["kind"],
            "reward_model": {"style": "rule", "ground_truth": truth}, "extra_info": _extra(item)}  # fmt: skip


def _skyrl(item: Item) -> Row:
    truth = item.problem["verification"]
    return {"data_source": _source(item), "prompt": item.prompt, "env_class": "verimill",
            "reward_spec": {"method": "rule", "ground_truth": truth}, "extra_info": _extra(item)}  # fmt: skip


def _openrlhf(item: Item) -> Row:
    return {"input": item.prompt, "label": item.problem["verification"], "datasource": _source(item)}


def _nemo(item: Item) -> Row:
    return {"input": item.question, "output": item.problem["verification"], "data_source": _source(item)}


def _gym(item: Item) -> Row:
    return {"id": item.id, "responses_create_params": {"input": item.prompt},
            "verification": item.problem["verification"]}  # fmt: skip


def _fixed(*columns: tuple[str, str]) -> Callable[[Options], Columns]:
    return lambda options: columns


BY_NAME = {
    "rl": Format("rl", "TRL GRPOTrainer and RLOOTrainer, ms-swift", _fixed(
        ("prompt", "messages"), ("verification", "string")), _made(_trl)),
    "verl": Format("verl", "verl", _fixed(
        ("data_source", "string"), ("prompt", "messages"), ("ability", "string"), ("reward_model", "reward_model"),
        ("extra_info", "extra_info")), _made(_verl)),
    "openrlhf": Format("openrlhf", "OpenRLHF with --input_key input --label_key label", _fixed(
        ("input", "messages"), ("label", "string"), ("datasource", "string")), _made(_openrlhf)),
    "skyrl": Format("skyrl", "SkyRL", _fixed(
        ("data_source", "string"), ("prompt", "messages"), ("env_class", "string"), ("reward_spec", "reward_spec"),
        ("extra_info", "extra_info")), _made(_skyrl)),
    "nemo": Format("nemo", "NeMo RL's ResponseDataset", _fixed(
        ("input", "string"), ("output", "string"), ("data_source", "string")), _made(_nemo)),
    "nemo-gym": Format("nemo-gym", "NeMo Gym, as JSON lines", _fixed(
        ("id", "string"), ("responses_create_params", "responses"), ("verification", "string")), _made(_gym)),
}  # fmt: skip
