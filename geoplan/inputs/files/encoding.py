"""Text of a file's bytes; encoding by byte order mark, UTF-16 by its zeros, UTF-8, else GB18030."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass, field
from typing import Any

from geoplan.errors import FileError
from geoplan.words.message import Message

#: bytes of the head that are looked at for UTF-16
_HEAD_BYTES = 4_000
#: bytes that are decoded at one time
_CHUNK_BYTES = 1 << 20
#: codecs for names of hosts and for program text
_NO_TEXT = (
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "unicode-escape",
)
#: a file that begins with so many bytes of valid text is text
_SURELY_TEXT = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedText:
    """Bytes of a text and their encoding.

    file_findings : code and values, for example a last character that is cut in two.
    """

    raw: bytes
    encoding: str
    file_findings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def text(self, n_bytes: int | None = None) -> str:
        """All of the text, or what its first bytes hold."""
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        return decoder.decode(self.raw[:n_bytes])

    def lines(self) -> io.TextIOWrapper:
        """The lines of the text, each ended by LF."""
        stream = io.BytesIO(self.raw)
        return io.TextIOWrapper(stream, encoding=self.encoding, errors="replace", newline=None)


def detect_encoding(raw: bytes, encoding: str | None = None) -> EncodedText:
    """`raw` with its encoding, checked over its whole length.

    Parameters
    ----------
    encoding : as the study names it; None finds it.

    Raises
    ------
    FileError
        The bytes are no text, or not in `encoding`.

    Examples
    --------
    >>> found = detect_encoding("济南".encode("gb18030"))
    >>> found.text(), found.encoding
    ('济南', 'gb18030')
    """
    if encoding is not None:
        check_encoding(encoding)
        at = _first_invalid_byte(raw, encoding)
        if at is not None:
            where = Message("file_faults.bytes_at_line", line=_line_of(raw, at))
            raise FileError.of("file_faults.wrong_encoding", encoding=encoding, error=where)
        return EncodedText(raw=raw, encoding=encoding)
    utf16 = _utf16_variant(raw)
    if utf16 is not None:
        if _first_invalid_byte(raw, utf16) is not None:
            raise FileError.of("file_faults.no_text")
        return EncodedText(raw=raw, encoding=utf16)
    raw = raw.rstrip(b"\x1a")  # old programs end a text with it
    file_findings: list[tuple[str, dict[str, Any]]] = []
    zeros = raw.count(0)
    if zeros > max(len(raw) / 100, 1):
        raise FileError.of("file_faults.no_text")
    if zeros:
        file_findings.append(("nul_bytes", {"count": f"{zeros:,}"}))
        raw = raw.replace(b"\x00", b"")
    return EncodedText(
        raw=raw, encoding=_utf8_or_gb18030(raw, file_findings), file_findings=file_findings
    )


def check_encoding(name: str) -> None:
    """Raise unless `name` is an encoding of texts: Python calls packing and ciphers by names too.

    Raises
    ------
    FileError

    Examples
    --------
    >>> check_encoding("gbk")
    >>> check_encoding("zlib")
    Traceback (most recent call last):
    geoplan.errors.FileError: 'zlib' is no encoding of texts: say utf-8, gb18030, big5, utf-16 ...
    """
    try:
        b"a".decode(name, "replace")  # what packs and unpacks is refused here
        known = codecs.lookup(name).name not in _NO_TEXT
    except (LookupError, ValueError):
        known = False
    if not known:
        raise FileError.of("file_faults.no_encoding", encoding=name)


def _utf16_variant(raw: bytes) -> str | None:
    """UTF-16 by its byte order mark, or by the zeros that commas and digits have in it."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = raw[: min(len(raw), _HEAD_BYTES) // 2 * 2]
    high, low = head[::2].count(0), head[1::2].count(0)
    if high + low < len(head) / 20 or min(high, low) > max(high, low) / 4:
        return None
    return "utf-16-le" if low > high else "utf-16-be"


def _utf8_or_gb18030(raw: bytes, file_findings: list[tuple[str, dict[str, Any]]]) -> str:
    """UTF-8, else GB18030; a last character that is cut in two is forgiven, with a finding."""
    marked = raw.startswith(codecs.BOM_UTF8)
    name = "utf-8-sig" if marked else "utf-8"
    at = _first_invalid_byte(raw, name)
    if at is None:
        return name
    chinese = _first_invalid_byte(raw, "gb18030")
    if chinese is None and not marked:
        return "gb18030"
    for other, fault in ((name, at), ("gb18030", chinese)):
        if fault is not None and fault > 3 and len(raw) - fault <= 3:
            file_findings.append(("cut_off_text", {"line": _line_of(raw, fault)}))
            return other
    if at > _SURELY_TEXT or marked:
        raise FileError.of("file_faults.mixed_encodings", line=_line_of(raw, at))
    raise FileError.of("file_faults.no_text")


def _first_invalid_byte(raw: bytes, name: str) -> int | None:
    """Where `raw` stops being text in the encoding `name`; None where all of it is.

    Raises
    ------
    LookupError
        No such encoding.
    """
    decoder = codecs.getincrementaldecoder(name)()
    for k in range(0, len(raw), _CHUNK_BYTES):
        waiting = decoder.getstate()[0]
        try:
            decoder.decode(raw[k : k + _CHUNK_BYTES], k + _CHUNK_BYTES >= len(raw))
        except UnicodeDecodeError as error:
            return k - len(waiting) + error.start
        except UnicodeError:
            return k
    return None


def _line_of(raw: bytes, at: int) -> int:
    return raw.count(b"\n", 0, at) + 1
