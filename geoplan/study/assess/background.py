"""What is drawn under the maps: the study's own layers, or else the streets of its network."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.network import Network
from geoplan.study.read.networks import StudyNetwork

#: headings of a road's class; the first that is there counts
_CLASS_COLUMNS = (
    "class",
    "highway",
    "fclass",
    "road_class",
    "roadclass",
    "道路等级",
    "道路类型",
    "等级",
    "tier",  # what the reader of tables takes 等级, 类型 and 级别 for
)
#: values of main (1) and middle (2) roads: OpenStreetMap's, and those of CJJ 37 and JTG B01
_MAIN = ("1", "motorway", "trunk", "primary", "高速", "国道", "快速路", "主干", "一级")
_MIDDLE = ("2", "secondary", "tertiary", "省道", "县道", "次干", "二级")
#: lines of no known class are main roads when they are few, every street when they are many
_FEW = 3_000
#: minor streets that are handed to maps, and squares of the ground along its longer side
_MOST_MINOR, _SQUARES = 300_000, 100


def background_layers(
    own: Mapping[str, gpd.GeoDataFrame], networks: Mapping[str, StudyNetwork]
) -> dict[str, gpd.GeoDataFrame]:
    """The study's own background layers, and the streets by class where none are given.

    Parameters
    ----------
    own : layers by name (``water``, ``green``, ``roads``, any other), projected.
    networks : of the run, by mode.

    Returns
    -------
    The same layers; ``roads`` has the column ``class``: 1 main, 2 middle, 3 minor.
    """
    layers = dict(own)
    if "roads" in layers:
        layers["roads"] = layers["roads"].assign(**{"class": road_class(layers["roads"])})
    elif networks:
        network = (networks.get("drive") or next(iter(networks.values()))).network
        kinds = None if network.properties is None else network.properties.get("highway")
        known = pd.DataFrame(index=pd.RangeIndex(network.n_edges))
        if kinds is not None:
            known["highway"] = kinds.to_numpy()
        number = road_class(known)
        shown = _shown(network, number)
        layers["roads"] = gpd.GeoDataFrame(
            {"class": number[shown]}, geometry=network.edge_lines(shown), crs=network.crs
        )
    return layers


def _shown(network: Network, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """The streets that maps are given: all, or of very many minor ones the longest everywhere.

    No page holds as many, and as objects they take more memory than the network.
    """
    minor = np.flatnonzero(number == 3)
    if len(minor) <= _MOST_MINOR:
        return np.arange(network.n_edges)
    at = network.coords[network.offsets[minor]]
    low = at.min(axis=0)
    side = max(float((at.max(axis=0) - low).max()) / _SQUARES, 1.0)
    square = ((at - low) // side).astype(np.int64) @ np.array([_SQUARES + 1, 1])
    order = np.lexsort((-network.length_m[minor], square))
    first = np.flatnonzero(np.diff(square[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    kept = order[np.argsort(place, kind="stable")][:_MOST_MINOR]
    return np.sort(np.concatenate([np.flatnonzero(number < 3), minor[kept]]))


def road_class(roads: pd.DataFrame) -> NDArray[np.int64]:
    """1 main, 2 middle, 3 minor per row, from whichever usual column has it.

    Examples
    --------
    >>> road_class(pd.DataFrame({"highway": ["trunk_link", "tertiary", "footway", None]})).tolist()
    [1, 2, 3, 3]
    >>> road_class(pd.DataFrame({"等级": ["主干路", "次干路", "支路"]})).tolist()
    [1, 2, 3]
    >>> road_class(pd.DataFrame({"name": ["a main road, of which there are few"]})).tolist()
    [2]
    """
    heading = next((name for name in _CLASS_COLUMNS if name in roads.columns), None)
    if heading is None:
        return np.full(len(roads), 2 if len(roads) <= _FEW else 3)
    words = roads[heading].astype("string").fillna("").str.strip().str.lower()
    words = words.str.removesuffix("_link").str.removesuffix(".0")
    known = {word: _class_of(word) for word in words.unique()}
    return words.map(known).to_numpy(np.int64)


def _class_of(word: str) -> int:
    for number, starts in ((1, _MAIN), (2, _MIDDLE)):
        if word in starts or any(not s.isascii() and s in word for s in starts):
            return number
    return 3
