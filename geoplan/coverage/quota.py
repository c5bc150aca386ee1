"""Quota: at least so many sites in every district, subdistrict or village.

A row that names staff instead of a site (``designated``) fulfils a quota where the standard lets
it. Which area a site is in comes from the facility table's area columns: nothing is guessed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pandas.api.typing import NAType

from geoplan.inputs.columns.yes_no import says_yes
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.services.standard import Quota, ServiceStandard
from geoplan.tolerances import TARGET_SHARE
from geoplan.validate import raise_faults
from geoplan.words.message import Message, named

QUOTA_COLUMNS = ("name", "sites", "designated", "required", "counted", "meets")


def quota_by_area(
    facilities: FacilityLayer,
    standard: ServiceStandard,
    areas: Mapping[str, AreaLayer],
    *,
    levels: Sequence[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Sites and quota of every area, per level.

    Parameters
    ----------
    facilities : with one column per level that holds the area's code. An optional column
        ``designated`` (true where the row names staff instead of a site) marks designated staff.
    standard : its quotas and those of its tiers. A tier's quota counts that tier's sites only.
    areas : area layers by level.
    levels : the levels wanted; None = all in `areas` whose column the facilities have.

    Returns
    -------
    dict level -> DataFrame, index = area code in the layer's order, with the columns

    - ``name``;
    - ``sites``: sites in the area, of any tier, designated staff left out;
    - ``designated``: rows that name staff;
    - ``required``: sites that the quotas of this level ask for (<NA> where there is no quota);
    - ``counted``: of those required, how many are there (<NA> where there is no quota);
    - ``meets``: whether every quota of this level is met; <NA> where there is no quota, and where
      it cannot be judged: sites of no known tier are there, enough of them to meet it.

    Sites whose area is not known, or is not in the layer, stand in a last row with the code ``""``,
    so that the sites sum to all facilities. A quota at a level that the study has no areas for
    cannot be checked: `quotas_without_areas` names it.

    Raises
    ------
    UsageError
        A level of `levels` that has no area layer; a facility table without that level's column.

    Examples
    --------
    One station in West, none in East, and each should have one:

    >>> from geoplan.study import example_study
    >>> plan = example_study().run()
    >>> service = plan.services["meal_station"]
    >>> table = quota_by_area(service.facilities, service.standard, plan.inputs.areas)["district"]
    >>> table[["name", "sites", "required", "meets"]].to_numpy().tolist()
    [['West', 1, 1, True], ['East', 0, 1, False]]
    """
    quotas = standard.all_quotas
    there = [level for level in areas if level in facilities.frame.columns]
    wanted = there if levels is None else list(levels)
    _check(facilities, standard, areas, wanted)
    return {
        level: _of_level(
            facilities, standard, areas[level], [q for q in quotas if q.level == level]
        )
        for level in wanted
    }


def quotas_without_areas(standard: ServiceStandard, areas: Mapping[str, AreaLayer]) -> list[Quota]:
    """The quotas of levels that the study has no areas for.

    Parameters
    ----------
    standard : its quotas and those of its tiers.
    areas : the study's area layers by level.

    Returns
    -------
    list of Quota

    Examples
    --------
    >>> from geoplan.services import standard_for
    >>> standard = standard_for("meal_station", {"quotas": [{"level": "village", "minimum": 1}]})
    >>> [quota.level for quota in quotas_without_areas(standard, {})]
    ['village']
    """
    return [quota for quota in standard.all_quotas if quota.level not in areas]


def quota_counts(table: pd.DataFrame) -> dict[str, int | None]:
    """``total``, ``with_site`` and ``meeting_quota`` of one level's table.

    ``with_site`` counts areas with a site; ``meeting_quota`` those that meet the quota for sure,
    None where the level has no quota. Areas that cannot be judged, since the tiers of their sites
    are not known, are counted as ``undecided``, where there are any. The row of sites without a
    known area counts for nothing.

    Parameters
    ----------
    table : one level's table of `quota_by_area`.

    Returns
    -------
    dict
        Numbers of areas.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"sites": [1, 0, 3], "meets": [True, False, pd.NA]}, index=["1", "2", ""])
    >>> quota_counts(table)
    {'total': 2, 'with_site': 1, 'meeting_quota': 1}
    """
    areas = table[table.index != ""]
    has_quota = areas["required" if "required" in areas else "meets"].notna()
    undecided = int(areas.loc[has_quota, "meets"].isna().sum())
    return {
        "total": len(areas),
        "with_site": int((areas["sites"] > 0).sum()),
        "meeting_quota": int(areas.loc[has_quota, "meets"].sum()) if has_quota.any() else None,
        **({"undecided": undecided} if undecided else {}),
    }


def quota_summary(tables: Mapping[str, pd.DataFrame], standard: ServiceStandard) -> pd.DataFrame:
    """One row per level: how many areas meet the quota, and the share that should.

    Parameters
    ----------
    tables : level -> table, as `quota_by_area` gives them.
    standard : the standard that they were made with.

    Returns
    -------
    DataFrame with index = level and the columns ``total``, ``with_site``, ``meeting_quota``,
    ``with_site_share``, ``meeting_share`` (of those that meet it for sure), ``target_share``,
    ``on_target`` (missing where there is no quota, or where it hangs on areas that cannot be
    judged), ``lacking`` (areas that do not meet it), ``undecided`` (areas that cannot be judged).

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> service = example_study().run().services["meal_station"]
    >>> summary = quota_summary(service.quota, service.standard)
    >>> summary[["total", "meeting_quota", "lacking"]].loc["district"].tolist()
    [2, 1, 1]
    >>> summary["meeting_share"].tolist(), summary["on_target"].tolist()
    ([0.5], [False])
    """
    rows = {}
    for level, table in tables.items():
        counts = quota_counts(table)
        targets = [q.target_share for q in standard.all_quotas if q.level == level]
        total, met = counts["total"] or 0, counts["meeting_quota"]
        share = met / total if met is not None and total else np.nan
        target = max(targets) if targets else np.nan
        undecided = counts.get("undecided") or 0
        rows[level] = {
            **counts,
            "with_site_share": (counts["with_site"] or 0) / total if total else np.nan,
            "meeting_share": share,
            "target_share": target,
            "on_target": _on_target(share, share + undecided / max(total, 1), target),
            "lacking": pd.NA if met is None else total - met - undecided,
            "undecided": undecided,
        }
    summary = pd.DataFrame.from_dict(rows, orient="index")
    summary.index.name = "level"
    return summary


def _on_target(least: float, most: float, target: float) -> bool | NAType:
    """Whether a share that lies between `least` and `most` reaches `target`."""
    if np.isnan(least) or np.isnan(target):
        return pd.NA
    if least >= target - TARGET_SHARE:
        return True
    return pd.NA if most >= target - TARGET_SHARE else False


def areas_below_quota(table: pd.DataFrame) -> pd.DataFrame:
    """The areas of one level's table that do not meet its quota, fewest counted sites first.

    Parameters
    ----------
    table : one level's table of `quota_by_area`; not changed.

    Returns
    -------
    DataFrame
        Rows of `table`. Areas that no quota asks anything of, those that cannot be judged, and
        sites without a known area, are left out.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"name": ["West", "East"], "counted": [1, 0], "meets": [True, False]},
    ...     index=["1", "2"])
    >>> areas_below_quota(table)["name"].tolist()
    ['East']
    """
    short = table[(table.index != "") & (~table["meets"].fillna(True).astype(bool))]
    # those that are short alike by code: the order of a file's rows decides nothing
    order = np.lexsort((short.index.astype(str), short["counted"].to_numpy(float)))
    return short.iloc[order]


def designated_rows(facilities: FacilityLayer) -> pd.Series:
    """Which rows name staff instead of a site: bool per facility id (False without such a column).

    Truth is read from bool, numbers and the usual words (是, 有, √, true, yes).
    """
    frame = facilities.frame
    if "designated" not in frame.columns:
        return pd.Series(False, index=frame.index, name="designated")
    raw = frame["designated"]
    if raw.dtype == bool:
        return raw.rename("designated")
    return says_yes(raw).rename("designated")


def _check(
    facilities: FacilityLayer,
    standard: ServiceStandard,
    areas: Mapping[str, AreaLayer],
    wanted: list[str],
) -> None:
    known = named(areas)
    faults = [
        Message("coverage_faults.no_level_of", level=level, known=known)
        for level in wanted
        if level not in areas
    ]
    faults += [
        Message("coverage_faults.facilities_without_level", level=level)
        for level in wanted
        if level in areas and level not in facilities.frame.columns
    ]
    raise_faults(Message("coverage_faults.quota_of", service=standard.service), faults)


def _count(codes: pd.Series, keep: np.ndarray, index: pd.Index) -> np.ndarray:
    counts = codes[keep].value_counts()
    return counts.reindex(index, fill_value=0).to_numpy(int)


def _of_level(
    facilities: FacilityLayer, standard: ServiceStandard, layer: AreaLayer, quotas: list[Quota]
) -> pd.DataFrame:
    codes = facilities.frame[layer.level].astype("string").fillna("")
    known = pd.Index(layer.frame.index.astype(str).to_numpy(object))
    codes = codes.where(known.get_indexer(codes.to_numpy(object)) >= 0, "")
    staff = designated_rows(facilities).to_numpy(bool)
    number, words = pd.factorize(facilities.frame["tier"])
    tiers = np.array([*(standard.tier_key(word) or "" for word in words), ""], object)[number]
    lost = bool((codes == "").any())
    index = pd.Index([*known.tolist(), *([""] if lost else [])], name=layer.level)

    everyone = np.ones(len(codes), dtype=bool)
    required = np.zeros(len(index), dtype=int)
    counted = np.zeros(len(index), dtype=int)
    meets = np.ones(len(index), dtype=bool)
    refuted = np.zeros(len(index), dtype=bool)
    short: dict[str, np.ndarray] = {}
    for quota in quotas:
        fits = everyone if quota.tier is None else tiers == quota.tier
        there = _count(codes, fits & ~staff, index)
        if quota.designated_counts:
            there = there + _count(codes, staff, index)
        required += quota.minimum
        counted += np.minimum(there, quota.minimum)
        meets &= there >= quota.minimum
        if quota.tier is None:
            refuted |= there < quota.minimum
        else:
            lacking = np.maximum(quota.minimum - there, 0)
            short[quota.tier] = np.maximum(short.get(quota.tier, 0), lacking)
    # sites of no known tier may be of any, each of one
    unknown = _count(codes, (tiers == "") & ~staff, index)
    open_ = ~meets & ~refuted & (sum(short.values()) <= unknown)
    table = pd.DataFrame(
        {
            "name": [*layer.frame["name"].tolist(), *([""] if lost else [])],
            "sites": _count(codes, ~staff, index),
            "designated": _count(codes, staff, index),
            "required": pd.array(required, dtype="Int64"),
            "counted": pd.array(counted, dtype="Int64"),
            "meets": pd.arrays.BooleanArray(meets, open_),
        },
        index=index,
    )
    blank = (index == "") if quotas else np.ones(len(index), dtype=bool)
    table.loc[blank, ["required", "counted", "meets"]] = pd.NA
    return table
