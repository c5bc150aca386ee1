"""The arrays of a network, checked before compiled code, which looks at no bounds, reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Faults, NetworkError
from geoplan.tolerances import EDGE_END_M, LONGEST_M, LONGEST_MIN
from geoplan.words.message import Message

#: kind and dimensions of every array of a network
KINDS: dict[str, tuple[type, int]] = {
    "x": (np.float64, 1),
    "y": (np.float64, 1),
    "u": (np.int32, 1),
    "v": (np.int32, 1),
    "length_m": (np.float64, 1),
    "oneway": (np.bool_, 1),
    "minutes": (np.float64, 1),
    "minutes_back": (np.float64, 1),
    "coords": (np.float64, 2),
    "offsets": (np.int64, 1),
}
#: arrays that a network may lack
OPTIONAL = ("minutes", "minutes_back")


def native_array(name: str, values: Any) -> NDArray[Any] | None:
    """The values as the kind of array that compiled code reads; None where they are none.

    Numbers of another width or byte order become what they mean, unless something would be lost.

    Examples
    --------
    >>> native_array("u", np.array([0, 1], ">i8"))
    array([0, 1], dtype=int32)
    >>> native_array("u", np.array([0.5])) is None
    True
    """
    kind, dimensions = KINDS[name]
    array = np.asarray(values)
    if array.ndim != dimensions or (dimensions == 2 and array.shape[1] != 2):
        return None
    if array.dtype.kind not in {"f": "fiu", "i": "iu", "b": "b"}[np.dtype(kind).kind]:
        return None
    if np.dtype(kind).kind == "i" and array.size:
        limits = np.iinfo(kind)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            return None
    return np.ascontiguousarray(array, dtype=kind)


def check_arrays(
    arrays: Mapping[str, NDArray[Any]], n_nodes: int, sizes: Mapping[str, int], faults: Faults
) -> None:
    """Note every array that does not fit the others or holds values that none may.

    Parameters
    ----------
    arrays : of the kinds `KINDS`, by name.
    n_nodes : how many node labels there are.
    sizes : of the labels and properties of edges, by name.
    faults : what is wrong is added to it.
    """
    m = len(arrays["u"])
    wrong = [name for name in ("x", "y") if len(arrays[name]) != n_nodes]
    per_edge = ("v", "length_m", "oneway", *OPTIONAL)
    wrong += [name for name in per_edge if name in arrays and len(arrays[name]) != m]
    wrong += [name for name, size in sizes.items() if size != m]
    offsets, k = arrays["offsets"], len(arrays["coords"])
    if (
        len(offsets) != m + 1
        or offsets[0] != 0
        or offsets[-1] != k
        or (m and int((offsets[1:] - offsets[:-1]).min()) < 2)  # a line has two vertices at least
        or (m and int(offsets.max()) > k)
    ):
        wrong.append("offsets")
    wrong += [
        name
        for name in ("u", "v")
        if m and not 0 <= int(arrays[name].min()) <= int(arrays[name].max()) < n_nodes
    ]
    if wrong:
        faults.add(Message("network_faults.arrays_sizes", names=", ".join(dict.fromkeys(wrong))))
    for name in ("length_m", *OPTIONAL):
        most = LONGEST_M if name == "length_m" else LONGEST_MIN
        if name in arrays and (bad := _outside(arrays[name], 0.0, most)):
            faults.add(Message("network_faults.arrays_costs", count=bad, name=name))
    for name in ("x", "y", "coords"):
        if bad := _outside(arrays[name].ravel(), -LONGEST_M, LONGEST_M):
            faults.add(Message("network_faults.arrays_places", count=bad, name=name))


def check_drawn_ends(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise where edges are drawn elsewhere than between their nodes.

    Raises
    ------
    NetworkError
    """
    offsets, coords = arrays["offsets"], arrays["coords"]
    off = np.zeros(len(arrays["u"]))
    for node, vertex in (("u", offsets[:-1]), ("v", offsets[1:] - 1)):
        x, y = arrays["x"][arrays[node]], arrays["y"][arrays[node]]
        off = np.maximum(off, np.hypot(coords[vertex, 0] - x, coords[vertex, 1] - y))
    if count := int((off > EDGE_END_M).sum()):
        ends = Message("network_faults.arrays_ends", count=count)
        raise NetworkError.of("network_faults.arrays", faults=ends)


def _outside(values: NDArray[Any], least: float, most: float) -> int:
    """How many values are not from `least` to `most`, or no numbers."""
    return int((~((values >= least) & (values <= most))).sum())
