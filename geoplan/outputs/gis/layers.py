"""The layers of a run, each with its style for QGIS and the same numbers as the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.outputs.gis import styles
from geoplan.outputs.palette import CAUSES, SHARE_BOUNDS, SHARE_LABELS
from geoplan.outputs.ranges import capacity_texts, further_coverages, is_plan_unlimited
from geoplan.outputs.wording import (
    area_names,
    level_of_codes,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words import has_word
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, is_missing


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Layer:
    """One layer: its name in the file, its features and its QGIS style.

    title : what the layer is, for readers. styles : name and QML of more styles to choose from.
    """

    name: str
    frame: gpd.GeoDataFrame
    style: str
    title: str = ""
    styles: tuple[tuple[str, str], ...] = ()


def layer_list(results: RunResults, speaker: Speaker) -> list[Layer]:
    """Every layer of a run, background first, in the study's CRS.

    Column names are stable and English, so that a QGIS project keeps working; ``cause_text``
    and ``remedy_text`` are in `speaker`'s language.
    """
    layers = [*_background(results), *_areas(results, speaker)]
    for service in results.services.values():
        layers.extend(service_layers(results, service, speaker))
    return [layer for layer in layers if len(layer.frame)]


def service_layers(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> Iterator[Layer]:
    """The layers of one service, the lowest first."""
    key = service.key
    if service.reach is not None:
        frame = service.reach[["cutoff", service.reach.geometry.name]]
        frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
        yield Layer(name=f"{key}_reach", frame=frame, style=styles.reach_style())
    if service.gaps is not None:
        yield _gaps(service, speaker)
    if service.coverage is not None:
        yield _demand(service.coverage, service, speaker)
    if service.spacing is not None:
        yield from _spacing(service, speaker)
    if service.facilities is not None:
        yield _facilities(results, service, speaker)
    if service.siting is not None:
        yield _sites(service)
    if service.programme is not None:
        yield _programme(service, speaker)


def _background(results: RunResults) -> Iterator[Layer]:
    for name, frame in results.background.items():
        kept = [c for c in ("class", "name") if c in frame.columns]
        there = frame.loc[frame.geometry.notna(), [*kept, frame.geometry.name]]
        if not len(there):
            continue
        kind = str(there.geom_type.iloc[0])
        yield Layer(
            name=f"background_{name}",
            frame=there,
            style=styles.background_style(name, kind),
        )


def _areas(results: RunResults, speaker: Speaker) -> Iterator[Layer]:
    for level, layer in results.areas.items():
        frame = layer.frame[["name", "parent", layer.frame.geometry.name]].copy()
        frame.insert(0, "code", frame.index.astype(str))
        shares: list[tuple[str, str]] = []
        for key, service in results.services.items():
            for name, values in _area_columns(results, service, level).items():
                frame[f"{key}_{name}"] = values.reindex(frame.index).to_numpy()
            if f"{key}_share" in frame.columns:
                shares.append((f"{key}_share", service.name(speaker.lang)))
        points = not layer.has_polygons
        style = styles.plain_area_style(points=points)
        every = [
            (name, styles.area_style(field, SHARE_BOUNDS, _share_labels(name), points=points))
            for field, name in shares
        ]
        # the first service's shares to begin with; QGIS offers the others as styles to choose
        yield Layer(
            name=f"areas_{level}",
            frame=frame,
            style=every[0][1] if every else style,
            title=speaker.level(level),
            styles=tuple(every[1:]),
        )


def _share_labels(service: str) -> list[str]:
    """Class labels that say whose share it is: QGIS shows no other title in its legend."""
    return [f"{clean(service)} {label}" for label in SHARE_LABELS]


def aliases(results: RunResults, layer: Layer, speaker: Speaker) -> dict[str, str]:
    """What the columns are called for readers, where there is a word; by column."""
    names = {}
    gaps = layer.name.endswith("_gaps")
    unlimited = {f"{key}_sites" for key, s in results.services.items() if is_plan_unlimited(s)}
    for column in map(str, layer.frame.columns):
        key = next((k for k in results.services if column.startswith(f"{k}_")), None)
        name = column if key is None else column[len(key) + 1 :]
        plain = {"share": "covered_share", "people": "unserved" if gaps else "people"}.get(
            name, name
        )
        if column in results.areas:
            names[column] = speaker.level(column)
            continue
        if layer.name in unlimited and has_word(f"outputs.col_{plain}_unlimited"):
            plain += "_unlimited"
        if has_word(f"outputs.col_{plain}"):
            word = speaker.say(f"outputs.col_{plain}")
            names[column] = (
                word if key is None else f"{results.services[key].name(speaker.lang)} {word}"
            )
    return names


def layer_title(results: RunResults, layer: Layer, speaker: Speaker) -> str:
    """What a layer is, for readers."""
    for key, service in results.services.items():
        kind = layer.name.removeprefix(f"{key}_")
        if kind != layer.name and has_word(f"outputs.layer_{kind}"):
            return f"{service.name(speaker.lang)}：{speaker.say(f'outputs.layer_{kind}')}"
    kind = layer.name.removeprefix("background_")
    return layer.title or speaker.word(f"outputs.layer_{kind}", layer.name)


def _area_columns(results: RunResults, service: ServiceResult, level: str) -> dict[str, pd.Series]:
    columns: dict[str, pd.Series] = {}
    coverage = service.coverage
    if coverage is not None and level in coverage.frame.columns:
        table = coverage.by_area(level)
        columns |= {"people": table["total"], "served": table["served"]}
        columns["share"] = table["covered_share"]
        for ending, further in further_coverages(service).items():
            if level in further.frame.columns:
                then = further.by_area(level)
                columns[f"served{ending}"] = then["served"]
                columns[f"share{ending}"] = then["covered_share"]
    if level in service.quota:
        table = service.quota[level]
        columns |= {"sites": table["sites"], "meets": table["meets"].astype("object")}
    if service.rates is not None and level_of_codes(results, service.rates.index) == level:
        columns |= {"count": service.rates["count"], "rate": service.rates["rate"]}
    return columns


def state_of(frame: pd.DataFrame) -> pd.Series:
    """The state in which most people of every row are (the first of equals; "" when withheld)."""
    values = frame[list(STATES)].to_numpy(float)
    known = ~np.isnan(values).any(axis=1)
    best = np.argmax(np.where(np.isnan(values), -1.0, values), axis=1)
    names = np.array(STATES, dtype=object)[best]
    return pd.Series(np.where(known, names, ""), index=frame.index, dtype=object)


def _demand(coverage: Coverage, service: ServiceResult, speaker: Speaker) -> Layer:
    source = coverage.frame
    frame = gpd.GeoDataFrame(
        {
            "id": source.index.astype(str),
            "name": source["name"].to_numpy(),
            "people": source["people"].to_numpy(float),
            **{state: source[state].to_numpy(float) for state in STATES},
            "state": state_of(source).to_numpy(),
        },
        geometry=source.geometry.to_numpy(),
        crs=source.crs,
    )
    for name in ("site", "cost", "reason"):
        if name in source.columns:
            frame[name] = source[name].to_numpy()
    for level in coverage.areas:
        if level in source.columns:
            frame[level] = source[level].to_numpy()
    for ending, further in further_coverages(service).items():
        then = further.frame["served"].reindex(source.index)
        frame[f"served{ending}"] = then.to_numpy(float)
    labels = {state: speaker.say(f"common.{state}") for state in STATES}
    return Layer(
        name=f"{service.key}_demand",
        frame=frame,
        style=styles.demand_style(labels, count=len(frame)),
    )


def _gaps(service: ServiceResult, speaker: Speaker) -> Layer:
    assert service.gaps is not None
    frame = service.gaps.copy()
    ranks = {} if service.siting is None else dict(service.siting.sites["rank"])
    frame["closing_rank"] = pd.array(
        [pd.NA if is_missing(c) else ranks.get(c, pd.NA) for c in frame["closing_site"]],
        dtype="Int64",
    )
    frame["closing_site"] = ["" if is_missing(c) else str(c) for c in frame["closing_site"]]
    lines = bool(frame.geom_type.dropna().isin(["LineString", "MultiLineString"]).all())
    line = "length_m" in frame.columns
    frame["cause_text"] = [speaker.cause(c, line=line) for c in frame["cause"]]
    frame["remedy_text"] = [speaker.remedy(r, line=line) for r in frame["remedy"]]
    labels = {cause: speaker.cause(cause, line=line) for cause in CAUSES}
    return Layer(
        name=f"{service.key}_gaps", frame=frame, style=styles.gap_style(labels, lines=lines)
    )


def _facilities(results: RunResults, service: ServiceResult, speaker: Speaker) -> Layer:
    assert service.facilities is not None
    frame = service.facilities.frame.copy()
    frame.insert(0, "id", frame.index.astype(str))
    frame["tier"] = frame["tier"].astype("string").fillna("")
    places = frame["capacity"].astype(float)
    if np.isinf(places).any() or "capacity_assumed" in frame.columns:
        # few formats can tell "no limit" from "not known" in a column of numbers
        frame["capacity_text"] = capacity_texts(service, frame, speaker)
        frame["capacity"] = places.where(~np.isinf(places))
    for level in results.areas:
        if level in frame.columns:
            names = area_names(results, level, frame[level], speaker)
            frame[f"{level}_name"] = names
    used = set(frame["tier"])
    tiers = {t.key: t.name(speaker.lang) for t in service.standard.tiers if t.key in used}
    counts = {str(key): int(n) for key, n in frame["tier"].value_counts().items()}
    style = styles.facility_style(tiers, speaker.say("outputs.no_tier"), counts=counts)
    return Layer(name=f"{service.key}_facilities", frame=frame, style=style)


def _sites(service: ServiceResult) -> Layer:
    assert service.siting is not None
    frame = service.siting.sites.copy()
    frame.insert(0, "id", frame.index.astype(str))
    if "next_best" in frame.columns:
        frame["next_best"] = ["" if is_missing(n) else str(n) for n in frame["next_best"]]
    return Layer(
        name=f"{service.key}_sites", frame=frame, style=styles.site_style(count=len(frame))
    )


def _programme(service: ServiceResult, speaker: Speaker) -> Layer:
    """Actions at their places, numbered by their year."""
    assert service.programme is not None
    frame = service.programme.actions.rename(columns={"cost": "capital_cost"})
    frame.insert(0, "id", frame.index.astype(str))
    frame["action_text"] = [speaker.word(f"outputs.action_{k}", str(k)) for k in frame["action"]]
    style = styles.site_style(count=len(frame), label="year")
    return Layer(name=f"{service.key}_programme", frame=frame, style=style)


def _spacing(service: ServiceResult, speaker: Speaker) -> Iterator[Layer]:
    intervals = service.spacing.intervals
    wanted = ("line", "from_m", "to_m", "length_m", "status", "stretch", "stretch_m")
    kept = [c for c in wanted if c in intervals.columns]
    labels = {status: speaker.say(f"outputs.stretch_{status}") for status in ("covered", "gap")}
    stretches = intervals[[*kept, intervals.geometry.name]].copy()
    stretches.insert(1, "line_name", service.line_texts(stretches["line"]).astype(str))
    yield Layer(
        name=f"{service.key}_stretches",
        frame=stretches,
        style=styles.stretch_style(labels),
    )
    required = service.spacing.required
    kept = [c for c in ("kind", "line", "marked") if c in required.columns]
    frame = required[[*kept, required.geometry.name]].copy()
    frame["marked"] = frame["marked"].astype(int)
    if "line" in kept:
        frame["line_name"] = service.line_texts(frame["line"]).astype("string").fillna("")
    frame["kind_text"] = [speaker.point_kind(k) for k in frame["kind"]]
    marked = {"1": speaker.say("outputs.marked"), "0": speaker.say("outputs.not_marked")}
    yield Layer(name=f"{service.key}_required", frame=frame, style=styles.required_style(marked))
