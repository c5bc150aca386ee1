"""Whole numbers as few bytes, deflated and written as text that a page can hold.

A number takes seven bits per byte, lowest first (LEB128, as WebAssembly and Protocol Buffers write
them); numbers with a sign are folded first (zigzag). A set of rows is its runs: how many rows are
passed over, how many are in. Rows stand in Hilbert order, so that the rows around a site are few
runs; a set that differs little from the one before it is written as the difference.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np


def varints(values: np.ndarray) -> bytes:
    """Whole numbers, 0 or more.

    Examples
    --------
    >>> varints(np.array([1, 127, 128, 300])).hex()
    '017f8001ac02'
    """
    numbers = np.asarray(values, np.uint64).ravel()
    if not len(numbers):
        return b""
    length = np.ones(len(numbers), np.int64)
    rest = numbers >> np.uint64(7)
    while rest.any():
        length += rest > 0
        rest >>= np.uint64(7)
    owner = np.repeat(np.arange(len(numbers)), length)
    digit = np.arange(len(owner)) - np.repeat(np.cumsum(length) - length, length)
    chunk = (numbers[owner] >> (digit * 7).astype(np.uint64)) & np.uint64(127)
    more = digit < length[owner] - 1
    return (chunk.astype(np.uint8) | np.where(more, 128, 0).astype(np.uint8)).tobytes()


def signed(values: np.ndarray) -> bytes:
    """Whole numbers with a sign.

    Examples
    --------
    >>> signed(np.array([0, -1, 1, -2])).hex()
    '00010203'
    """
    numbers = np.asarray(values, np.int64)
    return varints(np.where(numbers < 0, ~(numbers << 1), numbers << 1).astype(np.uint64))


def steps(values: np.ndarray) -> bytes:
    """Whole numbers by their differences, the first from 0."""
    return signed(np.diff(np.asarray(values, np.int64), prepend=0))


def floats(values: np.ndarray) -> bytes:
    """Numbers to the last digit, eight bytes each."""
    return np.asarray(values, "<f8").tobytes()


def runs(members: np.ndarray) -> np.ndarray:
    """Sorted whole numbers as pairs: how many are passed over, how many follow besides the first.

    Examples
    --------
    >>> runs(np.array([2, 3, 4, 9])).tolist()
    [2, 2, 4, 0]
    """
    if not len(members):
        return np.empty(0, np.int64)
    new = np.flatnonzero(np.diff(members, prepend=-2) != 1)
    start, stop = members[new], members[np.append(new[1:], len(members)) - 1] + 1
    over = start - np.concatenate([[0], stop[:-1]])
    return np.column_stack([over, stop - start - 1]).ravel()


def sets(members: list[np.ndarray]) -> bytes:
    """Sorted sets, each by its runs, or by those of its difference from the set before.

    Before the runs stands how many numbers they are (an even number), and 1 more for a difference.
    """
    parts = []
    before = np.empty(0, np.int64)
    for one in members:
        whole, change = runs(one), runs(np.setxor1d(before, one, assume_unique=True))
        differs = len(change) < len(whole)
        chosen = change if differs else whole
        parts.append(np.concatenate([[len(chosen) + int(differs)], chosen]))
        before = one
    return varints(np.concatenate(parts)) if parts else b""


def deflated(content: bytes) -> str:
    """Deflated bytes (RFC 1951, without a frame) as base64."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(content) + packer.flush()).decode("ascii")
