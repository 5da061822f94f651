"""A local server with the routes of the Hugging Face Hub that publishing needs, and faults on purpose: a test tool.

Real HTTP on loopback, one token, no accounts, no quotas, no Xet storage (clients need HF_HUB_DISABLE_XET=1). It has
datasets with branches, tags, atomic commits with a parent, LFS uploads, downloads with ranges, and private
repositories that answer 404 without the token. Its state is on disk, so it can be stopped and started again.

    python tests/local_hub --root out/hub --port 8765        prints its address, then the two variables to export

In a test, `serve(root)` gives a `Hub` in a thread; `hub.faults.add(...)` says what shall go wrong, and
`hub.requests` is the log.
"""

from local_hub.faults import Faults, Rule
from local_hub.server import Hub, Run, serve
from local_hub.store import Store

__all__ = ["Faults", "Hub", "Rule", "Run", "Store", "serve"]
