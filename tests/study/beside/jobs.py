"""Work for the other process of a test, which is told apart from this one by its number."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from geoplan.parallel import worker_count
from geoplan.study.beside.process import OtherProcess


def job(shared: str, name: str) -> Any:
    """`name` after `shared`, and which process did it; names that begin so are trouble.

    ``dies``: the process ends. ``raises``: an error. ``lost``: what no pickle holds.
    ``prints``: into the pipe of answers, as libraries may. ``logs``: a warning.
    """
    if name.startswith("dies"):
        os._exit(1)
    if name.startswith("raises"):
        raise RuntimeError(name)
    if name.startswith("lost"):
        return lambda: name
    if name.startswith("prints"):
        sys.stdout.write("printed")
        sys.stdout.flush()
        os.write(1, b"written")
    if name.startswith("logs"):
        logging.getLogger("geoplan.trial").warning("said of %s", name)
    return shared + name, os.getpid(), worker_count(None)


def ready(other: OtherProcess) -> OtherProcess:
    """The process, when it has loaded what it needs: from then on it does take pieces."""
    other.start()
    other.give(None, threads=1)
    return other


def slow(folder: str, name: str) -> None:
    """Say in `folder` that `name` is under way, and who is at it; then take two minutes."""
    Path(folder, f"{name}.under_way").write_text(str(os.getpid()))
    time.sleep(120)
