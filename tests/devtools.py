"""A browser under the test's hand: Debian's Chromium over the two pipes of its DevTools protocol, without a port."""

import contextlib
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.program import environment

_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
    # Nobody outside this machine is asked.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
_LONGEST_S = 60


class Page:
    """One tab. Whatever its console said since it was opened last is kept."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._buffer = b""
        self._number = 0
        self._session = ""
        self._loaded = False
        self.complaints: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def look(self, *, width: int, height: int = 900, is_dark: bool = False) -> None:
        """From now on the window is so wide, and its reader likes it dark or light."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        """Go there and wait until it is loaded."""
        self.complaints, self._loaded = [], False
        self._call("Page.navigate", url=url)
        while not self._loaded:
            self._hear(self._message())

    def tell(self, expression: str) -> Any:
        """The value of an expression in the page, a promise's once it is kept; the page's policy does not bind it."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def enter(self) -> None:
        """Press Enter, and wait until the page is loaded to which it leads."""
        self.complaints, self._loaded = [], False
        self.press("Enter")
        while not self._loaded:
            self._hear(self._message())

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self._call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key and let it go: `Tab`, `Enter`, ` `."""
        code = {"Tab": 9, "Enter": 13, " ": 32}[key]
        text = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(key, {})
        named = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        self._call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **named, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", **named)

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self._hear(answer)

    def _hear(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Log.entryAdded":
                self.complaints.append(told["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(told)[:500])

    def _message(self) -> dict[str, Any]:
        deadline = time.monotonic() + _LONGEST_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(self._reading, 2**16) if ready else b""
            assert part, "the browser does not answer"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A browser with a profile of its own, and its page."""
    its_reading, writing = os.pipe()
    reading, its_writing = os.pipe()
    # The protocol's pipes are the descriptors 3 and 4 of the browser.
    start = f'exec chromium "$@" 3<&{its_reading} 4>&{its_writing}'
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", start, "bash", *_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"],
            env=environment() | {"HOME": str(folder)},
            pass_fds=(its_reading, its_writing),
            stdout=log,
            stderr=log,
        )
    os.close(its_reading)
    os.close(its_writing)
    try:
        yield Page(reading, writing)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)
