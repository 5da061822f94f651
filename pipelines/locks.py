"""One process at a time in a folder, by a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, busy: ValueError) -> Iterator[None]:
    """Nobody else holds the lock file `path`; raises `busy` where somebody does, OSError where it cannot be made."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise busy from None
    except OSError:
        pass  # a file system without locks: the user takes care
    try:
        yield
    finally:
        os.close(descriptor)
