"""Commands that stay up: serve-rewards."""

from __future__ import annotations

from typing import Annotated

import typer

from verimill.cli_screens import say


def serve_rewards(
    host: Annotated[str, typer.Option("--host", help="Address to listen on; this machine only by default.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 8765,
    max_body: Annotated[int, typer.Option("--max-body", min=1, help="Bytes of one request.")] = 32 << 20,
    max_items: Annotated[int, typer.Option("--max-items", min=1, help="Items of one request.")] = 10_000,
    rate: Annotated[float, typer.Option("--rate", min=0, help="Requests a second, all clients; 0: no limit.")] = 0.0,
    connections: Annotated[int, typer.Option("--connections", min=1, help="Connections open at one time.")] = 256,
    held: Annotated[int, typer.Option("--held", min=1, help="Bytes of all requests at one time.")] = 128 << 20,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, help="From a request's first byte to its last.")
    ] = 30.0,
    check: Annotated[bool, typer.Option("--check", help="Open the port, ask /health, and end.")] = False,
) -> None:
    """Serve verdicts over HTTP.

    POST /score takes a batch of verification and completion; POST / takes what OpenRLHF sends to a remote reward.
    GET /health and GET /metrics say how it is. Ctrl-C ends it.

    \b
    Example:
      verimill serve-rewards --port 0 --check
    """
    import threading

    from verimill.verifiers.reward_server import LOOPBACK, Limits, RewardServer

    limits = Limits(body=max_body, items=max_items, rate=rate, connections=connections, held=held, request=seconds)
    with RewardServer(host, port, limits) as server:
        if host not in LOOPBACK:
            say(f"verimill: whoever can reach {server.url} can use it; there is no password")
        if check:
            import urllib.request

            threading.Thread(target=server.serve_forever, daemon=True).start()
            with urllib.request.urlopen(f"{server.url}/health", timeout=10) as reply:
                print(reply.read().decode())
            server.shutdown()
            return
        print(server.url, flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("verimill: stopped")
