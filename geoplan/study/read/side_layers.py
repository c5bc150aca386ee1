"""Layers that a section names beside its main file: links, barriers, candidates, forbidden land."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataSourceError

from geoplan.errors import InputError, MissingCrsError
from geoplan.study.config.schema import StudyFile


def side_layer(
    config: StudyFile, base: Path, name: str, path: str, *, kind: Literal["lines", "layer"]
) -> gpd.GeoDataFrame:
    """The layer at `path`, in the study's CRS.

    Parameters
    ----------
    config, base : the study and the folder that its paths start from.
    name : the key of the study file that names the layer.
    kind : what the section asks for: lines, or any geometry.

    Raises
    ------
    InputError
        It cannot be read, holds no geometry or says no CRS.
    """
    speaker = config.speaker
    try:
        layer = pyogrio.read_dataframe(base / path)
    except DataSourceError as error:
        text = speaker.say(f"study.{kind}_unreadable", name=name, path=path, why=error)
        raise InputError(text) from error
    if not isinstance(layer, gpd.GeoDataFrame):
        raise InputError(speaker.say(f"study.{kind}_none", name=name, path=path))
    if layer.crs is None:
        raise MissingCrsError(speaker.say(f"study.{kind}_no_crs", name=name, path=path))
    return layer.to_crs(config.study.crs)
