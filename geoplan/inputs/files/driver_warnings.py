"""What a driver of GDAL warns of while it reads: kept for a finding, not thrown on the terminal."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: `DataFrame.attrs` of a layer whose driver had something to say
DRIVER_SAYS = "driver_says"


@contextmanager
def driver_warnings(path: str | Path) -> Iterator[list[str]]:
    """A list that holds, after the block, each warning once, without the folder of the file."""
    said: list[str] = []
    file = Path(str(path))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        yield said
    for one in caught:
        if issubclass(one.category, RuntimeWarning):
            text = str(one.message).splitlines()[0].replace(str(path), file.name)
            text = text.replace(f"{file.parent}{os.sep}", "")  # files that belong to it
            if text not in said:
                said.append(text)
