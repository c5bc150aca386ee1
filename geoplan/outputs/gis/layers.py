"""The layers of a run, each with its style for QGIS and the same numbers as the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.outputs.gis.styling import styles
from geoplan.outputs.gis.styling.symbols import Style
from geoplan.outputs.palette import CAUSES, SHARE_LABELS
from geoplan.outputs.ranges import capacity_texts, further_coverages
from geoplan.outputs.wording import (
    area_names,
    level_of_codes,
)
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, is_missing


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Layer:
    """One layer: its name in the file, its features and how they are drawn.

    name : a key that stays the same in every language, ``meal_station_gaps``.
    service, level : whose it is, of layers of one service or of areas.
    styles : more styles to choose from, by service: the areas' shares of each.
    """

    name: str
    frame: gpd.GeoDataFrame
    style: Style
    service: str = ""
    level: str = ""
    styles: Mapping[str, Style] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the layer holds: ``gaps``, ``facilities``, ``roads``, ``areas``, ..."""
        if self.level:
            return "areas"
        return self.name.removeprefix(f"{self.service or 'background'}_")


def layer_list(results: RunResults, speaker: Speaker) -> list[Layer]:
    """Every layer of a run, background first, in the study's CRS.

    Column names are stable and English, so that a QGIS project keeps working; ``cause_text``
    and ``remedy_text`` are in `speaker`'s language.
    """
    layers = [*_background(results, speaker), *_areas(results, speaker)]
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
        yield Layer(name=f"{key}_reach", frame=frame, style=styles.reach_style(), service=key)
    if service.site_reach is not None and service.facilities is not None:
        yield _site_reach(service)
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


def _site_reach(service: ServiceResult) -> Layer:
    """What each existing and suggested site reaches: id, name, and the rank of a suggested one."""
    assert service.site_reach is not None
    assert service.facilities is not None
    reach = service.site_reach
    names = service.facilities.frame["name"].reindex(reach.index)
    new = None if service.siting is None else service.siting.sites
    if new is not None and "name" in new.columns:
        names = names.fillna(new["name"].reindex(reach.index))
    frame = gpd.GeoDataFrame(
        {
            "id": reach.index.astype(str),
            "name": names.astype("string").fillna("").to_numpy(),
            "cutoff": reach["cutoff"].to_numpy(float),
        },
        geometry=reach.geometry.to_numpy(),
        crs=reach.crs,
    )
    if new is not None and len(new):
        frame.insert(2, "rank", new["rank"].reindex(reach.index).to_numpy(float))
    if service.in_reach is not None:  # the internal edition
        frame["people_in_reach"] = service.in_reach.reindex(frame["id"]).to_numpy(float)
    key = service.key
    return Layer(
        name=f"{key}_reach_sites", frame=frame, style=styles.site_reach_style(), service=key
    )


def _background(results: RunResults, speaker: Speaker) -> Iterator[Layer]:
    for name, frame in results.background.items():
        kept = [c for c in ("class", "name") if c in frame.columns]
        there = frame.loc[frame.geometry.notna(), [*kept, frame.geometry.name]]
        if not len(there):
            continue
        kind = str(there.geom_type.iloc[0])
        yield Layer(
            name=f"background_{name}",
            frame=there,
            style=styles.background_style(name, kind, speaker),
        )


def _areas(results: RunResults, speaker: Speaker) -> Iterator[Layer]:
    for level, layer in results.areas.items():
        frame = layer.frame[["name", "parent", layer.frame.geometry.name]].copy()
        frame.insert(0, "code", frame.index.astype(str))
        columns: dict[str, np.ndarray] = {}
        points, count = not layer.has_polygons, len(frame)
        every: dict[str, Style] = {}
        for key, service in results.services.items():
            for name, values in _area_columns(results, service, level).items():
                columns[f"{key}_{name}"] = values.reindex(frame.index).to_numpy()
            drawn = {f"{key}_share", f"{key}_rate"} & {*frame, *columns}
            name = service.name(speaker.lang)
            if f"{key}_share" in drawn:
                every[key] = styles.area_style(
                    f"{key}_share", _share_labels(name), points=points, count=count
                )
            elif drawn:
                rates = columns[f"{key}_rate"].astype(float)
                style = styles.rate_style(f"{key}_rate", rates, clean(name), points=points)
                every |= {} if style is None else {key: style}
        frame = gpd.GeoDataFrame(
            pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1), crs=frame.crs
        )
        # the first service's shares to begin with; QGIS offers all of them as styles to choose
        style = next(iter(every.values()), None) or styles.plain_area_style(
            points=points, count=count
        )
        yield Layer(name=f"areas_{level}", frame=frame, style=style, level=level, styles=every)


def _share_labels(service: str) -> list[str]:
    """Class labels that say whose share it is: QGIS shows no other title in its legend."""
    return [f"{clean(service)} {label}" for label in SHARE_LABELS]


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
    labels = {state: speaker.state(state, service.standard.mode) for state in STATES}
    return Layer(
        name=f"{service.key}_demand",
        service=service.key,
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
    style = styles.gap_style(labels, lines=lines)
    return Layer(name=f"{service.key}_gaps", frame=frame, style=style, service=service.key)


def _facilities(results: RunResults, service: ServiceResult, speaker: Speaker) -> Layer:
    assert service.facilities is not None
    frame = service.facilities.frame.copy()
    frame.insert(0, "id", frame.index.astype(str))
    frame["tier"] = frame["tier"].astype("string").fillna("")
    if service.in_reach is not None:  # the internal edition
        frame["people_in_reach"] = service.in_reach.reindex(frame["id"]).to_numpy(float)
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
    key = service.key
    return Layer(name=f"{key}_facilities", frame=frame, style=style, service=key)


def _sites(service: ServiceResult) -> Layer:
    assert service.siting is not None
    frame = service.siting.sites.copy()
    frame.insert(0, "id", frame.index.astype(str))
    if service.in_reach is not None:
        frame["people_in_reach"] = service.in_reach.reindex(frame["id"]).to_numpy(float)
    if "next_best" in frame.columns:
        frame["next_best"] = ["" if is_missing(n) else str(n) for n in frame["next_best"]]
    style = styles.site_style(count=len(frame))
    return Layer(name=f"{service.key}_sites", frame=frame, style=style, service=service.key)


def _programme(service: ServiceResult, speaker: Speaker) -> Layer:
    """Actions at their places, numbered by their year."""
    assert service.programme is not None
    frame = service.programme.actions.rename(columns={"cost": "capital_cost"})
    frame.insert(0, "id", frame.index.astype(str))
    for name in ("action", "why"):  # the code stays beside its words
        words = [speaker.word(f"outputs.{name}_{code}", str(code)) for code in frame[name]]
        frame.insert(frame.columns.get_loc(name) + 1, f"{name}_text", words)
    style = styles.site_style(count=len(frame), label="year")
    key = service.key
    return Layer(name=f"{key}_programme", frame=frame, style=style, service=key)


def _spacing(service: ServiceResult, speaker: Speaker) -> Iterator[Layer]:
    intervals = service.spacing.intervals
    wanted = ("line", "from_m", "to_m", "length_m", "status", "stretch", "stretch_m")
    kept = [c for c in wanted if c in intervals.columns]
    labels = {status: speaker.say(f"outputs.stretch_{status}") for status in ("covered", "gap")}
    stretches = intervals[[*kept, intervals.geometry.name]].copy()
    stretches.insert(1, "line_name", service.line_texts(stretches["line"]).astype(str))
    yield Layer(
        name=f"{service.key}_stretches",
        service=service.key,
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
    yield Layer(
        name=f"{service.key}_required",
        service=service.key,
        frame=frame,
        style=styles.required_style(marked),
    )
