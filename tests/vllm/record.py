"""Replies of a real vLLM server become the files of `recorded/`, which the default suite replays without a server.

    .venv/bin/python tests/vllm/record.py

Each file holds one exchange: method, path, the request's body where there is one, status and the reply's body.
"""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # this folder is no package

import making

from verimill.pipelines.teachers.environments import HOST
from verimill.pipelines.teachers.managed import Managed

RECORDED = making.HERE / "recorded"


def exchange(port: int, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request and all that matters of its reply."""
    line = http.client.HTTPConnection(HOST, port, timeout=120)
    line.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    reply = line.getresponse()
    text = reply.read().decode().replace(str(making.ROOT), "/somewhere")
    line.close()
    kind = reply.headers.get_content_type()
    shown: Any = json.loads(text) if kind == "application/json" else text
    return {"method": method, "path": path, "request": body, "status": reply.status, "type": kind, "body": shown}


def chats(prompt: str) -> dict[str, tuple[str, Any]]:
    """Name to path and body of the requests that hold for both servers."""
    ask = {
        "model": making.NAME,
        "messages": [{"role": "user", "content": prompt}],
        "temperature": 0.0,
        "seed": 7,
        "max_tokens": 400,
    }
    chat = "/v1/chat/completions"
    return {
        "chat": (chat, ask),
        "truncated": (chat, {**ask, "max_tokens": 12}),
        "streamed": (chat, {**ask, "stream": True, "stream_options": {"include_usage": True}}),
    }


def more(prompt: str) -> dict[str, tuple[str, Any]]:
    """What is asked of one server only."""
    chat, ask = chats(prompt)["chat"]
    return {
        "logprobs": (chat, {**ask, "logprobs": True, "max_tokens": 8}),
        "prompt_too_long": (chat, {**ask, "messages": [{"role": "user", "content": "7 + " * 1200}]}),
        "budget_too_long": (chat, {**ask, "max_tokens": 5000}),
        "unknown_model": (chat, {**ask, "model": "nobody"}),
        "bad_temperature": (chat, {**ask, "temperature": -1}),
        "no_messages": (chat, {**ask, "messages": []}),
        "tokenized": ("/tokenize", {"model": making.NAME, "messages": ask["messages"], "add_generation_prompt": True}),
    }


def keep(name: str, found: dict[str, Any]) -> None:
    (RECORDED / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    print(f"{name}: HTTP {found['status']}", file=sys.stderr)


def main() -> None:
    python = making.environment()
    cache = making.ROOT / "build" / "tiny-teacher"
    model = making.teacher(python, cache)
    prompt = json.loads((model.parent / "texts.jsonl").read_text().splitlines()[0])["prompt"]
    RECORDED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vllm.log"
        with Managed(making.plan(python, model), log, print) as server:
            for name, (path, body) in {**chats(prompt), **more(prompt)}.items():
                keep(name, exchange(server.port, "POST", path, body))
            for name, path in (("models", "/v1/models"), ("metrics", "/metrics"), ("version", "/version")):
                keep(name, exchange(server.port, "GET", path))
        with Managed(making.plan(python, model, reasoning_parser=None), log, print) as server:
            for name, (path, body) in chats(prompt).items():
                keep(f"{name}_with_tags", exchange(server.port, "POST", path, body))


if __name__ == "__main__":
    main()
