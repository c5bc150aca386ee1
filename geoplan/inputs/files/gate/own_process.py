"""A reader tried in a process of its own, under a bound of memory and time.

Only where nothing tells beforehand how much a file will take: it costs the start of Python.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import current_limits, refuse_beyond

#: memory of the process, megabytes
MEMORY_MB = 3_000
#: set where the platform can; elsewhere only time is bounded
_BOUND = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({bytes}, {bytes}))
except (ImportError, ValueError, OSError):
    pass
path = sys.argv[1]
try:
{code}
except MemoryError:
    sys.exit({memory})
except Exception:
    sys.exit(0)
"""
_NO_MEMORY = 77


def try_reader(path: Path, code: str) -> None:
    """Run Python `code` that reads the file called ``path``; errors that it raises are passed over.

    Parameters
    ----------
    path : the file.
    code : what reads it, with nothing of geoplan: whatever that raises, the reader in this process
        will raise too, and tell.

    Raises
    ------
    FileError
        It takes more memory or time than allowed, or the library brings the process down.

    Examples
    --------
    >>> try_reader(Path("a.csv"), "open(path)")
    >>> try_reader(Path("a.csv"), "import os; os.abort()")
    Traceback (most recent call last):
    geoplan.errors.FileError: reading it takes more memory than there is, or brings the reader ...
    """
    if not sys.executable:
        return
    lines = "\n".join("    " + line for line in code.splitlines())
    script = _BOUND.format(bytes=int(MEMORY_MB * 1e6), code=lines, memory=_NO_MEMORY)
    seconds = current_limits().seconds
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", script, str(path.absolute())],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        refuse_beyond("seconds", seconds * 1.01)
    except OSError:  # no further process may be started: the reader is trusted
        return
    else:
        if done.returncode != 0:
            raise FileError.of("file_faults.brings_down")
