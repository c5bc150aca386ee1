"""Layers that a section names beside its main file: links, barriers, candidates, forbidden land."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError, InputError, MissingCrsError
from geoplan.inputs.files.driver_warnings import DRIVER_SAYS, driver_warnings
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.readers import read_vector
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.vector import FEATURES_LOST, vector_layers
from geoplan.inputs.findings.finding import Finding, Loaded
from geoplan.inputs.location.multiple.several_places import places_of
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.file_records import side_record
from geoplan.study.read.study_limits import under_limits
from geoplan.tolerances import DUPLICATE_M


@under_limits
def side_layer(
    config: StudyFile,
    base: Path,
    name: str,
    path: str,
    *,
    kind: Literal["lines", "layer"],
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """The layer at `path`, in the study's CRS.

    Parameters
    ----------
    config, base : the study and the folder that its paths start from.
    name : the key of the study file that names the layer; the key `name` + ``_layer`` chooses one
        of several.
    kind : what the section asks for: lines, or any geometry.
    layer : of a file that holds several.

    Raises
    ------
    InputError
        It cannot be read, holds no geometry, holds several layers and none is named, or says no
        CRS.
    """
    speaker = config.speaker

    def said(word: str, **values: Any) -> str:
        return speaker.say(f"study.{kind}_{word}", name=name, path=path, **values)

    try:
        with driver_warnings(base / path) as warned:
            frame = _frame(base / path, layer, lines=kind == "lines")
    except FileError as error:
        sentence = error.sentence
        if sentence is not None and sentence.key == "file_faults.several_layers":
            key = f"{name.rpartition('.')[2]}_layer"
            raise InputError(said("several", key=key, layers=sentence.values["layers"])) from error
        raise InputError(said("unreadable", why=error.message(config.lang))) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise InputError(said("none"))
    if frame.crs is None:
        raise MissingCrsError(said("no_crs"))
    try:
        with reading():
            plane = frame.to_crs(config.study.crs)
    except FileError as error:
        why = error.message(config.lang)
        raise InputError(said("unreadable", why=why)) from error
    plane.attrs[DRIVER_SAYS] = warned
    if FEATURES_LOST in frame.attrs:
        plane.attrs[FEATURES_LOST] = frame.attrs[FEATURES_LOST]
    return plane


def _frame(path: Path, layer: str | None, *, lines: bool) -> pd.DataFrame | None:
    """The layer; of a file with several the only one with lines where lines are wanted."""
    source = LayerSource(path=path, layer=layer)
    if source.suffix in (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods") and path.is_file():
        return None
    if lines and layer is None and source.suffix in (".gpkg", ".gdb", ".gml"):
        kinds = vector_layers(path)
        drawn = [name for name, kind in kinds.items() if "LineString" in str(kind)]
        if len(drawn) == 1:
            source = replace(source, layer=drawn[0])
    return read_vector(source)


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
        places = {"forbidden": (siting.forbidden, siting.forbidden_layer)}
        if siting.candidates not in ("network", "demand") and not siting.candidates.startswith(
            "facilities:"
        ):
            places["candidates"] = (siting.candidates, siting.candidates_layer)
        for name, (path, layer) in places.items():
            if path is not None:
                where = f"services.{key}.siting.{name}"
                loaded.append(_loaded(config, base, where, path, layer))
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
    """What the driver warned of, or passed over, while `side_layer` read the file."""
    for text in layer.attrs[DRIVER_SAYS]:
        yield Finding(
            file=path,
            problem=config.speaker.say("inputs.driver_says", text=text),
            advice=config.speaker.say("inputs.driver_says_advice"),
            severity="warning",
            code="driver_says",
        )
    values = layer.attrs.get(FEATURES_LOST)
    if values is not None:
        yield Finding(
            file=path,
            problem=config.speaker.say("inputs.features_lost", **values),
            advice=config.speaker.say("inputs.features_lost_advice"),
            severity="warning",
            code="features_lost",
            effect=config.speaker.say("inputs.features_lost_effect"),
            count=values["count"],
        )


def _loaded(config: StudyFile, base: Path, where: str, path: str, layer: str | None) -> Loaded[Any]:
    rows = 0
    findings: tuple[Finding, ...] = ()
    try:
        frame = side_layer(config, base, where, path, kind="layer", layer=layer)
        rows = len(frame)
        if where.endswith(".candidates"):
            findings = _several_places(config, path, frame)
        findings += tuple(driver_findings(config, path, frame))
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
