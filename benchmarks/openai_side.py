"""The openai client as its users write it: a semaphore, `gather`, one line of JSON a reply. Needs no verimill.

python openai_side.py URL COUNT IN_FLIGHT httpx|aiohttp      prints processor seconds and wall seconds
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from typing import Any


async def main(url: str, count: int, in_flight: int, transport: str) -> None:
    import openai

    http = openai.DefaultAioHttpClient() if transport == "aiohttp" else None
    client = openai.AsyncOpenAI(base_url=url, api_key="none", http_client=http, max_retries=0, timeout=600)
    gate = asyncio.Semaphore(in_flight)
    with tempfile.TemporaryFile("w") as sink:

        async def one(n: int) -> None:
            async with gate:
                messages: Any = [{"role": "user", "content": f"question {n}"}]
                reply = await client.chat.completions.create(model="fake", messages=messages, seed=0, max_tokens=4096)
            sink.write(json.dumps({"n": n, "text": reply.choices[0].message.content}) + "\n")

        began = time.monotonic()
        await asyncio.gather(*(one(n) for n in range(count)))
    print(json.dumps({"cpu": time.process_time(), "wall": time.monotonic() - began}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
