"""The features of a GeoJSON file counted apart from the driver, which passes over what is none."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import FileError

#: bytes that are looked at at one time
_CHUNK = 1 << 22
#: a feature with more bytes, its coordinates apart, is not looked into; nor are so many features
_LONGEST, _MOST = 50_000_000, 1_000_000
#: numbers and square brackets alone, so that it ends with the coordinates
_COORDINATES = re.compile(rb'"coordinates"\s*:\s*\[[\s\d.,eE+\-\[\]]*\]')
#: what may stand around a record, and how far an empty one is looked through at first
_BLANK, _NEAR = b"\xef\xbb\xbf \t\r\n\x1e", 64
_FEATURES = re.compile(rb'"features"\s*:\s*$')
_BOOLEAN = re.compile(rb":\s*(?:true|false)\b")
_QUOTE, _BACKSLASH, _COMMA, _OPEN, _CLOSE = 0x22, 0x5C, 0x2C, 0x7B, 0x7D
#: the bit in which square brackets differ from curly ones
_CURLY = 0x20


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """Where the features of a file stand.

    spans : first byte of each element of ``features``, and the byte behind its end; of a file with
        one feature or geometry itself there is one.
    """

    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.spans)


def lost_features(path: Path, kind: str, read: int) -> tuple[int, list[int]]:
    """How many features a file has, and the numbers of those that are none, from 1.

    Parameters
    ----------
    path : a GeoJSON file. kind : ``GeoJSON``, or ``GeoJSONSeq``: one feature per line.
    read : how many the driver found; where it found all, nothing is looked into.

    Returns
    -------
    The count of all, and the numbers of those that the driver passed over as far as they can be
    told.
    """
    spans = _records(path) if kind == "GeoJSONSeq" else features_of(path).spans
    if len(spans) <= read or len(spans) > _MOST:
        return max(len(spans), read), []
    with path.open("rb") as stream:
        lost = [k for k, text in enumerate(_texts(stream, spans), 1) if not _is_feature(text)]
    return len(spans), lost


def boolean_cells(path: Path, kind: str, read: int) -> dict[str, dict[int, str]]:
    """Where properties are ``true`` or ``false``, which the driver takes for 1 and 0 among numbers.

    Returns
    -------
    Per property the number of each such feature, from 0, and the word; nothing where the driver
    did not find every feature, or no feature has such a value.
    """
    with _mapped(path) as raw:
        if not _BOOLEAN.search(raw):
            return {}
    spans = _records(path) if kind == "GeoJSONSeq" else features_of(path).spans
    if len(spans) != read or len(spans) > _MOST:
        return {}
    cells: dict[str, dict[int, str]] = {}
    with path.open("rb") as stream:
        for k, text in enumerate(_texts(stream, spans)):
            if text is not None and _BOOLEAN.search(text):
                for name, value in _properties(text).items():
                    if isinstance(value, bool):
                        cells.setdefault(name, {})[k] = str(value).lower()
    return cells


def refuse_links(path: Path) -> None:
    """Raise where a GeoJSON file says its CRS by a link: the driver would fetch it.

    Raises
    ------
    FileError
    """
    _look(path, _stamp(path))


def features_of(path: Path) -> Features:
    """The features of a file that is one JSON value; see `Features`."""
    return _look(path, _stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _look(path: Path, stamp: tuple[int, int]) -> Features:
    """One pass over the file: its features, and no link among what stands beside them."""
    with _mapped(path) as raw:
        scan = _Scan(raw)
        for start in range(0, len(raw), _CHUNK):
            scan.take(start, raw[start : start + _CHUNK])
        return Features(spans=tuple(scan.spans()))


class _Scan:
    """Brackets and commas outside of texts, and how deep they stand."""

    def __init__(self, raw: mmap.mmap) -> None:
        self.raw = raw
        self.depth = 0
        self.in_text = self.escaped = False
        self.object_from: int | None = None
        self.features_from: int | None = None
        self.features_to: int | None = None
        self.commas: list[NDArray[np.int64]] = []

    def take(self, start: int, block: bytes) -> None:
        """The next bytes of the file, which begin at `start`."""
        codes = np.frombuffer(block, np.uint8)
        quotes = np.flatnonzero(codes == _QUOTE)
        quotes = quotes[~np.isin(quotes, self._escapes(codes))]
        folded = codes | _CURLY
        signs = np.flatnonzero((folded == _OPEN) | (folded == _CLOSE))
        signs = signs[self._outside(signs, quotes)]
        step = np.where(folded[signs] == _OPEN, 1, -1)
        depth = self.depth + np.cumsum(step)
        self._commas(start, codes, quotes, signs, depth)
        for k in np.flatnonzero(depth + (step < 0) <= 2):
            self._shallow(start + int(signs[k]), int(depth[k]), opens=bool(step[k] > 0))
        self.in_text ^= bool(len(quotes) % 2)
        if len(depth):
            self.depth = int(depth[-1])

    def _escapes(self, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Places whose sign a backslash before it takes for a letter."""
        at = np.flatnonzero(codes == _BACKSLASH)
        first = self.escaped
        self.escaped = False
        if not len(at):
            return np.array([0] if first else [], np.int64)
        if first and at[0] == 0:
            at = at[1:]
        begins = np.r_[True, np.diff(at) > 1]
        run = np.arange(len(at)) - np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))
        places = at[run % 2 == 0] + 1
        self.escaped = bool(len(places) and places[-1] == len(codes))
        return np.r_[[0] if first else [], places].astype(np.int64)

    def _outside(self, at: NDArray[Any], quotes: NDArray[Any]) -> NDArray[np.bool_]:
        """Bool per place: outside of texts."""
        return (np.searchsorted(quotes, at) % 2 == 1) == self.in_text

    def _commas(
        self,
        start: int,
        codes: NDArray[np.uint8],
        quotes: NDArray[Any],
        signs: NDArray[Any],
        depth: NDArray[Any],
    ) -> None:
        """Commas between the elements of arrays and objects that stand in the root."""
        at = np.flatnonzero(codes == _COMMA)
        before = np.searchsorted(signs, at)
        deep = np.r_[self.depth, depth][before]
        at = at[deep == 2]
        self.commas.append(at[self._outside(at, quotes)] + start)

    def _shallow(self, at: int, depth: int, *, opens: bool) -> None:
        """A bracket of the root, or of what stands in it."""
        if depth != (2 if opens else 1):
            return
        square = self.raw[at] in b"[]"
        if square and opens and self.features_from is None:
            if _FEATURES.search(self.raw[max(at - 64, 0) : at]):
                self.features_from = at
        elif square and not opens and self.features_from is not None and self.features_to is None:
            self.features_to = at
        elif opens and not square:
            self.object_from = at
        elif not opens and self.object_from is not None:
            _refuse_link(self.raw[self.object_from : min(at + 1, self.object_from + _CHUNK)])
            self.object_from = None

    def spans(self) -> Iterator[tuple[int, int]]:
        """First byte and end of every feature."""
        if self.features_from is None:
            yield 0, len(self.raw)
            return
        first = self.features_from + 1
        last = len(self.raw) if self.features_to is None else self.features_to
        commas = np.concatenate(self.commas) if self.commas else np.empty(0, np.int64)
        commas = commas[(commas > first) & (commas < last)]
        if len(commas) == 0 and not self.raw[first:last].strip():
            return
        ends = [*commas.tolist(), last]
        yield from zip([first, *(c + 1 for c in commas.tolist())], ends, strict=True)


def _refuse_link(text: bytes) -> None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict) and str(found.get("type", "")).lower() in ("link", "url"):
        raise FileError.of("file_faults.pointer", what="crs: link")


def _records(path: Path) -> list[tuple[int, int]]:
    """The lines, or the records between record separators, that are not empty."""
    spans, at = [], 0
    with _mapped(path) as raw:
        sign = b"\x1e" if b"\x1e" in raw[:16] else b"\n"
        while at < len(raw):
            end = raw.find(sign, at)
            end = len(raw) if end < 0 else end
            if raw[at : min(end, at + _NEAR)].strip(_BLANK) or raw[at:end].strip(_BLANK):
                spans.append((at, end))
            at = end + 1
    return spans


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, which need not fit into memory."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        yield raw


def _texts(stream: Any, spans: Sequence[tuple[int, int]]) -> Iterator[bytes | None]:
    """Each feature; a long one without its coordinates, None where it is too long even so."""
    for start, end in spans:
        stream.seek(start)
        text = stream.read(end - start)
        if len(text) > _LONGEST:
            text = _COORDINATES.sub(b'"coordinates":[]', text)
        yield None if len(text) > _LONGEST else text


def _is_feature(text: bytes | None) -> bool:
    """Whether a piece of JSON is a feature, as the driver sees it; so is what is too long."""
    if text is None:
        return True
    found = _value(text)
    return isinstance(found, dict) and found.get("type") == "Feature"


def _properties(text: bytes) -> dict[str, Any]:
    found = _value(text)
    properties = found.get("properties") if isinstance(found, dict) else None
    return properties if isinstance(properties, dict) else {}


def _value(text: bytes) -> Any:
    """A piece of JSON; None where it is none."""
    try:
        return json.loads(text.strip(_BLANK))
    except (ValueError, RecursionError):
        return None
