"""A server never outlives the process that started it, however that one ends.

Run as a script between the two, with the server's command as arguments. Its standard input is a pipe whose other
end the starter holds and never writes to: when the starter closes it, exits or is killed, the pipe ends, and the
server's whole process group is asked to stop, then killed. The server's exit code becomes the guard's own.
Standard library only, because it must start at once and in any Python.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

LOOK_S = 0.2  # between two looks at the pipe, the starter and the server
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux


def _die_with_guard() -> None:
    """Linux alone can say it: when the guard itself is killed, the kernel ends the server."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGTERM)


def end(server: subprocess.Popen[bytes], grace: float) -> None:
    """The server's process group is gone: asked first, killed after `grace` seconds."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(grace)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)  # also what the server itself left behind
    server.wait()


def watch(command: list[str], grace: float) -> int:
    """Run the command until it ends or the starter is gone; its exit code, 128 + N for one killed by signal N."""
    starter = os.getppid()
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_guard if sys.platform == "linux" else None,
    )

    def asked_to_stop(number: int, frame: object) -> None:
        end(server, grace)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, asked_to_stop)
    while server.poll() is None:
        # A fork of the starter may hold the pipe open, so the starter itself is looked at too.
        ready, _, _ = select.select([0], [], [], LOOK_S)
        if (ready and not os.read(0, 1024)) or os.getppid() != starter:
            end(server, grace)
            return 0
        if ready:
            time.sleep(LOOK_S)
    code = server.returncode
    end(server, 0.0)
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(watch(sys.argv[2:], float(sys.argv[1])))
