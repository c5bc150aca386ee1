"""Demand layers: where the people of one group are, read and checked; nobody is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError, InputError
from geoplan.inputs.columns.cell_errors import has_cell_error
from geoplan.inputs.columns.numbers.stand_ins import people_stand_ins
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.columns.roles import heading_called, heading_key, people_of_age
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource, SumTo
from geoplan.inputs.files.table import release_memory
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded, Severity
from geoplan.inputs.layers import AreaLayer, Demand
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.locate_rows import locate_points
from geoplan.inputs.location.multiple.several_places import report_people_of_places, split_rows
from geoplan.inputs.location.outside import report_outside
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.membership.assign_areas import assign_areas
from geoplan.inputs.people.added_columns import refuse_overlaps
from geoplan.inputs.people.census import scale_to_census
from geoplan.inputs.people.doubts import report_people
from geoplan.inputs.rasters import RASTER_SUFFIXES
from geoplan.inputs.rows import Rows, open_rows
from geoplan.inputs.rows.row_identity import report_repeated_people, row_ids

if TYPE_CHECKING:
    from geoplan.inputs.rasters.raster_demand import RasterDemand

#: no community has more people; a row with more holds a code or a typing error
MAX_PEOPLE = 5_000_000


class PeopleColumns(TypedDict, total=False):
    """Headings of the columns with people.

    weight : of the people column; several are summed; None = the one that is known (with a census
        table there need not be one: rows then share their area's total evenly).
    groups : of sub-groups carried along.
    """

    weight: str | Sequence[str] | None
    groups: Sequence[str]


def read_demand(
    source: LayerSource | Sequence[LayerSource],
    *,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer] | None = None,
    streets: Streets | None = None,
    sum_to: SumTo | None = None,
    lang: str = "zh",
    **columns: Unpack[PeopleColumns],
) -> Loaded[Demand]:
    """Read where the people of one group are.

    Parameters
    ----------
    source : a table or a vector layer (polygons count at a point inside), or one or several
        population rasters of one grid, which are summed.
    key : for example ``"elderly_60"``.
    crs : the study's projected CRS.
    areas : by level, coarsest first.
    streets : of the study; locations that another datum or a shift brings nearer to them are
        doubted.
    sum_to : a census table that the people are scaled to, area by area, in whole people.
    lang : of the findings.
    columns : `weight` and `groups`, see `PeopleColumns`.

    Returns
    -------
    Loaded[Demand]
        A row whose location cannot be used is set aside, but its people stay in the layer without
        geometry: `unlocated`. A row whose number of people cannot be used is set
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
    weight, groups = columns.get("weight"), tuple(columns.get("groups", ()))
    collector = FindingCollector(source=sources[0], lang=lang)
    rasters: RasterDemand | None = None
    also: tuple[Loaded[Any], ...] = ()
    try:
        with reading():
            context = LocationContext.of(crs, areas, streets)
            if sources[0].unit and sources[0].suffix not in RASTER_SUFFIXES:
                collector.about_file("unit_unused", "warning", unit=sources[0].unit)
            if sources[0].suffix in RASTER_SUFFIXES:
                from geoplan.inputs.rasters.raster_demand import demand_of_rasters  # rasterio

                rasters = demand_of_rasters(sources, collector, key, context)
                frame = rasters.frame if sum_to is not None else rasters.whole()
            elif len(sources) > 1:
                raise FileError.of("file_faults.several_paths")
            else:
                wanted = [weight] if isinstance(weight, str) else list(weight or ())
                frame = _demand_of_rows(
                    collector, key, context, wanted, groups, needed=sum_to is None
                )
            if sum_to is not None:
                order = None if rasters is None else rasters.order
                frame, census = scale_to_census(
                    frame, sum_to, collector, key, context.areas, groups, order=order
                )
                also = (census,)
            layer = Demand(key=key, frame=frame, groups=groups)
            if not layer.total > 0:
                raise FileError.of("file_faults.nobody")
    except InputError as error:
        return collector.unusable(error)
    loaded = collector.loaded(layer, also=also)
    return loaded if rasters is None else rasters.loaded(loaded)


def _open(
    collector: FindingCollector,
    context: LocationContext,
    wanted: list[str],
    groups: tuple[str, ...],
    *,
    needed: bool,
) -> tuple[Rows, list[str]]:
    """The rows of the file, and the headings of its people columns (none only if not `needed`)."""
    rows = open_rows(
        collector,
        extra=wanted,
        groups=groups,
        areas=context.areas,
        by_age=needed and not wanted,
    )
    headings = [_heading(rows, name) for name in wanted] or _known_weight(rows, needed=needed)
    refuse_overlaps(rows.text, headings, rows.levels)
    if headings:  # what was taken, not what would have been found
        roles = {h: r for h, r in collector.roles.items() if r != "weight"}
        collector.roles = roles | dict.fromkeys(headings, "weight")
    return rows, headings


def _demand_of_rows(
    collector: FindingCollector,
    key: str,
    context: LocationContext,
    wanted: list[str],
    groups: tuple[str, ...],
    *,
    needed: bool,
) -> gpd.GeoDataFrame:
    """Demand from a table or a vector layer.

    wanted : people columns by the study's names. needed : whether there must be one.
    """
    rows, headings = _open(collector, context, wanted, groups, needed=needed)
    # rows without people of their own share their area's census total evenly
    people = _people(rows, collector, headings) if headings else np.ones(len(rows))
    unusable = collector.set_aside_mask
    release_memory()
    places = locate_points(rows, collector, context, polygons_apart=False)
    report_people_of_places(places, collector)
    geometry = places.points.copy()
    geometry[collector.set_aside_mask] = None
    data: dict[str, object] = {"name": rows.names, "people": people}
    for group in groups:
        data[group] = _group(rows, collector, _heading(rows, group), people if headings else None)
    data.update(assign_areas(rows, collector, context.areas, geometry))
    urban = rows.column("urban")
    if urban is not None and "urban" not in data:
        data["urban"] = urban
    if rows.column("name") is not None:
        report_repeated_people(rows, collector, people, geometry)
    # the file's own text is as large as all that follows: its memory is released first
    whole, rows = (rows if places.several else rows.only("id")), rows.only("id")
    del urban
    collector.release_text()
    release_memory()
    ids = row_ids(rows, collector, key)
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=context.crs)
    frame.index = ids
    frame, take = split_rows(
        frame, places, whole, context.areas, collector, shared=["people", *groups]
    )
    report_outside(
        frame,
        take,
        collector,
        context,
        kind="people",
        people=frame["people"].to_numpy(float) if headings else None,
    )
    return frame[~unusable[take]]


def _heading(rows: Rows, name: str) -> str:
    """The heading that the study calls `name`: as it stands, normalized, or by its role."""
    headings = [str(h) for h in rows.text.columns]
    found = heading_called(name, headings, rows.levels) or rows.heading(name)
    if not found:
        there = ", ".join(headings)
        if near := _nearest(name, rows, headings):
            raise FileError.of("file_faults.no_column_near", name=name, near=near, headings=there)
        raise FileError.of("file_faults.no_column", name=name, headings=there)
    return found


def _nearest(name: str, rows: Rows, headings: list[str]) -> str:
    """The heading that looks most like `name`, by the last of its rows; "" where none does."""
    by_key = {heading_key((rows.levels.get(h) or (h,))[-1]): h for h in reversed(headings)}
    close = get_close_matches(heading_key(name), list(by_key), n=1, cutoff=0.6)
    return by_key[close[0]] if close else ""


def _known_weight(rows: Rows, *, needed: bool) -> list[str]:
    """The people column that is known by its heading; none only if not `needed`."""
    found = rows.heading("weight")
    if not found and needed:
        headings = list(map(str, rows.text.columns))
        if len(choices := people_of_age(headings, rows.levels)) > 1:
            raise FileError.of("file_faults.no_weight_among", choices=" / ".join(choices))
        raise FileError.of("file_faults.no_weight", headings=", ".join(headings))
    return [found] if found else []


def _people(rows: Rows, collector: FindingCollector, headings: list[str]) -> np.ndarray:
    """People per row, 0 where the number cannot be used (with a finding)."""
    total = np.zeros(len(rows))
    for heading in headings:
        cells = rows.text[heading]
        values, cleaned = read_numbers(cells)
        empty, wrong = is_empty(cells), has_cell_error(cells)
        unknown = people_stand_ins(values)
        faults: tuple[tuple[str, np.ndarray, Severity], ...] = (
            ("people_error", wrong, "error"),
            ("bad_people", np.isnan(values) & ~empty & ~wrong, "error"),
            ("negative_people", values < 0, "error"),
            ("stand_in_people", unknown, "error"),
            ("absurd_people", (values > MAX_PEOPLE) & ~unknown, "error"),
            ("empty_people", empty, "warning"),
            ("read_as_number", cleaned & (values >= 0), "warning"),
        )
        for code, mask, severity in faults:
            collector.about_rows(
                mask,
                code,
                severity,
                column=heading,
                cells=cells,
                set_aside=severity == "error",
            )
        usable = np.isfinite(values) & (values >= 0) & (values <= MAX_PEOPLE) & ~unknown
        report_people(collector, heading, cells, values, ~usable)
        total += np.where(usable, values, 0.0)
    return total


def _group(
    rows: Rows, collector: FindingCollector, heading: str, people: np.ndarray | None
) -> np.ndarray:
    """People of a sub-group per row, 0 where the cell cannot be used (with a finding)."""
    cells = rows.text[heading]
    values, _ = read_numbers(cells)
    unknown = people_stand_ins(values)
    with np.errstate(invalid="ignore"):
        faults = {"bad_group": (np.isnan(values) & ~is_empty(cells)) | (values < 0) | unknown}
        if people is not None:
            faults["group_exceeds"] = (values > people + 0.5) & ~unknown
    for code, mask in faults.items():
        usable = ~collector.set_aside_mask
        collector.about_rows(mask & usable, code, "warning", column=heading, cells=cells)
    return np.where(np.isnan(values) | (values < 0) | unknown, 0.0, values)
