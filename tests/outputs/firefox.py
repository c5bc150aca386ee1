"""Firefox without further packages: its Marionette protocol, JSON on a local port.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any


def firefox_path() -> str | None:
    """The installed Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One headless Firefox with one page; closes with the context.

    Parameters
    ----------
    profile : an empty folder.
    size : of the window's inside, in pixels.
    """

    def __init__(self, profile: Path, size: tuple[int, int] = (1440, 900)) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # offline: nothing but the files asked for
        (profile / "user.js").write_text(
            f'user_pref("marionette.port", {port});\n'
            'user_pref("network.proxy.type", 1);\nuser_pref("network.proxy.http", "127.0.0.1");\n'
            'user_pref("network.proxy.http_port", 9);\nuser_pref("network.proxy.ssl_port", 9);\n'
            'user_pref("network.proxy.ssl", "127.0.0.1");\n',
            encoding="utf-8",
        )
        command = [str(firefox_path()), "--headless", "--marionette", "--no-remote"]
        self._process = subprocess.Popen(
            [*command, "--profile", str(profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._socket = self._connected(port)
            self._socket.settimeout(180)
            self._number = 0
            self._answer()  # its greeting
            self.call("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
            self.resize(*size)
        except BaseException:
            self._process.kill()
            raise

    def _connected(self, port: int, seconds: float = 120.0) -> socket.socket:
        end = time.monotonic() + seconds
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=10)
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.3)

    def _answer(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._socket.recv(1)
        left, parts = int(length[:-1]), []
        while left:
            parts.append(self._socket.recv(min(left, 1 << 20)))
            left -= len(parts[-1])
        return json.loads(b"".join(parts))

    def call(self, name: str, given: dict[str, Any] | None = None) -> Any:
        """One command and its answer's value."""
        self._number += 1
        said = json.dumps([0, self._number, name, given or {}]).encode()
        self._socket.sendall(str(len(said)).encode() + b":" + said)
        _, number, error, result = self._answer()
        assert number == self._number
        if error:
            raise RuntimeError(f"{name}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def resize(self, width: int, height: int) -> None:
        """Make the inside of the window that large."""
        frame = self.script(
            "return [window.outerWidth - innerWidth, window.outerHeight - innerHeight]"
        )
        wanted = {"width": width + frame[0], "height": height + frame[1]}
        self.call("WebDriver:SetWindowRect", wanted)

    def open(self, address: str) -> None:
        """Open a page and wait until its map is drawn, where it has one."""
        self.call("WebDriver:Navigate", {"url": address})
        self.script(
            "const done = arguments[arguments.length - 1];"
            "const ready = window.geoplan && geoplan.ready;"
            "if (ready) { ready.then(() => setTimeout(done, 300)); } else { done(); }",
            later=True,
        )

    def script(self, body: str, *given: Any, later: bool = False) -> Any:
        """What a function with this body returns; with `later`, what it calls back with."""
        name = "WebDriver:ExecuteAsyncScript" if later else "WebDriver:ExecuteScript"
        return self.call(name, {"script": body, "args": list(given)})

    def screenshot(self, path: Path) -> Path:
        """The page as it is seen, as PNG."""
        shown = self.call("WebDriver:TakeScreenshot", {"full": False, "hash": False})
        path.write_bytes(base64.b64decode(shown))
        return path

    def print_page(self, path: Path, **how: Any) -> Path:
        """The page as Firefox prints it, as PDF."""
        path.write_bytes(base64.b64decode(self.call("WebDriver:Print", how)))
        return path

    def __enter__(self) -> Firefox:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            self.call("Marionette:Quit", {"flags": ["eForceQuit"]})
        with contextlib.suppress(OSError):
            self._socket.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
