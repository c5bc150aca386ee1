"""Facility layers: one service's existing sites, read and checked."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import InputError
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.locate_rows import locate_points
from geoplan.inputs.location.multiple.several_places import report_several_places, split_rows
from geoplan.inputs.location.outside import report_outside
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.membership.assign_areas import assign_areas
from geoplan.inputs.rows import Rows, open_rows
from geoplan.inputs.rows.row_identity import report_duplicate_sites, row_ids
from geoplan.inputs.sites.capacity_cells import number_cells, read_capacities
from geoplan.inputs.sites.flag_cells import FLAGS, flag_cells, report_flags
from geoplan.inputs.sites.rules import SiteRules
from geoplan.inputs.sites.status_cells import serving_sites
from geoplan.inputs.sites.tier_cells import report_tiers, tier_cells

_NUMBERS = ("capacity", "nursing_capacity")
_LOCATION = ("lon", "lat", "x", "y", "wkt", "lonlat")


def read_facilities(
    source: LayerSource,
    *,
    key: str,
    crs: str,
    areas: Mapping[str, AreaLayer] | None = None,
    streets: Streets | None = None,
    rules: SiteRules | None = None,
    lang: str = "zh",
) -> Loaded[FacilityLayer]:
    """Read one service's existing sites.

    Parameters
    ----------
    source : a table or a vector layer.
    key : service key.
    crs : the study's projected CRS.
    areas : by level, coarsest first; each site gets its area's code per level.
    streets : of the study; locations that another datum or a shift brings nearer to them are
        doubted.
    rules : status words, default capacity and tiers of the study; None = those of `SiteRules`.
    lang : of the findings.

    Returns
    -------
    Loaded[FacilityLayer]
        A site without a usable location is set aside (those with an address come on the list to be
        geocoded). Where it names its area, by a column or in its address, it stays in the layer
        without geometry and counts for that area's quota, but serves nobody. Rows that name staff
        instead of a site (``designated``) need no location. Columns that are not known are carried
        along, personal data are not. A row of several places (multi-part geometry) becomes a site
        per place, its capacity divided among them.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> source = LayerSource(path=example_study().folder / "meals.csv", datum="wgs84")
    >>> loaded = read_facilities(source, key="meal_station", crs="EPSG:4548")
    >>> loaded.layer, loaded.record.rows, loaded.record.set_aside
    (FacilityLayer('meal_station': 1 sites), 1, 0)
    >>> [round(metres) for metres in loaded.layer.frame.geometry.iloc[0].coords[0]]
    [500000, 4055000]
    """
    collector = FindingCollector(source=source, lang=lang)
    try:
        with reading():
            context = LocationContext.of(crs, areas, streets)
            layer = _read(collector, key, context, rules or SiteRules())
    except InputError as error:
        return collector.unusable(error)
    return collector.loaded(layer)


def _read(
    collector: FindingCollector, key: str, context: LocationContext, rules: SiteRules
) -> FacilityLayer:
    rows = open_rows(collector)
    places = locate_points(rows, collector, context)
    geometry = places.points
    _accept_designated(rows, collector)
    data: dict[str, object] = {"name": rows.names}
    data |= _of_sites(rows, collector, rules)
    report_flags(rows, collector)
    data |= {role: said for role in FLAGS if (said := flag_cells(rows, role)) is not None}
    codes = assign_areas(rows, collector, context.areas, geometry)
    data.update(codes)
    unlocated = _unlocated_in_known_area(codes, collector)
    for heading in map(str, rows.text.columns):
        name = rows.roles.get(heading, heading)
        if name not in data and name not in (*_LOCATION, "id", "geometry"):
            data[name] = rows.text[heading]
    report_duplicate_sites(rows, collector, geometry)
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=context.crs)
    ids = frame.index = row_ids(rows, collector, key)
    kept = ~collector.set_aside_mask | unlocated
    shared = [role for role in _NUMBERS if role in frame]
    report_several_places(places, frame[shared], collector)
    frame, take = split_rows(frame, places, rows, context.areas, collector, shared=shared)
    if places.several:
        frame["part_of"] = np.where(np.isin(take, list(places.several)), ids.take(take), "")
    report_outside(frame, take, collector, context, kind="sites")
    return FacilityLayer(key=key, frame=frame[kept[take]])


def _unlocated_in_known_area(
    codes: Mapping[str, pd.Series], collector: FindingCollector
) -> np.ndarray:
    """Bool per row: set aside for want of a location, but its area is known."""
    unlocated = np.zeros(len(collector.rows), bool)
    for known in codes.values():
        unlocated |= known.notna().to_numpy(bool)
    unlocated &= collector.set_aside_mask
    collector.about_rows_together(unlocated, "counts_for_quota", "note")
    return unlocated


def _of_sites(rows: Rows, collector: FindingCollector, rules: SiteRules) -> dict[str, object]:
    """Capacity, tier and whether a site serves people, by column; what is unknown is told."""
    staff = flag_cells(rows, "designated")
    exempt = np.zeros(len(rows), bool) if staff is None else staff
    serving = serving_sites(rows, collector, rules, exempt=exempt)
    asked = ~exempt if serving is None else serving & ~exempt
    capacities = read_capacities(rows, collector, rules, asked=asked)
    report_tiers(rows, collector, rules, asked=asked)
    data: dict[str, object] = {"capacity": capacities.values, "tier": tier_cells(rows)}
    if rows.column("nursing_capacity") is not None:
        data["nursing_capacity"] = number_cells(rows, collector, "nursing_capacity", asked=asked)
    if capacities.assumed.any():
        data["capacity_assumed"] = capacities.assumed
    if serving is not None:
        data["serving"] = serving
    return data


def _accept_designated(rows: Rows, collector: FindingCollector) -> None:
    """Take back what was found about the location of rows that name staff: they need none."""
    staff = flag_cells(rows, "designated")
    if staff is None:
        return
    designated = {int(p) for p in np.flatnonzero(staff)} & set(collector.set_aside_reasons)
    without = {(str(collector.sheets[p]), int(collector.rows[p])) for p in designated}
    needless = ("no_coordinates", "address_only", "no_geometry")
    collector.findings[:] = [
        f for f in collector.findings if f.code not in needless or (f.sheet, f.row) not in without
    ]
    for position in designated:
        del collector.set_aside_reasons[position]
