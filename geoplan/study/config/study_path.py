"""Where a study is: its folder or file, or what may have been meant by what was typed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from geoplan.errors import UsageError
from geoplan.study.config.near_files import form
from geoplan.words.message import Message, Messages

NAME = "study.toml"
#: endings of files that may hold a study
_OF_TEXT = (".toml", ".txt", "")


def study_path(where: str | Path, *, lang: str | None = None) -> Path:
    """The study file for a folder or a file.

    Parameters
    ----------
    where : the folder, or the file.
    lang : language of the error; None = the session's, as there is no study to take it from.

    Raises
    ------
    UsageError
        When neither the folder's `study.toml` nor the file exists; it says what may be meant.
    """
    path = Path(where)
    if path.is_dir():
        found = study_file_in(path)
        if found is not None:
            return found
    elif path.is_file() and path.suffix.lower() in _OF_TEXT:
        return path
    told = [Message("study.no_study", where=where)]
    told += [Message(f"study_file.{key}", **values) for key, values in _hints(path)]
    error = UsageError.of("call_faults.in_lines", lines=Messages(told, join="\n"))
    error.told = lang
    raise error


def study_file_in(folder: Path) -> Path | None:
    """The folder's study file, in whatever letters: Windows knows no difference."""
    if (folder / NAME).is_file():
        return folder / NAME
    alike = [p for p in sorted(folder.iterdir()) if p.name.casefold() == NAME and p.is_file()]
    return alike[0] if len(alike) == 1 else None


def _hints(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    if path.is_dir():
        yield from _hintsstudy_file_in(path)
    elif path.is_file():
        yield "not_the_study", {"file": path.name, "command": _command(path.parent)}
    elif path.parent.is_dir():
        names = {form(p.name): p.name for p in path.parent.iterdir()}
        near = difflib.get_close_matches(form(path.name), names, n=1, cutoff=0.7)
        if near:
            yield "near_folder", {"folder": str(path.with_name(names[near[0]]))}


def _hintsstudy_file_in(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    files = sorted(p for p in folder.iterdir() if p.is_file())
    for file in files:
        name = form(file.name)
        if name.startswith(NAME):  # study.toml.txt, study.toml.bak
            yield "hidden_ending", {"file": file.name}
            return
        if file.suffix.lower() == ".toml" or name == "study.txt":
            yield "other_name", {"file": file.name, "command": _command(file)}
            return
    below = sorted(folder.glob(f"*/{NAME}")) or sorted(folder.glob(f"*/*/{NAME}"))
    if below:
        yield "in_subfolder", {"command": _command(below[0].parent)}
    elif (folder.resolve().parent / NAME).is_file():
        yield "in_parent", {"command": _command(folder.resolve().parent)}
    elif files:
        names = [p.name for p in files[:8]]
        yield "near_files", {"files": ", ".join(names) + (" …" if len(files) > 8 else "")}


def _command(path: Path) -> str:
    shown = str(path)
    return f'geoplan check "{shown}"' if " " in shown else f"geoplan check {shown}"
