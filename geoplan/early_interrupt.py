"""Ctrl-C while Python still loads the command: one sentence, before anything could tell of it.

Loaded first of all, so nothing that takes time is imported here. Where geoplan is a part of another
program nothing is changed.
"""

import os
import sys
from types import TracebackType


def _plainly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if kind is KeyboardInterrupt:
        sys.stderr.write("geoplan: 已中断 / interrupted\n")
        sys.stderr.flush()
        os._exit(130)
    sys.__excepthook__(kind, error, trace)


#: the command's own script, or `python -m geoplan`
_COMMAND = ("geoplan", "geoplan.exe", os.path.join("geoplan", "__main__.py"))  # noqa: PTH118

if sys.argv and sys.argv[0].endswith(_COMMAND) and sys.excepthook is sys.__excepthook__:
    sys.excepthook = _plainly
