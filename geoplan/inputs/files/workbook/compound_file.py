"""Streams of a compound file, the container of .xls workbooks (MS-CFB)."""

from __future__ import annotations

import struct

_END = 0xFFFFFFFA  # from here on sector numbers are marks
_HEAD = 512
_ENTRY = 128
_SMALL = 64


def read_stream(raw: bytes, *names: str) -> bytes | None:
    """The first stream called one of `names`; None where there is none.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    if raw[:4] != b"\xd0\xcf\x11\xe0":
        raise ValueError("not a compound file")
    try:
        return _Compound(raw).stream(names)
    except (struct.error, IndexError) as error:
        raise ValueError("damaged compound file") from error


class _Compound:
    """The allocation table and the directory of a compound file."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.size = 1 << struct.unpack_from("<H", raw, 30)[0]
        if not 512 <= self.size <= 4096:
            raise ValueError("damaged compound file")
        self.cutoff = struct.unpack_from("<I", raw, 56)[0]
        self.table = self._allocation()
        self.entries = self._chain(struct.unpack_from("<I", raw, 48)[0])

    def _sector(self, number: int) -> bytes:
        start = self.size * (number + 1)
        return self.raw[start : start + self.size]

    def _allocation(self) -> list[int]:
        """Next sector by sector."""
        per = self.size // 4
        where = list(struct.unpack_from("<109I", self.raw, 76))
        more, count = struct.unpack_from("<II", self.raw, 68)
        for _ in range(min(count, len(self.raw) // self.size)):
            if more >= _END:
                break
            *some, more = struct.unpack(f"<{per}I", self._sector(more))
            where += some
        table: list[int] = []
        for number in where:
            if number < _END:
                table += struct.unpack(f"<{per}I", self._sector(number))
        return table

    def _chain(self, first: int, table: list[int] | None = None) -> bytes:
        """All sectors of a chain; within the small stream where its `table` is given."""
        next_of = self.table if table is None else table
        parts: list[bytes] = []
        number = first
        while number < _END:
            if len(parts) > len(next_of):
                raise ValueError("damaged compound file")
            if table is None:
                parts.append(self._sector(number))
            else:
                parts.append(self.small[number * _SMALL : (number + 1) * _SMALL])
            number = next_of[number]
        return b"".join(parts)

    def stream(self, names: tuple[str, ...]) -> bytes | None:
        """The first stream with one of these names, as long as its entry says."""
        found = {}
        for start in range(0, len(self.entries) - _ENTRY + 1, _ENTRY):
            length = struct.unpack_from("<H", self.entries, start + 64)[0]
            name = self.entries[start : start + max(length - 2, 0)].decode("utf-16-le", "replace")
            kind = self.entries[start + 66]
            at = struct.unpack_from("<IQ", self.entries, start + 116)
            found["" if kind == 5 else name.lower()] = at
        wanted = next((found[n.lower()] for n in names if n.lower() in found), None)
        if wanted is None:
            return None
        first, size = wanted[0], wanted[1] & 0xFFFFFFFF
        if size >= self.cutoff:
            return self._chain(first)[:size]
        self.small = self._chain(found[""][0])
        small_table = self._chain(struct.unpack_from("<I", self.raw, 60)[0])
        table = list(struct.unpack(f"<{len(small_table) // 4}I", small_table))
        return self._chain(first, table)[:size]
