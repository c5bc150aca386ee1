"""Keys of `summary.json` that only some services have: groups, tiers, quotas, capacity, equity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.coverage.quota import areas_below_quota, quota_summary
from geoplan.coverage.tiers import referral_summary
from geoplan.outputs.siting_words import COUNTED
from geoplan.results import Fund, ServiceResult, SitingOutcome
from geoplan.words.text_format import is_missing, plain

#: areas without what they should have that are listed
_MOST_LACKING = 100


def service_keys(service: ServiceResult) -> dict[str, Any]:
    """Added keys of one service; each is there only where the data allow it.

    ``quota`` (per level with a quota: ``target_share``, ``meeting_share``, ``on_target``,
    ``lacking`` and the first hundred areas ``who`` lack), ``tiers``, ``referral``, ``capacity``,
    ``places_in_reach``, ``equity``, ``groups``, ``town_and_country``, ``fund``.
    """
    keys: dict[str, Any] = {}
    quota = _quota(service)
    if quota:
        keys["quota"] = quota
    if service.tier_sites:
        keys["tiers"] = _tiers(service)
    if service.referral is not None and len(service.referral):
        keys["referral"] = _referral(service)
    if service.capacity.get("places", 0) > 0 or _unjudged(service):
        keys["capacity"] = _numbers(service.capacity) | _bounds(service.capacity)
    if service.supply is not None:
        found = service.supply
        keys["places_in_reach"] = {
            "method": found.method,
            "mode": found.mode,
            "cutoff": plain(found.cutoff),
            "unit": found.unit,
            "per": 1000,
            **_numbers(found.facts),
            **({"at_least": True} if found.facts.get("sites_left_out") else {}),
        }
    if service.equity:
        keys["equity"] = _numbers(service.equity)
    if service.by_group is not None:
        keys["groups"] = _groups(service.by_group)
    if service.by_kind is not None:
        keys["town_and_country"] = _groups(service.by_kind.rename({"": "unknown"}))
    if service.fund is not None:
        keys["fund"] = _fund(service.fund)
    return keys


def _unjudged(service: ServiceResult) -> bool:
    """Whether the standard asks for capacity, and that of no site is known."""
    facts = service.capacity
    return "required_places" in facts and facts.get("facilities_unknown", 0) > 0


def _bounds(facts: Mapping[str, float]) -> dict[str, Any]:
    """Which numbers are bounds only, since some capacities are not known."""
    if not facts.get("facilities_unknown", 0) > 0:
        return {}
    least = [name for name in ("places", "places_per_1000") if name in facts]
    most = [name for name in ("places_lacking",) if name in facts]
    return {"at_least": least, **({"at_most": most} if most else {})}


def siting_keys(siting: SitingOutcome) -> dict[str, Any]:
    """Added keys of one siting: the ``knee`` of its curve, its ``phases`` and its ``money``.

    ``curve_cut_short`` (points of the curve that ended by the clock) only where there are some.
    """
    keys: dict[str, Any] = {}
    if "curve_cut_short" in siting.result.detail:
        keys["curve_cut_short"] = siting.result.detail["curve_cut_short"]
    if siting.knee is not None:
        knee = siting.knee
        keys["knee"] = {
            "sites": knee.sites,
            "value": plain(knee.value),
            "people_per_site_before": plain(knee.before, 3),
            "people_per_site_after": plain(knee.after, 3),
        }
    if siting.phases is not None:
        keys["phases"] = [
            {name: plain(value) for name, value in row.items()}
            for row in siting.phases.reset_index().to_dict("records")
        ]
    if "money" in siting.sites.columns:
        keys["money"] = plain(siting.sites["money"].sum())
    return keys | _whole_service_keys(siting)


def _whole_service_keys(siting: SitingOutcome) -> dict[str, Any]:
    """Keys that a study asks for: closings, people counted otherwise, other plans, buildings."""
    keys: dict[str, Any] = {}
    if siting.closed is not None:
        keys["closed"] = [
            {"id": str(label), **{name: plain(row[name]) for name in ("people", "lon", "lat")}}
            for label, row in siting.closed.iterrows()
        ]
    if "lost_after" in siting.measures:
        keys["lost_people"] = plain(siting.measures["lost_after"])
    for name in COUNTED:
        if f"{name}_after" in siting.measures:
            keys[name] = {
                when: plain(siting.measures[f"{name}_{when}"]) for when in ("before", "after")
            }
    if siting.alternatives is not None:
        found = siting.alternatives
        keys["alternatives"] = {
            "complete": found.complete,
            "kept": [str(label) for label in found.kept],
            "plans": [
                {
                    "sites": [str(label) for label in row["sites"]],
                    "people": plain(row["value"]),
                    "changed": int(row["changed"]),
                }
                for row in found.table.to_dict("records")
            ],
        }
    if siting.joint is not None:
        joint = siting.joint
        keys["shared_buildings"] = {
            "services": list(joint.services),
            "status": joint.status,
            "value": plain(joint.value),
            "bound": plain(joint.bound),
            "gap": plain(joint.gap, 15),
            "budget": plain(joint.budget),
            "money": plain(joint.money),
            "saved": plain(joint.saved),
            "shared": [
                {"id": str(label), "services": str(row["services"]).split(",")}
                | {name: plain(row[name]) for name in ("lon", "lat")}
                for label, row in joint.shared.iterrows()
            ],
        }
    return keys


def _fund(fund: Fund) -> dict[str, Any]:
    return {
        "money": plain(fund.money),
        "years": list(fund.years),
        "planned": plain(fund.planned),
        "left": plain(fund.left),
        "spending": [
            {name: plain(value) for name, value in row.items()}
            for row in fund.spending.to_dict("records")
        ],
    }


def _numbers(facts: Mapping[str, float]) -> dict[str, Any]:
    return {name: plain(value) for name, value in facts.items()}


def _groups(table: pd.DataFrame) -> dict[str, Any]:
    return {
        str(name): {column: plain(value) for column, value in row.items()}
        for name, row in table.iterrows()
    }


def _quota(service: ServiceResult) -> dict[str, Any]:
    levels = {}
    for level, row in quota_summary(service.quota, service.standard).iterrows():
        if is_missing(row["lacking"]):
            continue
        short = areas_below_quota(service.quota[str(level)])
        levels[str(level)] = {
            "meeting_share": plain(row["meeting_share"]),
            "target_share": plain(row["target_share"]),
            "on_target": None if is_missing(row["on_target"]) else bool(row["on_target"]),
            "lacking": len(short),
            **({"undecided": int(row["undecided"])} if row["undecided"] else {}),
            "who": [
                {"code": str(code), "name": str(name)}
                for code, name in short["name"].head(_MOST_LACKING).items()
            ],
        }
    return levels


def _tiers(service: ServiceResult) -> dict[str, Any]:
    tiers: dict[str, Any] = {}
    for key, sites in service.tier_sites.items():
        tiers[key or "unknown"] = {"sites": sites}
        coverage = service.tiers.get(key)
        if service.tier_sites.get("") and key:
            tiers[key]["at_least"] = True
        if coverage is None:
            continue
        standard = coverage.standard
        tiers[key] |= {
            "mode": standard.mode,
            "threshold": plain(standard.threshold),
            "unit": standard.unit,
            "people": {name: plain(v) for name, v in coverage.ledger.to_dict().items()},
            "covered_share": plain(coverage.covered_share, 15),
        }
    return tiers


def _referral(service: ServiceResult) -> dict[str, Any]:
    assert service.referral is not None
    tiers = {tier.key: tier for tier in service.standard.tiers}
    return {
        str(key): {
            "to": tiers[str(key)].refers_to,
            "limit_min": plain(tiers[str(key)].refer_threshold_min),
            "stations": int(row["stations"]),
            "within": int(row["within"]),
            "share": plain(row["share"]),
            "farthest_min": plain(row["farthest_min"], 3),
        }
        for key, row in referral_summary(service.referral).iterrows()
    }
