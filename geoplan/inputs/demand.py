"""Demand: where the people of one group are, nobody lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from geoplan.errors import FileError, InputError
from geoplan.inputs.allocation import allocate_totals
from geoplan.inputs.census import read_census
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.columns.roles import plain
from geoplan.inputs.duplicate_people import tell_repeated
from geoplan.inputs.facilities import row_ids
from geoplan.inputs.files.raster import SUFFIXES, people_by_area, read_population
from geoplan.inputs.files.source import LayerSource, SumTo
from geoplan.inputs.files.table import give_back
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer, Demand
from geoplan.inputs.location.extent import study_area
from geoplan.inputs.location.locate_rows import place_rows
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.membership.assign_areas import assign_areas, codes_by_location
from geoplan.inputs.rows import Rows, check_file, open_rows

#: no community has more people; a row that says so holds a code or a slip of digits
ABSURD_PEOPLE = 5_000_000


def read_demand(
    source: LayerSource | Sequence[LayerSource],
    *,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer] | None = None,
    streets: Streets | None = None,
    weight: str | Sequence[str] | None = None,
    groups: Sequence[str] = (),
    sum_to: SumTo | None = None,
    lang: str = "zh",
) -> Loaded[Demand]:
    """Read where the people of one group are.

    Parameters
    ----------
    source : a table or a vector layer (polygons count at a point inside), or one or several
        population rasters of one grid, which are summed.
    key : for example ``"elderly_60"``.
    crs : the study's projected CRS.
    areas : by level, coarsest first.
    streets : of the study; places that another datum or a shift brings nearer to them are doubted.
    weight : heading of the people column; several are summed; None = the one that is known (with
        `sum_to` there need not be one: places then share their area's total evenly).
    groups : headings of sub-groups carried along.
    sum_to : a census table that the people are scaled to, area by area, in whole people.
    lang : of the findings.

    Returns
    -------
    Loaded[Demand]
        A row whose place cannot be used is set aside as to its place, but its people stay in the
        layer without geometry: `unlocated`. A row whose number of people cannot be used is set
        aside whole.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    One of six communities has an address and no coordinates; its 10 people still count:

    >>> from geoplan.study import example_study
    >>> source = LayerSource(path=example_study().folder / "people.csv", datum="wgs84")
    >>> loaded = read_demand(
    ...     source, key="elderly_60", crs="EPSG:4548", weight="pop60", lang="en")
    >>> loaded.layer, len(loaded.layer.located)
    (Demand('elderly_60': 6 rows, 290 people), 5)
    >>> [(finding.row, finding.code) for finding in loaded.findings]
    [(7, 'address_only')]
    """
    sources = [source] if isinstance(source, LayerSource) else list(source)
    notes = Notes(source=sources[0], lang=lang)
    try:
        if sources[0].suffix in SUFFIXES:
            frame = _of_rasters(sources, notes, key, crs, areas or {})
        elif len(sources) > 1:
            raise FileError.of("file_faults.several_paths")
        else:
            frame = _of_rows(
                sources[0],
                notes,
                key,
                crs,
                areas or {},
                weight,
                tuple(groups),
                streets=streets,
                shares=sum_to is not None,
            )
        also: tuple[Loaded[Any], ...] = ()
        if sum_to is not None:
            if sources[0].suffix in SUFFIXES and sum_to.level in (areas or {}):
                frame = _with_small_areas(frame, sources, sum_to.level, key, areas or {})
            frame, census = _scaled(frame, sum_to, notes, key, areas or {}, tuple(groups))
            also = (census,)
        return notes.loaded(Demand(key=key, frame=frame, groups=tuple(groups)), also=also)
    except (InputError, pyproj.exceptions.CRSError) as error:
        return notes.unusable(error)


# -- tables and vector layers ---------------------------------------------------------------


def _of_rows(
    source: LayerSource,
    notes: Notes,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer],
    weight: str | Sequence[str] | None,
    groups: tuple[str, ...],
    *,
    streets: Streets | None,
    shares: bool,
) -> gpd.GeoDataFrame:
    wanted = [weight] if isinstance(weight, str) else list(weight or ())
    rows = open_rows(source, notes, extra=[*wanted, *groups])
    headings = [_heading(rows, name) for name in wanted] or _known_weight(rows, needed=not shares)
    if wanted:  # what was taken, not what would have been found
        roles = {h: r for h, r in notes.roles.items() if r != "weight"}
        notes.roles = roles | dict.fromkeys(headings, "weight")
    # places without people of their own share their area's census total evenly
    people = _people(rows, notes, headings) if headings else np.ones(len(rows))
    unusable = notes.aside
    give_back()
    geometry = place_rows(rows, source, notes, crs=crs, area=study_area(areas), streets=streets)
    geometry[notes.aside] = None
    name = rows.column("name")
    data: dict[str, object] = {
        "name": pd.Series("", index=rows.text.index, dtype=object) if name is None else name,
        "people": people,
    }
    for group in groups:
        data[group] = _group(rows, notes, _heading(rows, group), people if headings else None)
    data.update(assign_areas(rows, notes, areas, geometry))
    urban = rows.column("urban")
    if urban is not None and "urban" not in data:
        data["urban"] = urban
    if name is not None:
        tell_repeated(rows, notes, name, people, geometry)
    # the file's own text is as large as all that follows: it is given up first
    rows = rows.only("id")
    del name, urban
    notes.let_go()
    give_back()
    ids = row_ids(rows, notes, key)
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=crs)
    frame.index = ids
    return frame[~unusable]


def _heading(rows: Rows, name: str) -> str:
    """The heading that the study calls `name`: as it stands, by its plain form, or by its role."""
    if name in rows.text.columns:
        return name
    alike = [str(h) for h in rows.text.columns if plain(h) == plain(name)]
    found = alike[0] if alike else rows.heading(name)
    if not found:
        raise FileError.of(
            "file_faults.no_column", name=name, headings=", ".join(map(str, rows.text.columns))
        )
    return found


def _known_weight(rows: Rows, *, needed: bool) -> list[str]:
    found = rows.heading("weight")
    if not found and needed:
        raise FileError.of("file_faults.no_weight", headings=", ".join(map(str, rows.text.columns)))
    return [found] if found else []


def _people(rows: Rows, notes: Notes, headings: list[str]) -> np.ndarray:
    """People per row, 0 where the number cannot be used (with a finding)."""
    total = np.zeros(len(rows))
    for heading in headings:
        cells = rows.text[heading]
        values, mended = read_numbers(cells)
        empty = is_empty(cells)
        for code, mask, severity, aside in (
            ("bad_people", np.isnan(values) & ~empty, "error", True),
            ("negative_people", values < 0, "error", True),
            ("absurd_people", values > ABSURD_PEOPLE, "error", True),
            ("empty_people", empty, "warning", False),
            ("read_as_number", mended & (values >= 0), "warning", False),
        ):
            for position in np.flatnonzero(mask):
                notes.about_row(
                    int(position),
                    code,
                    severity,  # type: ignore[arg-type]
                    column=heading,
                    value=cells.iloc[position],
                    aside=aside,
                )
        usable = np.isfinite(values) & (values >= 0) & (values <= ABSURD_PEOPLE)
        total += np.where(usable, values, 0.0)
    return total


def _group(rows: Rows, notes: Notes, heading: str, people: np.ndarray | None) -> np.ndarray:
    """People of a sub-group per row: 0 where the cell cannot be used, told like a larger part."""
    cells = rows.text[heading]
    values, _ = read_numbers(cells)
    with np.errstate(invalid="ignore"):
        faults = {"bad_group": (np.isnan(values) & ~is_empty(cells)) | (values < 0)}
        if people is not None:
            faults["group_exceeds"] = values > people + 0.5
    for code, mask in faults.items():
        for position in np.flatnonzero(mask & ~notes.aside):
            notes.about_row(
                int(position), code, "warning", column=heading, value=cells.iloc[position]
            )
    return np.where(np.isnan(values) | (values < 0), 0.0, values)


# -- rasters --------------------------------------------------------------------------------


def _of_rasters(
    sources: list[LayerSource],
    notes: Notes,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer],
) -> gpd.GeoDataFrame:
    paths = [Path(s.path) for s in sources]
    missing = [s.label for s in sources if not Path(s.path).exists()]
    if missing:
        raise FileError.of("file_faults.not_there_named", names=", ".join(missing))
    for path in paths:
        check_file(path, path.suffix)
    cells = read_population(paths, crs=sources[0].crs)
    count = len(cells.people)
    if count == 0:
        raise FileError.of("file_faults.raster_nobody")
    notes.with_rows(
        pd.DataFrame(index=range(count)), np.arange(1, count + 1), np.full(count, "", object)
    )
    if cells.block > 1:
        notes.about_file("raster_blocks", "note", block=cells.block, count=f"{count:,}")
    if cells.negative:
        notes.about_file("raster_negative", "warning", count=f"{cells.negative:,}")
    geometry = cells.points(crs)
    data: dict[str, object] = {"name": "", "people": cells.people}
    below: dict[str, pd.Series] = {}
    for level in reversed(list(areas)):
        layer = areas[level]
        codes = codes_by_location(layer, geometry, geometry.index)
        for child, codes_below in below.items():
            if areas[child].parent == level:
                parents = codes_below.map(areas[child].frame["parent"])
                codes = codes.where(codes.notna(), parents)
        below[level] = codes
    data.update({level: below[level] for level in areas})
    frame = gpd.GeoDataFrame(
        pd.DataFrame(data, index=geometry.index), geometry=geometry.to_numpy(), crs=crs
    )
    frame.index = pd.Index([f"{key}-{k}" for k in range(1, count + 1)], name="id")
    return frame


def _with_small_areas(
    frame: gpd.GeoDataFrame,
    sources: list[LayerSource],
    level: str,
    key: str,
    areas: Mapping[str, AreaLayer],
) -> gpd.GeoDataFrame:
    """`frame` with a row inside every area that lies between the cells' centres."""
    layer = areas[level].frame
    missed = layer[~layer.index.isin(frame[level].dropna()) & layer.geometry.notna()]
    paths = [Path(s.path) for s in sources]
    people = people_by_area(paths, missed.geometry, crs=sources[0].crs)
    small = missed[people.to_numpy() > 0]
    if len(small) == 0:
        return frame
    added = pd.DataFrame({"name": small["name"], "people": people[small.index]})
    _put_levels(added, pd.Series(small.index, index=small.index, dtype=object), level, areas)
    added.index = pd.Index([f"{key}-area-{code}" for code in small.index], name="id")
    inside = gpd.GeoDataFrame(
        added, geometry=small.geometry.representative_point().to_numpy(), crs=frame.crs
    )
    return gpd.GeoDataFrame(pd.concat([frame, inside]), geometry="geometry", crs=frame.crs)


def _put_levels(
    added: pd.DataFrame, code: pd.Series, level: str, areas: Mapping[str, AreaLayer]
) -> None:
    """Columns with the area's code at `level` and all levels above it."""
    step: str | None = level
    while step is not None and step in areas:
        added[step] = code.to_numpy(object)
        parents = areas[step].frame["parent"]
        code = code.map(parents).astype(object).where(code.notna(), pd.NA)
        step = areas[step].parent


# -- census totals --------------------------------------------------------------------------


def _scaled(
    frame: gpd.GeoDataFrame,
    sum_to: SumTo,
    notes: Notes,
    key: str,
    areas: Mapping[str, AreaLayer],
    groups: tuple[str, ...],
) -> tuple[gpd.GeoDataFrame, Loaded[Any]]:
    """`frame` with its people scaled to the census, and people of areas without any row."""
    if sum_to.level not in areas:
        raise FileError.of("file_faults.no_such_level", level=sum_to.level, levels=", ".join(areas))
    layer = areas[sum_to.level]
    told = Notes(source=sum_to.source, lang=notes.lang)
    census = read_census(sum_to, told, layer)
    weights = frame["people"].to_numpy(np.float64)
    dealt, left, outside = allocate_totals(weights, frame[sum_to.level], census.people)
    if (weights[outside] > 0).any():
        notes.about_file(
            "outside_census",
            "warning",
            count=int((weights[outside] > 0).sum()),
            people=f"{weights[outside].sum():,.0f}",
        )
    scaled = frame.copy()
    ratio = np.divide(dealt, weights, out=np.zeros(len(dealt)), where=weights > 0)
    scaled["people"] = dealt.astype(np.float64)
    for group in groups:
        scaled[group] = scaled[group].to_numpy(np.float64) * ratio
    extra: list[dict[str, Any]] = []
    for code, people in left.items():
        name = str(layer.names.get(code, code))
        told.about_file("census_no_points", "warning", name=name, value=code, people=f"{people:,}")
        extra.append({"name": name, "people": float(people), "code": code})
    for row in census.homeless.itertuples():
        told.about_row(
            int(row.row),
            "census_no_area",
            "warning",
            name=row.name,
            value=row.code,
            people=f"{row.people:,.0f}",
        )
        extra.append({"name": str(row.name), "people": float(round(row.people)), "code": None})
    if extra:
        scaled = _with_unlocated(scaled, extra, sum_to.level, key, areas, groups)
    return scaled, told.loaded(None)


def _with_unlocated(
    frame: gpd.GeoDataFrame,
    extra: list[dict[str, Any]],
    level: str,
    key: str,
    areas: Mapping[str, AreaLayer],
    groups: tuple[str, ...],
) -> gpd.GeoDataFrame:
    """`frame` with a row per area whose people live nobody knows where."""
    rows = pd.DataFrame(extra)
    added = pd.DataFrame({"name": rows["name"], "people": rows["people"]})
    for group in groups:
        added[group] = 0.0
    code = rows["code"].astype(object).where(rows["code"].notna(), pd.NA)
    _put_levels(added, code, level, areas)
    added.index = pd.Index([f"{key}-census-{k}" for k in range(1, len(rows) + 1)], name="id")
    shapes = gpd.GeoSeries([None] * len(added), index=added.index, crs=frame.crs)
    extra_frame = gpd.GeoDataFrame(added, geometry=shapes, crs=frame.crs)
    both = pd.concat([frame.astype({"people": float}), extra_frame])
    return gpd.GeoDataFrame(both, geometry="geometry", crs=frame.crs)
