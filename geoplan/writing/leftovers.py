"""Folders beside a place: the one being written, and what interrupted processes have left."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Hashable
from pathlib import Path

from geoplan.words.message import Message
from geoplan.writing.own_files import (
    RUN_RECORD,
    Foreign,
    NoRecordError,
    foreign_in_run,
    is_unfinished_run,
)

#: stands in a folder while it is being written
_UNFINISHED = ".being-written-by-geoplan"
#: bytes of a name that still leave room for what is put around it
_LONGEST = 200


def hidden_name(place: Path, ending: str) -> Path:
    """A hidden name beside `place`, of a length that file systems take."""
    name = place.name
    if len(os.fsencode(name)) > _LONGEST:
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
        name = f"{os.fsdecode(os.fsencode(name)[: _LONGEST - 9])}~{digest}"
    return place.with_name(f".{name}.{ending}")


class Leftovers:
    """What stands beside one place under names that only geoplan gives.

    Parameters
    ----------
    place : a folder of results, links followed.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        #: as of `foreign_in_run`: what was looked at before the work is not read again after it
        self.seen: set[Hashable] = set()

    def begin(self, mark: str) -> Path:
        """Make a folder to write into."""
        beside = hidden_name(self.place, f"{mark}.partial")
        beside.mkdir()
        (beside / _UNFINISHED).touch()
        return beside

    def finish(self, beside: Path) -> None:
        """All is written."""
        (beside / _UNFINISHED).unlink()

    def is_unfinished(self, beside: Path) -> bool:
        """Whether a folder is still being written, or was when its process ended."""
        return (beside / _UNFINISHED).exists()

    def found(self) -> list[Path]:
        """Folders of interrupted processes beside the place, the newest first."""
        stem = hidden_name(self.place, "").name
        named = re.compile(re.escape(stem) + r"[0-9a-f]{8}\.(partial|old)")
        try:
            there = [p for p in self.place.parent.iterdir() if named.fullmatch(p.name)]
        except OSError:
            return []
        folders = [p for p in there if p.is_dir() and not p.is_symlink()]
        return sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)

    def tidy(self) -> list[Message]:
        """Bring the last whole result back where none stands; remove the rest. What was done.

        For who holds the place's lock: then nobody is writing.
        """
        told = []
        found = self.found()
        if not self.place.exists():
            # what was whole and new comes before what was to give way
            whole = [p for p in found if self._is_whole(p)]
            whole.sort(key=lambda p: p.suffix == ".old")
            if whole:
                whole[0].rename(self.place)
                found.remove(whole[0])
                told.append(Message("writing.brought_back", folder=self.place))
        removed = 0
        for folder in found:
            others = self._not_ours(folder)
            if others:
                values = {"folder": folder, "files": others.names}
                told.append(Message("writing.left_alone", **values))
            else:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        if removed:
            told.append(Message("writing.cleaned", count=removed, folder=self.place))
        return told

    def remove_run(self, old: Path) -> None:
        """Remove a run that has given way, unless somebody has put files of theirs into it."""
        if not self._not_ours(old):
            shutil.rmtree(old, ignore_errors=True)

    def _is_whole(self, folder: Path) -> bool:
        return (folder / RUN_RECORD).exists() and not self.is_unfinished(folder)

    def _not_ours(self, folder: Path) -> Foreign:
        if self.is_unfinished(folder):
            return Foreign()
        try:
            if not (folder / RUN_RECORD).exists() and is_unfinished_run(folder):
                return Foreign()
            return foreign_in_run(folder, self.seen)
        except (NoRecordError, OSError):
            return Foreign(others=(RUN_RECORD,))
