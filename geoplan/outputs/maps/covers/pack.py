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

#: members of sets that are written at one time
_AT_ONCE = 1_000_000


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
    return _runs(np.zeros(len(members), np.int64), members)[0].ravel()


def _runs(owner: np.ndarray, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The runs of many sets, one behind the other, and whose each is."""
    if not len(member):
        return np.empty((0, 2), np.int64), np.empty(0, np.int64)
    begins = np.ones(len(member), bool)
    begins[1:] = (owner[1:] != owner[:-1]) | (member[1:] != member[:-1] + 1)
    new = np.flatnonzero(begins)
    start, stop = member[new], member[np.append(new[1:], len(member)) - 1] + 1
    whose = owner[new]
    behind = np.concatenate([[0], stop[:-1]])
    behind[np.diff(whose, prepend=-1) != 0] = 0
    return np.column_stack([start - behind, stop - start - 1]), whose


def sets(members: list[np.ndarray]) -> bytes:
    """Sorted sets, each by its runs, or by those of its difference from the set before.

    Before the runs stands how many numbers they are (an even number), and 1 more for a difference.
    """
    parts, begin = [], 0
    sizes = np.cumsum([len(one) for one in members])
    while begin < len(members):  # some at one time: all of a province are gigabytes
        most = (sizes[begin - 1] if begin else 0) + _AT_ONCE
        end = max(begin + 1, int(np.searchsorted(sizes, most, "right")))
        before = members[begin - 1] if begin else np.empty(0, np.int64)
        parts.append(_sets(members[begin:end], before))
        begin = end
    return varints(np.concatenate(parts)) if parts else b""


def _sets(members: list[np.ndarray], before: np.ndarray) -> np.ndarray:
    """The numbers of some sets, of which the first follows `before`."""
    count = len(members)
    owner, member = _joined(members)
    whole, of_whole = _runs(owner, member)
    past, passed = _joined([before, *members[:-1]])
    width = 1 + max(member.max(initial=0), passed.max(initial=0))
    keys = np.concatenate([owner * width + member, past * width + passed])
    keys.sort(kind="stable")  # merges the two, which are sorted
    is_new = np.ones(len(keys) + 1, bool)
    is_new[1:-1] = keys[1:] != keys[:-1]
    once = is_new[:-1] & is_new[1:]  # what stands in one of the two sets alone
    change, of_change = _runs(*np.divmod(keys[once], width))
    n_whole = np.bincount(of_whole, minlength=count)
    n_change = np.bincount(of_change, minlength=count)
    differs = n_change < n_whole
    pairs = np.concatenate([whole[~differs[of_whole]], change[differs[of_change]]])
    owners = np.concatenate([of_whole[~differs[of_whole]], of_change[differs[of_change]]])
    pairs = pairs[np.argsort(owners, kind="stable")]
    n_pairs = np.where(differs, n_change, n_whole)
    head = np.arange(count) + 2 * (np.cumsum(n_pairs) - n_pairs)
    numbers = np.empty(count + pairs.size, np.int64)
    numbers[head] = 2 * n_pairs + differs
    rest = np.ones(len(numbers), bool)
    rest[head] = False
    numbers[rest] = pairs.ravel()
    return numbers


def _joined(members: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The position of each set, as often as it has members, and all members."""
    owner = np.repeat(np.arange(len(members)), [len(one) for one in members])
    return owner, np.concatenate([np.empty(0, np.int64), *members]).astype(np.int64)


def deflated(content: bytes) -> str:
    """Deflated bytes (RFC 1951, without a frame) as base64."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(content) + packer.flush()).decode("ascii")
