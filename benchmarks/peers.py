"""Tasks that reasoning-gym has too, at the same size: our knobs beside its configuration.

An item of reasoning-gym is question and answer; a row of ours holds instance, certificate, grading, trace,
canonical key and prompt. The comparison is therefore between unequal goods, to our disadvantage.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Match:
    """One size of one task on both sides; `target` is the ratio aimed at, None where none was set."""

    title: str
    family: str
    knobs: str
    peer: str
    config: dict[str, Any]
    target: float | None = None
    remark: str = ""


MATCHES = (
    Match("sudoku 9x9, 30 clues", "sudoku", "size=9,tier=3,least=0,floor=30", "sudoku",
          {"min_empty": 51, "max_empty": 51}, 50),
    Match("sudoku 9x9, 26 clues", "sudoku", "size=9,tier=3,least=0,floor=26", "sudoku",
          {"min_empty": 55, "max_empty": 55}, 100),
    Match("zebra 5x5", "zebra", "positions=5,attributes=5,mix=2,tier=5,least=0", "zebra_puzzles",
          {"num_people": 5, "num_characteristics": 5}, 100),
    Match("futoshiki 6x6", "futoshiki", "size=6,tier=3,least=0,floor=0", "futoshiki",
          {"min_board_size": 6, "max_board_size": 6, "min_difficulty": 2, "max_difficulty": 2}, 20),
    Match("knights_knaves n=5", "knights_knaves", "people=5,depth=2,suppositions=0", "knights_knaves",
          {"n_people": 5, "depth_constraint": 2, "width_constraint": 2}, 10),
    Match("countdown, 6 numbers", "countdown", "count=6,need=0,largest=100,low=100,high=999", "countdown",
          {"min_numbers": 6, "max_numbers": 6}, 20),
    Match("graph colouring, 20 nodes", "graph_coloring", "nodes=20,colours=4,degree=3.8,guesses=0", "graph_color",
          {"num_colors": 4, "min_num_vertices": 20, "max_num_vertices": 20, "edge_probability": 0.2}),
    Match("kakurasu 5x5", "kakurasu", "size=5,tier=2,least=0,work=0,marked=30", "kakurasu",
          {"min_rows": 5, "max_rows": 5, "min_cols": 5, "max_cols": 5}, None,
          "its puzzles may have several solutions"),
    Match("cryptarithm, 2 words", "cryptarithm", "addends=2,length=5,letters=7,tier=5,least=0,floor=0", "cryptarithm",
          {"min_words": 2, "max_words": 2}, None, "its puzzles may have several solutions"),
    Match("shortest path", "shortest_path", "nodes=20", "shortest_path",
          {"min_rows": 8, "max_rows": 8, "min_cols": 8, "max_cols": 8}, None,
          "ours weighted network of 20 nodes; its grid of 8x8 cells without weights"),
    Match("arithmetic, 6 operations", "arithmetic_chain", "operations=6", "basic_arithmetic",
          {"min_terms": 7, "max_terms": 7}, None, "its expression has no named results"),
)  # fmt: skip


def peer_dataset(match: Match, seed: int) -> Any:
    """The peer's dataset of that size and seed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import reasoning_gym

    return reasoning_gym.create_dataset(match.peer, seed=seed, size=100_000, **match.config)


def peer_items(match: Match, seed: int) -> Iterator[Any]:
    """Items of the peer, one after another."""
    made = peer_dataset(match, seed)
    for at in range(100_000):
        yield made[at]
