"""What a person has to say of every dataset that verimill makes: uses, limits, people, care. No number stands here."""

from __future__ import annotations

USES = (
    "Reinforcement learning with a reward that can be checked: the column `verification` is all that the judge needs.",
    "Supervised training on reasoning whose steps were checked, and on step labels for process reward models.",
    "Measuring a model on problems that are new by construction, by level and by measured hardness.",
)
NOT_FOR = (
    "Claims about reasoning in general: the problems are puzzles and exercises of a few families.",
    "Facts about the world: names, prices, roads and people in the problems are invented.",
    "A benchmark, once a model has been trained on it or on the same families from the same seeds.",
)
COLLECTION = (
    "Made by programs from seeds; nothing was taken from people, the web or other datasets. Each row can be made again "
    "from its key."
)
ANNOTATION = (
    "Every answer was judged by rules alone, by code that shares nothing with the code that made the problem. The "
    "steps of the oracle, and what the reasoning of other teachers claims, were derived again from the rules."
)
PEOPLE = "None. People in the problems are first names from short lists, put together at random."
SOCIAL = (
    "No person is described. A model trained on puzzles may sound sure of itself beyond them; problems without an "
    "answer are there so that it can learn to say so."
)
CARE = (
    "The dataset changes only as a whole: a family whose problems, prompts or verdicts change gets a new version, and "
    "every row names the version that made it and the one that judged it."
)
