"""bespokelabs-curator as its users write it: one LLM object over a dataset. Needs no verimill.

python curator_side.py URL COUNT IN_FLIGHT      prints processor seconds of all its processes and wall seconds

Its rate limits are set out of the way. It counts tokens with a tokenizer that it would download; here each four
letters are one, which costs it nothing.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time


class Letters:
    """Stands for a tokenizer: four letters a token."""

    def encode(self, text: str, **_: object) -> range:
        return range(len(text) // 4)


def main(url: str, count: int, in_flight: int) -> None:
    folder = tempfile.mkdtemp()
    os.environ |= {"OPENAI_API_KEY": "none", "TELEMETRY_ENABLED": "0", "CURATOR_DISABLE_CACHE": "1"}
    os.environ |= {"CURATOR_CACHE_DIR": folder, "HF_HOME": folder, "HF_HUB_OFFLINE": "1"}
    os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    import tiktoken

    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_: Letters()  # type: ignore[assignment]
    from bespokelabs import curator

    began = time.monotonic()
    limits = {"max_concurrent_requests": in_flight, "max_requests_per_minute": 10**9, "max_tokens_per_minute": 10**12}
    model = curator.LLM(model_name="fake", backend="openai", backend_params={"base_url": url, **limits})
    made = model([f"question {n}" for n in range(count)])
    rows = len(getattr(made, "dataset", made))
    if rows != count:
        raise RuntimeError(f"{rows} rows of {count}")
    wall = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"cpu": sum(u.ru_utime + u.ru_stime for u in used), "wall": wall}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
