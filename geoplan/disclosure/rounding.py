"""People of suggested sites, curves and draws in whole steps: their differences would disclose.

A suggested site or a gap may stand for a single community, so that its people would disclose a
small number; rounded to multiples of the study's ``suppress_below`` they do not. (Hundepool et al.
2012, *Statistical Disclosure Control*, ch. 4.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES
from geoplan.disclosure.city_numbers import people_told, public_result
from geoplan.disclosure.coverage import PublicCoverage
from geoplan.disclosure.held import HeldSites, in_told_order, sites_in_told_order, withheld_rows
from geoplan.results import JointPlan, Robustness, ServiceResult, SitingOutcome
from geoplan.siting.beside.alternatives import Alternatives
from geoplan.siting.beside.knee import Knee

#: numbers of people that a gap has
_OF_GAPS = ("people", "people_after")


def public_siting(
    siting: SitingOutcome | None,
    after: PublicCoverage | None,
    total: float,
    below: float,
    held: HeldSites,
) -> SitingOutcome | None:
    """A siting result with people, shares and the curve in whole steps of `below`.

    held : sites whose numbers hold a withheld one.
    """
    if siting is None or after is None:
        return siting
    # a share in whole steps of people tells how many people there are
    shown = total if after.totals_published else np.nan
    sites = _public_sites(siting, shown, below, held)
    # one site more or less, again and again: where that tells a withheld number, none is told
    hidden = below > 1 and (held.sums or bool(held.of_new(siting.sites.index).any()))
    # draws count the same people again and again, each time with other factors that a reader knows
    drawn = hidden or (below > 1 and held.some)
    if drawn and "chosen_share" in sites.columns:
        sites = sites.drop(columns="chosen_share")
    curve = None if hidden else siting.curve
    if curve is not None and below > 1 and siting.objective == "max_coverage":
        curve = _in_steps(curve, ("value", "bound"), below)
    return replace(
        siting,
        result=public_result(
            siting.result,
            below,
            served_published=not np.isnan(after.city.served),
            people_published=not held.some,
        ),
        sites=sites,
        phases=_phases(
            siting.phases,
            shown,
            below,
            bool(held.of_new(siting.sites.index).any()),
            last=not np.isnan(after.city.served),
        ),
        curve=curve,
        knee=None if hidden else _knee(siting.knee, curve),
        coverage_after=after,
        people_after=after.ledger,
        robustness=None if drawn else _robustness(siting.robustness, below, held),
        closed=_closed(siting.closed, below, held),
        measures=_measures(siting.measures, below, held),
        alternatives=_alternatives(siting, below, hidden, held),
        joint=_joint(siting.joint, below),
        notes=people_told(siting.notes, below),
    )


def _public_sites(
    siting: SitingOutcome, total: float, below: float, held: HeldSites
) -> gpd.GeoDataFrame:
    """Suggested sites in whole steps; no number where it holds a withheld one."""
    sites = rounded(siting.sites, ("added_people", "added_backup", "next_best_loss"), below)
    assert sites is not None
    sites = _share_in_steps(sites, total, below)
    if below <= 1 or not len(sites):
        return sites
    adding, near = held.of_new(sites.index), held.around(sites.index)
    if not adding.any() and not near.any():
        return sites
    sites = _without(sites, ("added_people",), adding)
    sites = _without(sites, ("added_backup", "next_best_loss"), near)
    if not adding.any() or "added_people" not in sites.columns:
        return sites
    if siting.phases is None:
        last = sites["share_after"].iloc[-1] if "share_after" in sites.columns else np.nan
        sites = sites_in_told_order(sites)
        sites = _without(sites, ("share_after",), np.ones(len(sites), bool))
        if "share_after" in sites.columns:
            sites.loc[sites.index[-1], "share_after"] = last
        return sites
    return _without(sites, ("share_after",), np.arange(len(sites)) < len(sites) - 1)


def _without(frame: Any, columns: tuple[str, ...], rows: np.ndarray) -> Any:
    """A copy without the numbers of these rows."""
    there = [name for name in columns if name in frame.columns]
    blank = frame.astype(dict.fromkeys(there, float))
    blank.loc[rows, there] = np.nan
    return blank


def _closed(table: pd.DataFrame | None, below: float, held: HeldSites) -> pd.DataFrame | None:
    if table is None or below <= 1:
        return table
    told = _without(_people_in_steps(table, below), ("people",), held.around(table.index))
    return _in_told_order(told)


def _in_told_order(table: pd.DataFrame) -> pd.DataFrame:
    """Sites by the people told of them, then by their ids: their true order would tell more."""
    people = -table["people"].to_numpy(float)
    return table.iloc[np.lexsort((table.index.astype(str), people))]


def _step(people: float, below: float) -> float:
    return float(np.round(people / below) * below) if below > 1 else people


def _measures(measures: Mapping[str, float], below: float, held: HeldSites) -> dict[str, float]:
    """People counted otherwise in whole steps; a few who lose what they have are not nobody.

    They are some of those who are served: at least as many are. Nothing where these are withheld.
    """
    if below > 1 and held.some:
        return dict.fromkeys(measures, np.nan)
    stepped = {name: _step(people, below) for name, people in measures.items()}
    if below > 1 and stepped.get("lost_after") == 0:
        stepped["lost_after"] = np.nan
    return stepped


def _people_in_steps(table: pd.DataFrame, below: float) -> pd.DataFrame:
    return _in_steps(table, ("people", "value"), below) if below > 1 else table


def _alternatives(
    siting: SitingOutcome, below: float, hidden: bool, held: HeldSites
) -> Alternatives | None:
    """Other plans with their people in whole steps; none where one tells a withheld number.

    Plans that are as good serve as many people: where one of them has a site near people whose
    number is withheld, and another one near people whose number is published, they are told.
    """
    others = siting.alternatives
    if others is None or below <= 1:
        return others
    sites = pd.Index([s for plan in others.table["sites"] for s in plan])
    if hidden or held.around(sites.append(siting.sites.index)).any():
        return None
    return replace(others, table=_people_in_steps(others.table, below))


def _joint(joint: JointPlan | None, below: float) -> JointPlan | None:
    """The joint plan with its people in whole steps, and the gap between these."""
    if joint is None or below <= 1:
        return joint
    value = _step(joint.value, below)
    bound = None if joint.bound is None else _step(joint.bound, below)
    gap = None if bound is None or not value else (bound - value) / value
    return replace(joint, value=value, bound=bound, gap=gap if joint.gap is not None else None)


def _phases(
    table: pd.DataFrame | None, total: float, below: float, held: bool, *, last: bool
) -> pd.DataFrame | None:
    """People by phase in whole steps; where sites are `held`, of the last one alone, if at all."""
    if table is None or below <= 1:
        return table
    stepped = _in_steps(table, ("served", "best"), below)
    if held:
        stepped = _without(stepped, ("served", "best"), np.arange(len(table)) < len(table) - last)
    stepped["lost"] = (stepped["best"] - stepped["served"]).clip(lower=0.0)
    stepped["share_after"] = stepped["served"] / total if total > 0 else np.nan
    return stepped


def _knee(knee: Knee | None, curve: pd.DataFrame | None) -> Knee | None:
    """The same knee with the numbers of the published `curve`."""
    if knee is None or curve is None:
        return knee
    values = curve.set_index("sites")["value"].dropna().sort_index()
    first, last = int(values.index[0]), int(values.index[-1])
    value = float(values.loc[knee.sites])
    return replace(
        knee,
        value=value,
        before=(value - float(values.loc[first])) / (knee.sites - first),
        after=(float(values.loc[last]) - value) / (last - knee.sites),
    )


def _robustness(found: Robustness | None, below: float, held: HeldSites) -> Robustness | None:
    """Regret and closures in whole steps too: one closure may concern a single community."""
    if found is None or below <= 1:
        return found
    counts = ("people", "best", "bound", "plan", "regret", "worst_regret", "mean_regret")
    tables = {
        name: _in_steps(getattr(found, name), counts, below)
        for name in ("draws", "plans", "critical", "critical_after")
    }
    for name in ("critical", "critical_after"):
        table = tables[name]
        table = _without(table, ("people",), held.around(table.index))
        tables[name] = _in_told_order(table)
    return replace(found, **tables)


def public_gaps(
    service: ServiceResult, public: PublicCoverage, below: float
) -> gpd.GeoDataFrame | None:
    """People of gaps in whole steps; not known where a gap holds a number that is withheld.

    Gaps of several services hold the same few people with others whose numbers are published: the
    steps of all of them together would tell how many they are.
    """
    gaps = _gaps_in_steps(service.gaps, below)
    if gaps is None or below <= 1:
        return gaps
    if service.gap_of is None:
        return in_told_order(gaps)
    assert service.coverage is not None
    frame, withheld = service.coverage.frame, np.zeros(len(service.coverage.frame), bool)
    for state in STATES[1:]:
        withheld |= (frame[state].to_numpy(float) > 0) & withheld_rows(frame, public, state)
    held = gaps["rank"].isin(service.gap_of.reindex(frame.index)[withheld])
    columns = [name for name in _OF_GAPS if name in gaps.columns]
    gaps.loc[held, columns] = np.nan
    return in_told_order(gaps)


def rounded(
    frame: gpd.GeoDataFrame | None, columns: tuple[str, ...], below: float
) -> gpd.GeoDataFrame | None:
    """People in whole steps of `below`: a gap or a site may hold a single community."""
    if frame is None or below <= 1:
        return frame
    return _in_steps(frame, columns, below)


def _gaps_in_steps(gaps: gpd.GeoDataFrame | None, below: float) -> gpd.GeoDataFrame | None:
    """Gaps in whole steps; a few who are left are withheld: nobody left would say it is closed."""
    stepped = rounded(gaps, _OF_GAPS, below)
    if gaps is None or stepped is None or stepped is gaps:
        return stepped
    for column in _OF_GAPS:
        if column in gaps.columns:
            few = (gaps[column] > 0).to_numpy() & (stepped[column] == 0).to_numpy()
            stepped.loc[few, column] = np.nan
    return stepped


def _in_steps(frame: pd.DataFrame, columns: tuple[str, ...], below: float) -> Any:
    stepped = frame.copy()
    for column in columns:
        if column in stepped.columns:
            stepped[column] = (stepped[column].astype(float) / below).round() * below
    return stepped


def _share_in_steps(frame: Any, total: float, below: float) -> Any:
    """A copy whose ``share_after`` stands for people in whole steps."""
    if below <= 1 or not (total > 0 or np.isnan(total)) or "share_after" not in frame.columns:
        return frame
    shares = (frame["share_after"].astype(float) * total / below).round() * below / total
    return frame.assign(share_after=shares)
