"""PyQGIS and its tools belong to the system's Python: they are asked in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

PYTHON = "/usr/bin/python3"


def absent(reason: str) -> None:
    """`.ci/run` installs it: what is tested there must not go untested in silence."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def plain_environment(home: Path) -> dict[str, str]:
    """The environment of a desktop user whose home is `home`, without this Python's paths."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return env | {
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "PATH": "/usr/bin:/bin",  # QGIS takes the first Python in it for its own
    }


def asked_of_qgis(code: str, *arguments: object, home: Path) -> Any:
    """What a script of PyQGIS prints last, as JSON."""
    if not Path(PYTHON).exists():
        absent(f"no {PYTHON} that could have PyQGIS")
    env = plain_environment(home)
    asked = subprocess.run([PYTHON, "-c", "import qgis.core"], env=env, capture_output=True)
    if asked.returncode:
        absent("PyQGIS is not installed: apt-get install python3-qgis")
    done = subprocess.run(
        [PYTHON, "-c", code, *map(str, arguments)],
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
