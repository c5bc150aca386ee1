"""Where results are to stand: what kind of place that is, and whether it can be replaced."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable
from os import strerror
from pathlib import Path

from geoplan.errors import DiskError, UsageError
from geoplan.tolerances import DISK_IS_FULL_MB
from geoplan.words.message import Message
from geoplan.writing.file_names import is_within, misread_mark
from geoplan.writing.leftovers import Leftovers
from geoplan.writing.own_files import some_names
from geoplan.writing.plain_faults import fault_text, free_mb

#: the longest of what stands in a results folder, in bytes
_LONGEST_INSIDE = 120
#: where no names can be changed into each other, as an error of the probe says it
_FIXED = (errno.EBUSY, errno.EINVAL)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def real_place(given: Path) -> Path:
    """The folder that is meant, links followed; it need not exist.

    Raises
    ------
    UsageError
        A link that leads nowhere, a file, or no path at all.
    """
    try:
        place = Path(os.path.realpath(given))
        if given.is_symlink() and not place.exists():
            raise UsageError.of("writing.folder_dangling", folder=given, to=place)
        if place.exists() and not place.is_dir():
            raise UsageError.of("study.not_a_folder", folder=given, why=strerror(errno.ENOTDIR))
        (place / ("x" * _LONGEST_INSIDE)).exists()
        if misread_mark(place / "layers.gpkg"):
            raise UsageError.of("writing.misread", path=given, mark="!")
        if not place.name:  # the root of a disk
            raise _fixed("fixed_mount", given)
        return place
    except UsageError:
        raise
    except OSError as error:
        told = fault_text(error, given)
        if told is not None and error.errno == errno.ENAMETOOLONG:
            raise DiskError.of(told.key, **told.values) from error
        raise UsageError.of(
            "study.not_a_folder", folder=given, why=error.strerror or str(error)
        ) from error
    except (ValueError, RuntimeError) as error:
        raise UsageError.of("study.not_a_folder", folder=repr(str(given)), why=error) from error


def refuse_inputs(place: Path, given: Path, inputs: Iterable[Path]) -> None:
    """Raise where a folder of results would hold files that are read, or lie in one of them.

    Raises
    ------
    UsageError
    """
    inside, around = [], False
    for path in inputs:
        if is_within(path, place):
            inside.append(path.resolve().relative_to(place).as_posix())
        elif path.is_dir() and is_within(place, path):
            around = True
    if inside or around:
        values = {
            "folder": given,
            "files": some_names(inside or [place.name]),
            "other": given / "out",
        }
        raise UsageError.of("writing.folder_study", **values)


def refuse_part(place: Path, given: Path) -> None:
    """Raise where a folder is one city's of a run of several: their sums would not be its own.

    Raises
    ------
    UsageError
    """
    try:
        record = json.loads((place.parent / "run.json").read_text(encoding="utf-8"))
        names = [one["name"] for one in record["settings"]["include"]]
    except (OSError, ValueError, KeyError, TypeError):  # no run of several cities
        return
    if place.name in names:
        raise UsageError.of("writing.folder_part", folder=given, whole=given.parent)


def refuse_fixed(place: Path, given: Path) -> None:
    """Raise where a folder cannot change its name, or a disk has no room: before the work.

    Raises
    ------
    UsageError
    """
    why = None
    if _is_here(place):
        why = "fixed_here"
    elif place.exists() and (place.parent == place or os.path.ismount(place) or _is_bound(place)):
        why = "fixed_mount"
    if why is None:
        why = _probed(place, given)
    if why is not None:
        raise _fixed(why, given)
    if free_mb(place) < DISK_IS_FULL_MB:
        told = fault_text(OSError(errno.ENOSPC, strerror(errno.ENOSPC)), place)
        assert told is not None
        raise DiskError.of(told.key, **told.values)


def _fixed(why: str, given: Path) -> UsageError:
    message = Message(f"writing.{why}")
    return UsageError.of("writing.folder_fixed", folder=given, why=message, other=given / "out")


def _is_here(place: Path) -> bool:
    try:
        return is_within(Path.cwd(), place)
    except FileNotFoundError:  # the folder where we were is gone
        return False


def _is_bound(place: Path) -> bool:
    """Whether Linux has another folder mounted here, which may be of the same disk."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    points = {
        re.sub(r"\\(\d{3})", _octal, f[4]) for line in lines.splitlines() if (f := line.split())
    }
    return str(place) in points


def _octal(found: re.Match[str]) -> str:
    return chr(int(found.group(1), 8))


def _probed(place: Path, given: Path) -> str | None:
    """Try what will be done at the end, in a way that cannot succeed.

    A folder never takes the place of one that holds something; what would forbid the change of its
    name in the first place is told before that.
    """
    leftovers, probe = Leftovers(place), None
    try:
        probe = leftovers.begin(uuid.uuid4().hex[:8])
        if place.exists() and os.name != "nt":
            place.rename(probe)
    except OSError as error:
        if error.errno in _FIXED:
            return "fixed_mount"
        if error.errno in (*_REFUSED, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG):
            told = fault_text(error, given)
            assert told is not None
            raise DiskError.of(told.key, **told.values) from error
    finally:
        if probe is not None:
            shutil.rmtree(probe, ignore_errors=True)
    return None
