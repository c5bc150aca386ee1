"""Layers that a section names beside its main file: links, barriers, candidates, forbidden land."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from geoplan.errors import InputError, MissingCrsError
from geoplan.inputs.findings.finding import Finding, Loaded
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.file_records import side_record


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


def _loaded(config: StudyFile, base: Path, where: str, path: str) -> Loaded[Any]:
    rows = 0
    findings: tuple[Finding, ...] = ()
    try:
        rows = len(side_layer(config, base, where, path, kind="layer"))
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
