"""Zip archives looked at before anything is unpacked: how many members, how large, encrypted."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.reading import said_by

#: flag of a member that only a password opens
_ENCRYPTED = 0x1
#: what comes out of a member that is damaged, or packed in a way that is not known
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)


@contextmanager
def checked_archive(path: Path, *, whole: bool = True) -> Iterator[zipfile.ZipFile]:
    """The archive at `path`, within the limits; faults met while it is read are told too.

    Parameters
    ----------
    path : a zip, KMZ or workbook.
    whole : whether all of it is unpacked; False where the caller says of which members.

    Raises
    ------
    FileError
        No archive, damaged, encrypted, or larger than a limit allows.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileError.of("file_faults.no_archive", ending=path.suffix or "-") from error
    with archive:
        look_at(archive, None if whole else ())
        try:
            yield archive
        except _DAMAGED as error:
            raise FileError.of(
                "file_faults.archive_broken", ending=path.suffix or "-", error=said_by(error)
            ) from error


def look_at(archive: zipfile.ZipFile, among: Iterable[zipfile.ZipInfo] | None = None) -> None:
    """Raise where an archive, or the members `among` it, is encrypted or larger than allowed.

    A member never unpacks to more than it declares: `zipfile` stops there.

    Raises
    ------
    FileError
    """
    members = archive.infolist()
    refuse_beyond("members", len(members))
    chosen = members if among is None else list(among)
    if any(m.flag_bits & _ENCRYPTED for m in chosen):
        raise FileError.of("file_faults.encrypted")
    refuse_beyond("unpacked_mb", megabytes(sum(m.file_size for m in chosen)))
