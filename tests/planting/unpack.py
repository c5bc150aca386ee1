"""Every byte of every output as text: archives, compressed and encoded parts unpacked."""

from __future__ import annotations

import base64
import gzip
import html
import io
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def texts(path: Path) -> Iterator[str]:
    """All that a file says, in every way that its bytes may be read."""
    yield path.name
    yield from _read(path.read_bytes(), depth=0)


def _read(raw: bytes, depth: int) -> Iterator[str]:
    if depth > 4:
        return
    if raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield name
                yield from _read(archive.read(name), depth + 1)
        return
    unpacked = _unpacked(raw)
    if unpacked is not None:
        yield from _read(unpacked, depth + 1)
    text = raw.decode("utf-8", errors="replace")
    yield text
    yield html.unescape(text)
    if "%" in text:
        yield urllib.parse.unquote(text)
    if "\\u" in text:
        yield _ESCAPED.sub(lambda m: chr(int(m.group(1), 16)), text)
    if b"\x00" in raw:
        yield raw.decode("utf-16-le", errors="replace")
        yield raw.decode("gb18030", errors="replace")
    for found in _BASE64.finditer(raw):
        try:
            inside = base64.b64decode(found.group() + b"=" * (-len(found.group()) % 4))
        except ValueError:
            continue
        if _unpacked(inside) is not None or depth == 0:
            yield from _read(inside, depth + 1)


def _unpacked(raw: bytes) -> bytes | None:
    """What deflate, zlib or gzip packed, or None."""
    if raw[:2] == b"\x1f\x8b":
        return gzip.decompress(raw)
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        stream = zlib.decompressobj(bits)
        try:
            out = stream.decompress(raw) + stream.flush()
        except zlib.error:
            continue
        if stream.eof and len(out) > 8:
            return out
    return None


def everything(folder: Path) -> str:
    """All texts of all files in `folder`."""
    return "\n".join(
        f"{path.relative_to(folder)}\n{text}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".png"
        for text in texts(path)
    )
