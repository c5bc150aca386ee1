"""A file that a study names and that is not there: which one was probably meant."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from geoplan.study.config.repair.cursor import narrow

#: files and folders that are looked at; an office's whole drive may lie below
_MOST, _DEEPEST = 4000, 3
_TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".ods", ".toml")


def is_there(path: Path) -> bool:
    """Whether a file or folder stands there; no name, however odd, is a reason to stop."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or with a sign that no system takes
        return False


def near_file(folder: Path, name: str) -> tuple[str, str] | None:
    """The file below `folder` that `name` probably means, and how they differ.

    Returns
    -------
    A word of ``study_file`` and the path from `folder`; None where nothing is near.
    """
    wanted = PurePosixPath(name.replace("\\", "/"))
    files = list(_files(folder))
    if str(wanted) != name and str(wanted) in files:
        return "did_you_mean_file", str(wanted)
    tests = (
        ("same_but_case", lambda path: path.casefold()),
        ("same_but_form", form),
    )
    for word, of in tests:
        found = [path for path in files if of(path) == of(str(wanted))]
        if found:
            return word, found[0]
    beside = [p for p in files if str(PurePosixPath(p).parent) == str(wanted.parent)]
    found = [path for path in beside if _stem(path) == _stem(str(wanted))]
    if found:
        return "same_but_ending", found[0]
    found = [p for p in files if form(PurePosixPath(p).name) == form(wanted.name)]
    if found:
        return "elsewhere", found[0]
    names = {form(path): path for path in files}
    close = difflib.get_close_matches(form(str(wanted)), names, n=1, cutoff=0.75)
    return ("did_you_mean_file", names[close[0]]) if close else None


def form(path: str) -> str:
    r"""A name as it looks: composed, half-width, small, without invisible signs.

    Examples
    --------
    >>> form("Ｐeople ．csv"), form("cafe\u0301.csv") == form("caf\u00e9.csv")
    ('people.csv', True)
    """
    return "".join(narrow(path).casefold().split())


def _stem(path: str) -> str:
    """A name without its endings: ``people.csv.txt`` is a ``people``."""
    name = form(PurePosixPath(path).name)
    while (ending := PurePosixPath(name).suffix) in _TABLES or (ending and name.count(".") == 1):
        name = name[: -len(ending)]
        if not ending:
            break
    return name


def _files(folder: Path) -> Iterator[str]:
    """Files below `folder` by their path from there, the nearest first."""
    count = 0
    for base, folders, names in os.walk(folder):
        depth = len(Path(base).relative_to(folder).parts)
        hidden = depth >= _DEEPEST
        folders[:] = [] if hidden else sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            count += 1
            if count > _MOST:
                return
            yield (Path(base).relative_to(folder) / name).as_posix()
