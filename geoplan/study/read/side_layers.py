"""Layers that a section names beside its main file: links, barriers, candidates, forbidden land."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from geoplan.errors import InputError, MissingCrsError
from geoplan.inputs.files.driver_warnings import DRIVER_SAYS, driver_warnings
from geoplan.inputs.findings.finding import Finding, Loaded
from geoplan.inputs.location.multiple.several_places import places_of
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.file_records import side_record
from geoplan.tolerances import DUPLICATE_M


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
        with driver_warnings(base / path) as said:
            layer = pyogrio.read_dataframe(base / path)
    except DataSourceError as error:
        text = speaker.say(f"study.{kind}_unreadable", name=name, path=path, why=error)
        raise InputError(text) from error
    if not isinstance(layer, gpd.GeoDataFrame):
        raise InputError(speaker.say(f"study.{kind}_none", name=name, path=path))
    if layer.crs is None:
        raise MissingCrsError(speaker.say(f"study.{kind}_no_crs", name=name, path=path))
    plane = layer.to_crs(config.study.crs)
    plane.attrs[DRIVER_SAYS] = said
    return plane


def one_place_each(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A point for every row of candidates, one for every part where a row has several places."""
    places = places_of(layer.geometry)
    counts = [len(places.several.get(k, ())) or 1 for k in range(len(layer))]
    points = [p for k, one in enumerate(places.points) for p in places.several.get(k, [one])]
    out = layer.iloc[np.repeat(np.arange(len(layer)), counts)]
    out = out.set_geometry(gpd.GeoSeries(points, index=out.index, crs=layer.crs))
    return out.reset_index(drop=True) if places.several else out


def siting_layers(config: StudyFile, base: Path, services: Iterable[str]) -> list[Loaded[Any]]:
    """The files of candidates and of forbidden land that `services` name: read, counted, checked.

    A file that cannot be read is an error among the findings, before anything is worked out.
    """
    loaded: list[Loaded[Any]] = []
    for key in services:
        siting = config.services[key].siting
        if siting is None:
            continue
        places = {"forbidden": siting.forbidden}
        if siting.candidates not in ("network", "demand") and not siting.candidates.startswith(
            "facilities:"
        ):
            places["candidates"] = siting.candidates
        for name, path in places.items():
            if path is not None:
                loaded.append(_loaded(config, base, f"services.{key}.siting.{name}", path))
    return loaded


def _several_places(config: StudyFile, path: str, layer: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """A finding about candidates whose geometry has parts far from each other."""
    several = places_of(layer.geometry).several
    if not several:
        return ()
    values = {"count": len(several), "places": sum(map(len, several.values()))}
    words = {
        name: config.speaker.say(
            f"inputs.candidates_several{name}", gap=f"{DUPLICATE_M:.0f}", **values
        )
        for name in ("", "_advice", "_effect")
    }
    return (
        Finding(
            file=path,
            problem=words[""],
            advice=words["_advice"],
            effect=words["_effect"],
            count=len(several),
            severity="warning",
            code="candidates_several",
        ),
    )


def driver_findings(config: StudyFile, path: str, layer: gpd.GeoDataFrame) -> Iterator[Finding]:
    """What the driver warned of while `side_layer` read the file."""
    for text in layer.attrs[DRIVER_SAYS]:
        yield Finding(
            file=path,
            problem=config.speaker.say("inputs.driver_says", text=text),
            advice=config.speaker.say("inputs.driver_says_advice"),
            severity="warning",
            code="driver_says",
        )


def _loaded(config: StudyFile, base: Path, where: str, path: str) -> Loaded[Any]:
    rows = 0
    findings: tuple[Finding, ...] = ()
    try:
        layer = side_layer(config, base, where, path, kind="layer")
        rows = len(layer)
        if where.endswith(".candidates"):
            findings = _several_places(config, path, layer)
        findings += tuple(driver_findings(config, path, layer))
    except InputError as error:
        findings = (
            Finding(
                file=path,
                problem=error.message(config.lang),
                advice=config.speaker.say("inputs.unusable_advice"),
                severity="error",
                code="unusable",
            ),
        )
    return Loaded(
        layer=None,
        record=side_record(base / path, name=path, role=where, rows=rows),
        findings=findings,
        set_aside=pd.DataFrame(),
    )
