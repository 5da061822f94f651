"""distilabel as its users write it: a list of instructions into one TextGeneration step. Needs no verimill.

python distilabel_side.py URL COUNT IN_FLIGHT      prints processor seconds of all its processes and wall seconds
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time


def main(url: str, count: int, in_flight: int) -> None:
    os.environ |= {"OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    from distilabel.models import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Pipeline(name="side", cache_dir=folder) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": f"question {n}"} for n in range(count)], batch_size=in_flight)
        model = OpenAILLM(model="fake", base_url=url, generation_kwargs={"max_new_tokens": 4096})
        step = TextGeneration(llm=model, input_batch_size=in_flight)
        load.connect(step)
        made = pipeline.run(use_cache=False)["default"]["train"]
        missing = sum(text is None for text in made["generation"])
    if len(made) != count or missing:
        raise RuntimeError(f"{len(made)} rows of {count}, {missing} without a text")
    wall = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"cpu": sum(u.ru_utime + u.ru_stime for u in used), "wall": wall}))


if __name__ == "__main__":  # it starts processes that import this file again
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
