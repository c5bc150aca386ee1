"""What is drawn under the maps: the study's own layers, or else the streets of its network."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
        lines = gpd.GeoDataFrame(geometry=network.edge_lines(), crs=network.crs)
        if kinds is not None:
            lines["highway"] = kinds.to_numpy()
        lines["class"] = road_class(lines)
        layers["roads"] = lines[["class", "geometry"]]
    return layers


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
