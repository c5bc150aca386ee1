"""Readable locations: near which community a suggested site stands, and in which areas."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geoplan.inputs.layers import Demand
from geoplan.study.read.context import Context


def name_locations(context: Context, frame: gpd.GeoDataFrame, demand: Demand) -> gpd.GeoDataFrame:
    """`frame` with ``name`` (near which community), ``area`` and a code column per level."""
    named = frame.copy()
    located = demand.located
    if len(located) == 0 or len(named) == 0:
        named["name"], named["area"] = "", ""
        return named
    nearest = located.sindex.nearest(named.geometry, return_all=False)[1]
    close = located.iloc[nearest]
    named["name"] = [
        context.speaker.say("study.near_place", place=place) if place else ""
        for place in close["name"].fillna("").astype(str)
    ]
    areas = context.inputs.areas
    for level in areas:
        if level in close.columns:
            named[level] = close[level].to_numpy()
    named["area"] = readable_areas(context, close)
    return named


def readable_areas(context: Context, rows: pd.DataFrame) -> list[str]:
    """The two coarsest area names of every row: ``历下区 解放路街道``."""
    named_areas = []
    levels = [level for level in context.inputs.areas if level in rows.columns]
    for row in rows[levels].itertuples(index=False):
        names = [
            str(context.inputs.areas[level].names.get(code, ""))
            for level, code in zip(levels, row, strict=True)
            if pd.notna(code)
        ]
        named_areas.append(" ".join(name for name in names[:2] if name))
    return named_areas
