"""Whatever a reader raises, as one error that says which kind of fault the file has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyproj

from geoplan.errors import FileError, GeoplanError

#: what libraries in Rust raise on a fault of their own, beside all exceptions
_PANIC = "PanicException"
#: a reader's own words are cut here: some of them print the whole file
_LONGEST = 200


@contextmanager
def reading() -> Iterator[None]:
    """Turn any fault of the block into a `FileError`; geoplan's own errors pass as they are.

    No reader is trusted to raise only what it documents. The block should hold the reader's
    work alone: a fault of geoplan's own inside it is told as one of the file.

    Raises
    ------
    FileError

    Examples
    --------
    >>> with reading():
    ...     bytes.fromhex("no")
    Traceback (most recent call last):
    geoplan.errors.FileError: the file cannot be read to its end (ValueError: non-hexadecimal ...
    """
    try:
        yield
    except GeoplanError:
        raise
    except pyproj.exceptions.CRSError as error:
        raise FileError.of("file_faults.bad_crs", error=said_by(error)) from error
    except MemoryError as error:
        raise FileError.of("file_faults.too_much_memory") from error
    except RecursionError as error:
        raise FileError.of("file_faults.nested_too_deep") from error
    except Exception as error:
        raise FileError.of("file_faults.reader_failed", error=said_by(error)) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise FileError.of("file_faults.reader_failed", error=said_by(error)) from error


def said_by(error: BaseException) -> str:
    """The kind of an error and the first line of what it says, not too long."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
