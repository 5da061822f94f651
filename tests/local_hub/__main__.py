"""`python tests/local_hub --root FOLDER`: the server until it is stopped, for trying the commands by hand."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from local_hub import serve

parser = argparse.ArgumentParser(description="A local stand-in for the Hub.")
parser.add_argument("--root", required=True, help="Folder of its state.")
parser.add_argument("--port", type=int, default=8765)
parser.add_argument("--share", type=float, default=0.0, help="Share of requests that get a 503.")
asked = parser.parse_args()
hub = serve(asked.root, asked.port)
hub.faults.refuse(asked.share)
print(hub.base)
print("export " + " ".join(f"{name}={value}" for name, value in hub.environment.items()), flush=True)
try:
    threading.Event().wait()
except KeyboardInterrupt:
    pass
