"""Geometry nested so deep that the geometry library would run out of stack: found before it reads.

A collection may hold collections. GEOS reads them by recursion and does not bound it.
"""

from __future__ import annotations

import struct

#: collections within collections; real data hold three
DEEPEST = 50
#: bytes that the head of a collection takes: byte order, kind, count
HEAD = 9
_POINT, _LINE, _POLYGON = 1, 2, 3
_SEVERAL = (4, 5, 6, 7)


def nested_wkb(raw: bytes | memoryview) -> bool:
    """Whether a geometry as WKB or EWKB is nested deeper than `DEEPEST`.

    Damaged geometry is not nested: whoever reads it says so.

    Examples
    --------
    >>> import shapely
    >>> point = shapely.to_wkb(shapely.Point(0, 0))
    >>> head = bytes.fromhex("010700000001000000")
    >>> nested_wkb(head * 3 + point), nested_wkb(head * 100_000 + point)
    (False, True)
    """
    if len(raw) <= DEEPEST * HEAD:
        return False
    waiting: list[int] = []  # members still to come, by level
    at = 0
    try:
        while True:
            order = "<" if raw[at] == 1 else ">"
            kind, dimensions, at = _kind(raw, at, order)
            if kind in _SEVERAL:
                waiting.append(struct.unpack_from(order + "I", raw, at)[0])
                at += 4
                if len(waiting) > DEEPEST:
                    return True
            else:
                at = _behind(raw, at, order, kind, dimensions)
            while waiting and waiting[-1] == 0:
                waiting.pop()
            if not waiting:
                return False
            waiting[-1] -= 1
    except (struct.error, IndexError, ValueError):
        return False


def _kind(raw: bytes | memoryview, at: int, order: str) -> tuple[int, int, int]:
    """Kind of geometry, numbers per place, and where its body begins."""
    code = struct.unpack_from(order + "I", raw, at + 1)[0]
    at += 5
    if code & 0x20000000:  # EWKB: the number of a CRS follows
        at += 4
    iso = (code & 0x0FFFFFFF) // 1000
    many = bool(code & 0x80000000) + bool(code & 0x40000000) + (0, 1, 1, 2)[min(iso, 3)]
    return (code & 0x0FFFFFFF) % 1000, 2 + many, at


def _behind(raw: bytes | memoryview, at: int, order: str, kind: int, dimensions: int) -> int:
    """Where a point, line or polygon ends.

    Raises
    ------
    ValueError
        It is none of these.
    """
    size = 8 * dimensions
    if kind == _POINT:
        return at + size
    if kind == _LINE:
        return at + 4 + size * int(struct.unpack_from(order + "I", raw, at)[0])
    if kind != _POLYGON:
        raise ValueError(kind)
    rings = struct.unpack_from(order + "I", raw, at)[0]
    at += 4
    for _ in range(rings):
        at += 4 + size * struct.unpack_from(order + "I", raw, at)[0]
    return at
