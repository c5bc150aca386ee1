"""Work for workers of a test: what happens to the machine is said by files in a folder."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path


def doubled(folder: str, name: str) -> str:
    """`name` twice, after what the folder asks for.

    ``NAME.holds``: the first worker says so by ``NAME.held`` and does not finish; any other does.
    ``NAME.fills``: the first worker finds its disk full. ``NAME.kills``: every worker dies, and
    says so by ``NAME.killed``.
    """
    place = Path(folder)
    if (place / f"{name}.kills").exists():
        (place / f"{name}.killed").touch()
        os._exit(1)
    if (place / f"{name}.fills").exists():
        (place / f"{name}.fills").unlink()
        raise OSError(errno.ENOSPC, "No space left on device")
    if (place / f"{name}.holds").exists():
        (place / f"{name}.holds").unlink()
        (place / f"{name}.held").write_text(str(os.getpid()))
        time.sleep(600)
    return name * 2
