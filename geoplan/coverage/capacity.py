"""Capacity per 1,000 people, nursing share, and the shortfall against the standard.

Capacity is in beds, seats or meals; results call them ``places``. A facility whose capacity is not
known, or has no limit, adds none and is counted apart: places are then at least so many, and those
lacking at most so many.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoplan.inputs.layers import AreaLayer, Demand, FacilityLayer
from geoplan.services.standard import ServiceStandard
from geoplan.validate import raise_faults
from geoplan.words.message import Message, called, named

#: fewest beds of an institution (GB 50437-2007, 2018 revision)
SMALLEST_INSTITUTION = 20.0

#: headings of nursing beds
NURSING_COLUMNS = (
    "nursing_capacity",
    "nursing_beds",
    "nursing",
    "护理型床位",
    "护理型床位数",
    "护理床位",
)


def capacity_facts(
    facilities: FacilityLayer,
    standard: ServiceStandard,
    people: float | Demand,
    *,
    nursing: str | None = None,
    smallest: float = SMALLEST_INSTITUTION,
) -> dict[str, float]:
    """Capacity of a whole city against its people and its standard.

    Parameters
    ----------
    facilities : with ``capacity`` (NaN = not known, inf = no limit) and, where known, a column of
        nursing beds.
    standard : ``capacity_per_1000`` and ``nursing_share``, where it has them.
    people : people of the group, or their `Demand`.
    nursing : name of the column with nursing beds; None = the first of `NURSING_COLUMNS` that is
        there.
    smallest : institutions with less capacity are counted as ``small``.

    Returns
    -------
    dict with ``places`` (known ones), ``facilities_known``, ``facilities_unknown`` (capacity not
    known), where there are some ``facilities_unlimited``,
    ``people``, ``places_per_1000`` (NaN without people), ``small``; where the standard asks for
    capacity ``required_per_1000``, ``required_places``, ``places_lacking``; where nursing beds are
    known ``nursing_places``, ``nursing_share`` (of the capacity of facilities where both are
    known), ``required_nursing_share``, ``nursing_lacking`` (beds).

    Raises
    ------
    UsageError
        Negative people or capacity, or more nursing beds than capacity.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geoplan.services import standard_for
    >>> homes = FacilityLayer(key="elderly_centre", frame=gpd.GeoDataFrame(
    ...     {"name": ["h", "i", "j"], "capacity": [30.0, 12.0, None], "tier": None},
    ...     geometry=[None] * 3, crs="EPSG:4548"))
    >>> facts = capacity_facts(homes, standard_for("elderly_centre"), 2_000)
    >>> facts["places"], facts["facilities_unknown"], facts["small"]
    (42.0, 1.0, 1.0)
    >>> facts["places_per_1000"], facts["required_places"], facts["places_lacking"]
    (21.0, 80.0, 38.0)
    """
    people = people.total if isinstance(people, Demand) else people
    there = [c for c in NURSING_COLUMNS if c in facilities.frame.columns]
    nursing = nursing or (there[0] if there else NURSING_COLUMNS[0])
    capacity = _capacities(facilities, nursing, people)
    known = capacity["capacity"][np.isfinite(capacity["capacity"])]
    unlimited = float(np.isposinf(capacity["capacity"]).sum())
    total = float(known.sum())
    facts = {
        "places": total,
        "facilities_known": float(len(known)),
        "facilities_unknown": float(capacity["capacity"].isna().sum()),
        **({"facilities_unlimited": unlimited} if unlimited else {}),
        "people": float(people),
        "places_per_1000": total / people * 1000 if people > 0 else float("nan"),
        "small": float((known < smallest).sum()),
    }
    if standard.capacity_per_1000 is not None:
        required = standard.capacity_per_1000 * people / 1000
        facts["required_per_1000"] = float(standard.capacity_per_1000)
        facts["required_places"] = required
        facts["places_lacking"] = 0.0 if unlimited else max(required - total, 0.0)
    if nursing in capacity:
        both = capacity[np.isfinite(capacity[["capacity", nursing]]).all(axis=1)]
        nursed, beds = float(both[nursing].sum()), float(both["capacity"].sum())
        facts["nursing_places"] = nursed
        facts["nursing_share"] = nursed / beds if beds > 0 else float("nan")
        if standard.nursing_share is not None:
            facts["required_nursing_share"] = float(standard.nursing_share)
            facts["nursing_lacking"] = max(standard.nursing_share * beds - nursed, 0.0)
    return facts


def capacity_by_area(
    facilities: FacilityLayer,
    demand: Demand,
    standard: ServiceStandard,
    areas: Mapping[str, AreaLayer],
    level: str,
) -> pd.DataFrame:
    """Capacity per 1,000 people in every area of one level.

    Parameters
    ----------
    facilities : with ``capacity`` (NaN = not known, inf = no limit) and a column `level` of area
        codes.
    demand : the people of the group, with a column `level` of area codes.
    standard : ``capacity_per_1000``, where it has one.
    areas : area layers by level.
    level : the area level.

    Returns
    -------
    DataFrame, index = area code (a last row ``""`` holds what has no known area), columns ``name``,
    ``people``, ``places``, ``facilities``, ``facilities_unknown``, ``places_per_1000``,
    ``required``, ``lacking`` (NaN without a standard). People and capacity sum to the city's.

    Raises
    ------
    UsageError
        A level that has no areas, or that either table has no column for.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd
    >>> from geoplan.services import standard_for
    >>> def frame(**columns):
    ...     n = len(next(iter(columns.values())))
    ...     return gpd.GeoDataFrame(columns, geometry=[None] * n, crs="EPSG:4548")
    >>> street = AreaLayer(level="street", frame=frame(name=["A"], parent=[None]).set_axis(["1"]))
    >>> homes = FacilityLayer(key="x", frame=frame(
    ...     name=["h"], capacity=[30.0], tier=[None], street=["1"]))
    >>> old = Demand(key="elderly_60", frame=frame(name=["d"], people=[1000], street=["1"]))
    >>> table = capacity_by_area(
    ...     homes, old, standard_for("elderly_centre"), {"street": street}, "street")
    >>> table[["places_per_1000", "required", "lacking"]].iloc[0].tolist()
    [30.0, 40.0, 10.0]
    """
    faults = []
    if level not in areas:
        faults.append(Message("coverage_faults.no_level", level=level, value=named(areas)))
    for what, frame in (("facility", facilities.frame), ("demand", demand.frame)):
        if level not in frame.columns:
            faults.append(
                Message("coverage_faults.table_without_level", what=called(what), level=level)
            )
    raise_faults(Message("coverage_faults.capacity_of", service=standard.service), faults)
    layer = areas[level].frame
    codes = pd.Index(layer.index.astype(str))

    def of(frame: pd.DataFrame) -> np.ndarray:
        code = frame[level].astype("string").fillna("")
        return code.where(code.isin(codes), "").to_numpy(object)

    at, home = of(facilities.frame), of(demand.frame)
    lost = bool((at == "").any() or (home == "").any())
    index = pd.Index([*codes, *([""] if lost else [])], name=level)

    def per_area(values: np.ndarray, keys: np.ndarray) -> np.ndarray:
        return pd.Series(values).groupby(keys).sum().reindex(index, fill_value=0.0).to_numpy(float)

    known = facilities.frame["capacity"].to_numpy(float)
    people = per_area(demand.frame["people"].to_numpy(float), home)
    capacity = per_area(np.where(np.isfinite(known), known, 0.0), at)
    unlimited = per_area(np.isposinf(known).astype(float), at) > 0
    table = pd.DataFrame(
        {
            "name": [*layer["name"], *([""] if lost else [])],
            "people": people,
            "places": capacity,
            "facilities": per_area(np.ones(len(at)), at).astype(int),
            "facilities_unknown": per_area(np.isnan(known).astype(float), at).astype(int),
            "places_per_1000": np.divide(
                capacity * 1000, people, out=np.full(len(index), np.nan), where=people > 0
            ),
        },
        index=index,
    )
    ratio = standard.capacity_per_1000
    table["required"] = np.nan if ratio is None else people * ratio / 1000
    table["lacking"] = (table["required"] - capacity).clip(lower=0.0)
    if ratio is not None:
        table.loc[unlimited, "lacking"] = 0.0
    return table


def _capacities(facilities: FacilityLayer, nursing: str, people: float) -> pd.DataFrame:
    columns = ["capacity", *([nursing] if nursing in facilities.frame.columns else [])]
    table = pd.DataFrame(facilities.frame[columns].astype(float))
    faults = []
    if not people >= 0:
        faults.append(Message("coverage_faults.people_not_negative", people=people))
    negative = table.index[(table < 0).any(axis=1)]
    if len(negative):
        faults.append(Message("coverage_faults.places_negative", some=negative[:5].tolist()))
    if nursing in table:
        more = table.index[table[nursing] > table["capacity"]]
        if len(more):
            faults.append(Message("coverage_faults.nursing_above_places", some=more[:5].tolist()))
    raise_faults(Message("coverage_faults.capacity_layer", value=facilities.key), faults)
    return table
