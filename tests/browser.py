"""A real browser without a window, driven over its debugging port: open, click, type, look, take pictures.

`found()` names the Chromium or Chrome on PATH (or in VERIMILL_BROWSER), None where there is none. What the page
asks of the network and what it complains about is kept, so that a test can want both to be nothing.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
FLAGS = (
    "--headless=new", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--mute-audio", "--remote-allow-origins=*",
    "--no-sandbox",  # which containers and root do not allow; only pages of our own are opened
)  # fmt: skip
WAIT_S = 30.0
KEYS = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36,
        "End": 35, "Tab": 9, " ": 32, "/": 191}  # fmt: skip
TYPED = {"Enter": "\r", " ": " ", "/": "/"}


def found() -> str | None:
    """The browser's executable."""
    named = os.environ.get("VERIMILL_BROWSER", "")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One open tab."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._number = socket, 0
        self.asked: list[str] = []  # addresses that the page wanted
        self.complaints: list[str] = []  # errors on its console, and exceptions
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """The result of one command of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=WAIT_S))
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._heard(message)

    def _heard(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message["method"] == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"].get("exception", {}).get("description", params)))
        elif message["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])

    def size(self, width: int, height: int, dark: bool = False) -> None:
        """The window has this size; the reader prefers dark pages or light ones."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str, ready: str = "document.readyState === 'complete'") -> None:
        """The page is there and `ready` holds in it."""
        self.send("Page.navigate", url=url)
        self.until(f"location.href.startsWith({json.dumps(url.partition('#')[0])}) && ({ready})")

    def until(self, condition: str, wait: float = WAIT_S) -> None:
        """Returns once the condition holds in the page; AssertionError when it does not in time."""
        limit = time.monotonic() + wait
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > limit:
                raise AssertionError(f"the page never came to: {condition}; it complains {self.complaints[-5:]}")
            time.sleep(0.02)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        told = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"].get("exception", {}).get("description", script))
        return told["result"].get("value")

    def text(self, selector: str) -> str:
        """What is written in the first element that fits."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).textContent"))

    def click(self, selector: str) -> None:
        """The mouse is pressed and let go on the middle of the first element that fits."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
            "e.scrollIntoView({block: 'center'}); "
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, *keys: str) -> None:
        """Keys are pressed and let go, one after the other."""
        for key in keys:
            about = {"key": key, "windowsVirtualKeyCode": KEYS[key]}
            self.send("Input.dispatchKeyEvent", type="keyDown", text=TYPED.get(key, ""), **about)
            self.send("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """The text stands where the cursor is."""
        self.send("Input.insertText", text=text)

    def picture(self, path: Path | str, whole: bool = False) -> None:
        """A PNG of what is seen, or of the whole page."""
        told = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(told["data"]))


@contextmanager
def browsing() -> Iterator[Browser]:
    """A tab of a browser that ends with the block; RuntimeError where none is found or it does not start."""
    from websockets.sync.client import connect

    path = found()
    if path is None:
        raise RuntimeError(f"a browser is needed: one of {', '.join(NAMES)} on PATH")
    with TemporaryDirectory(ignore_cleanup_errors=True) as home:
        flags = [*FLAGS, f"--user-data-dir={home}"]
        with open(Path(home) / "said", "wb") as said:
            process = subprocess.Popen([path, *flags, "about:blank"], stdout=said, stderr=said)
        try:
            port = _port(Path(home), process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=WAIT_S) as reply:
                tab = next(one for one in json.load(reply) if one["type"] == "page")
            with connect(tab["webSocketDebuggerUrl"], max_size=None, open_timeout=WAIT_S) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(home: Path, process: subprocess.Popen[bytes]) -> str:
    limit, place = time.monotonic() + WAIT_S, home / "DevToolsActivePort"
    while time.monotonic() < limit and process.poll() is None:
        if place.exists() and (lines := place.read_text().splitlines()):
            return lines[0]
        time.sleep(0.02)
    raise RuntimeError(f"the browser did not start: {(home / 'said').read_text(errors='replace')[-500:]}")
