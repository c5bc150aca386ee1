"""The text of a study file, however an editor saved it."""

from __future__ import annotations

import codecs

#: heads of files that are no text: what they are, as ``study_file.kind_<name>`` says it
_OTHER_FILES = {
    b"PK\x03\x04": "office",
    b"\xd0\xcf\x11\xe0": "office",
    b"{\\rtf": "office",
    b"%PDF": "pdf",
    b"SQLite format 3": "data",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
}
#: encodings that editors save in where they do not save UTF-8, told apart by what decodes
_OFFICE = ("gb18030", "big5", "cp1252")


def other_file(raw: bytes) -> str:
    """What kind of file this is, where it is no text at all; else ""."""
    return next((kind for head, kind in _OTHER_FILES.items() if raw.startswith(head)), "")


def decoded(raw: bytes) -> tuple[str, str]:
    r"""The text with plain line ends, and the encoding where it is another than UTF-8.

    Examples
    --------
    >>> decoded("a = 1\r\n".encode("utf-8-sig")), decoded("名".encode("utf-16"))
    (('a = 1\n', ''), ('名', 'UTF-16'))
    >>> decoded("名称".encode("gb18030"))
    ('名称', 'GBK')
    """
    text, encoding = _decoded(raw)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _decoded(raw: bytes) -> tuple[str, str]:
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return raw.decode("utf-32", errors="replace"), "UTF-32"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace"), "UTF-16"
    if raw.count(0) > len(raw) // 10:  # no mark, but every other byte of Latin text is zero
        name = "utf-16-le" if raw[1::2].count(0) >= raw[::2].count(0) else "utf-16-be"
        return raw.decode(name, errors="replace"), "UTF-16"
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    for name in _OFFICE:
        try:
            return raw.decode(name), "GBK" if name == "gb18030" else name
        except UnicodeDecodeError:
            continue
    return raw.decode("gb18030", errors="replace"), "GBK"
