"""Names that can be files anywhere, and stay in the folder that they were given."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

#: no name on Windows, a step into another folder, or what readers of maps split a path at
_NEVER = re.compile(r'[/\\:*?"<>|!]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.I)
#: bytes of a name, so that an ending and a part's name still fit
_LONGEST = 150


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each of `names`: safe on every system, unlike the others even in capitals.

    Parameters
    ----------
    names : as a data file calls its layers.

    Returns
    -------
    dict : name -> file name without an ending; most names are their own.

    Examples
    --------
    >>> file_names(["meal_gaps", "../../escaped", "CON", "meal_Gaps", "养老", "-rf"])
    {'meal_gaps': 'meal_gaps', '../../escaped': '_.._escaped', 'CON': '_CON', \
'meal_Gaps': 'meal_Gaps~2', '养老': '养老', '-rf': '_rf'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = _safe(name)
        free, k = plain, 2
        while _folded(free) in taken:
            free, k = f"{plain}~{k}", k + 1
        taken.add(_folded(free))
        found[name] = free
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _safe(name: str) -> str:
    shown = "".join(c if c.isprintable() and not _NEVER.match(c) else "_" for c in name)
    shown = shown.encode("utf-8", "replace").decode().lstrip(". ").rstrip(". ") or "_"
    if shown.startswith("-"):  # an option, to most commands
        shown = f"_{shown[1:]}"
    if _DEVICE.fullmatch(shown):
        shown = f"_{shown}"
    if len(shown.encode()) > _LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
        shown = f"{shown.encode()[: _LONGEST - 9].decode(errors='ignore')}~{digest}"
    return shown


def misread_mark(path: Path) -> str:
    """The sign for which readers of maps take part of `path` for the whole; empty where none.

    To pyogrio ``!`` parts an archive from what is in it, and a file's ``;`` begins parameters of an
    address; paths with a drive's letter it leaves alone.

    Examples
    --------
    >>> [misread_mark(Path(p)) for p in ("a!/b.gpkg", "a;/b;c.shp", "a;/b.gpkg")]
    ['!', ';', '']
    """
    if os.name == "nt" and path.drive.endswith(":"):
        return ""
    return "!" if "!" in str(path) else ";" if ";" in path.name else ""


def is_within(path: Path, folder: Path) -> bool:
    """Whether `path` is `folder` or lies in it, links followed."""
    there, above = path.resolve(), folder.resolve()
    return there == above or above in there.parents
