"""`ReadOnce`: what one reading of a study's files has worked out is not worked out again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class ReadOnce:
    """Answers by what they were asked about: files, cells and places that several layers share.

    A table of communities is the demand of six groups: it is opened, searched for personal data and
    compared with the streets once. What is handed out is not to be written to.

    Parameters
    ----------
    keeps : False = nothing is kept: whoever reads a file twice sees what has changed in it.

    Examples
    --------
    >>> reads = ReadOnce()
    >>> [reads.value("sum", lambda: 1 + 1), reads.value("sum", lambda: 0)]
    [2, 2]
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self._keeps = keeps
        self._known: dict[Hashable, Any] = {}

    def value(
        self, key: Hashable, work: Callable[[], T], *, keep: Callable[[T], bool] = lambda _: True
    ) -> T:
        """What `work` returned for the `key`; another time it is called anew unless `keep` of it.

        key : all that the answer depends on; an object stands for itself and not for its content.
        """
        if key in self._known:
            known: T = self._known[key]
            return known
        found = work()
        if self._keeps and keep(found):
            self._known[key] = found
        return found


def content_key(*arrays: np.ndarray) -> bytes:
    """A key of the content of arrays of numbers.

    Examples
    --------
    >>> content_key(np.array([1.0, 2.0])) == content_key(np.array([1.0]), np.array([2.0]))
    False
    """
    digest = hashlib.sha256()
    for one in arrays:
        digest.update(f"{one.dtype} {one.shape};".encode())
        digest.update(np.ascontiguousarray(one).data)
    return digest.digest()
