"""`summary.json`: the numbers of a run for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from geoplan.coverage.ledger import Ledger
from geoplan.coverage.quota import quota_counts
from geoplan.coverage.rates import city_rate
from geoplan.outputs.ranges import least_ledger, most_ledger
from geoplan.outputs.summary.further_keys import service_keys, siting_keys
from geoplan.outputs.summary.programme_keys import programme_keys
from geoplan.outputs.wording import level_of_codes
from geoplan.results import Robustness, RunResults, ServiceResult
from geoplan.words.text_format import plain

_FIGURE = ("key", "label", "published", "computed", "difference", "cause", "source")
#: sites whose closure costs most, in `summary.json`
_MOST_CLOSURES = 5


def summary_dict(results: RunResults) -> dict[str, Any]:
    """What `summary.json` holds: plain JSON types, whole numbers as int, missing ones as None.

    Parameters
    ----------
    results : a run's results, or an edition of them.

    Returns
    -------
    dict with ``study``, ``inputs``, ``services``, ``figures`` and ``assumed`` (``what``, ``where``,
    ``count``, ``effect``: what no input says). A service judged by reach has
    ``facilities``, ``people`` (total and the six numbers of the ledger), ``covered_share``,
    ``areas`` (per level ``total``, ``with_site``, ``meeting_quota``, and ``undecided`` where tiers
    are not known), ``gaps`` and, where sites were asked for, ``siting`` (with ``robustness`` where
    demand was redrawn). Where capacities are not known, ``people`` is what the known ones prove and
    ``people_range`` (``least``, ``most``) and ``covered_share_range`` stand beside it, in
    ``siting`` ``people_after_range``. What else
    the data allow stands beside them (`further_keys.service_keys`). Along lines ``length_m`` and
    ``required_points`` stand instead of ``people``. A service measured as a rate has ``rate``
    (``level``, ``per``, ``count``, ``people`` of the areas that have one, ``rate``, ``areas``: one
    row per area with ``code``, ``name``, ``count``, ``people``, ``rate``, ``low``, ``high``,
    ``smoothed``; ``measures``: the same for every counted column).

    Examples
    --------
    >>> from geoplan.results import RunResults, StudyInfo
    >>> empty = RunResults(
    ...     info=StudyInfo(name="x", crs="EPSG:4548"), inputs=(), findings=pd.DataFrame(),
    ...     set_aside={}, areas={}, services={}, figures=pd.DataFrame())
    >>> summary_dict(empty)["study"]
    {'name': 'x', 'crs': 'EPSG:4548', 'synthetic': False}
    """
    return {
        "study": {
            "name": results.info.name,
            "crs": results.info.crs,
            "synthetic": bool(results.info.synthetic),
        },
        "inputs": [
            {
                "path": record.path,
                "sha256": record.sha256,
                "rows": int(record.rows),
                "accepted": int(record.accepted),
                "set_aside": int(record.set_aside),
                "warned": int(record.warned),
            }
            for record in results.inputs
        ],
        "services": {key: _service(results, s) for key, s in results.services.items()},
        "figures": [
            {name: plain(row.get(name)) for name in _FIGURE}
            for row in results.figures.to_dict("records")
        ],
        "assumed": [one.to_dict() for one in results.assumed],
    }


def people_dict(ledger: Ledger) -> dict[str, Any]:
    """The total and the six numbers of a ledger."""
    return {name: plain(value) for name, value in ledger.to_dict().items()}


def length_dict(spacing: Any) -> dict[str, dict[str, Any]]:
    """``length_m`` and ``required_points`` of a `SpacingCoverage`."""
    return {
        "length_m": {
            "total": plain(spacing.total_m, 3),
            "covered": plain(spacing.covered_m, 3),
            "gap": plain(spacing.gap_m, 3),
        },
        "required_points": {
            "total": len(spacing.required),
            "marked": int(spacing.required["marked"].astype(bool).sum()),
        },
    }


def _service(results: RunResults, service: ServiceResult) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "facilities": 0 if service.facilities is None else len(service.facilities)
    }
    if service.coverage is not None:
        keys["people"] = people_dict(service.coverage.ledger)
        keys["covered_share"] = plain(service.coverage.covered_share, 15)
        keys |= _range(service.coverage.ledger, most_ledger(service))
    if service.spacing is not None:
        keys |= length_dict(service.spacing)
        total = service.spacing.total_m
        keys["covered_share"] = plain(service.spacing.covered_m / total if total else None, 15)
    keys["areas"] = {
        level: {name: plain(value) for name, value in quota_counts(table).items()}
        for level, table in service.quota.items()
    }
    if service.rates is not None:
        keys["rate"] = _rate(results, service)
    keys |= service_keys(service)
    if service.gaps is not None:
        keys["gaps"] = _gaps(service.gaps)
    if service.siting is not None:
        keys["siting"] = _siting(service)
    if service.programme is not None:
        keys["programme"] = programme_keys(service.programme)
    return keys


def _gaps(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    size = "length_m" if "length_m" in gaps.columns else "people"
    names = ("rank", size, "cause", "remedy", "area")
    return [
        {name: plain(row.get(name), 3 if name == "length_m" else 6) for name in names}
        for row in gaps.drop(columns="geometry", errors="ignore").to_dict("records")
    ]


def _range(least: Ledger, most: Ledger | None, *, ending: str = "") -> dict[str, Any]:
    """The least, as known capacities prove it, and the most; nothing where nothing is unknown."""
    if most is None:
        return {}
    shares = [plain(ledger.covered_share, 15) for ledger in (least, most)]
    return {
        f"people{ending}_range": {"least": people_dict(least), "most": people_dict(most)},
        f"covered_share{ending}_range": shares,
    }


def _siting(service: ServiceResult) -> dict[str, Any]:
    siting = service.siting
    assert siting is not None
    result = siting.result
    frame = siting.sites
    sites = [
        {
            "rank": plain(row.get("rank")),
            "id": plain(label),
            "lon": plain(row.get("lon")),
            "lat": plain(row.get("lat")),
            "added_people": plain(row.get("added_people")),
            "share_after": plain(row.get("share_after"), 15),
            **{name: plain(row[name]) for name in ("tier", "added_backup") if name in row},
        }
        for label, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    keys = {
        "objective": siting.objective,
        "status": result.status,
        "value": plain(result.value),
        "bound": plain(result.bound),
        "gap": plain(result.gap, 15),
        "seconds": plain(result.seconds, 3),
        "sites": sites,
    }
    keys["people_after"] = people_dict(siting.people_after)
    if service.coverage is not None:
        least, most = least_ledger(service, after=True), most_ledger(service, after=True)
        keys |= _range(least, most, ending="_after")
    keys |= siting_keys(siting)
    if siting.robustness is not None:
        keys["robustness"] = _robustness(siting.robustness)
        for site, share in zip(sites, frame["chosen_share"], strict=True):
            site["chosen_share"] = plain(share, 6)
    return keys


def _robustness(found: Robustness) -> dict[str, Any]:
    regret, best_at_worst = found.draws["regret"], found.plans.iloc[0]
    return {
        "redraws": len(found.draws),
        **({"redraws_cut_short": found.cut_short} if found.cut_short else {}),
        **{name: plain(value) for name, value in found.variation.items()},
        "steady_sites": found.stable_sites,
        "regret": {
            "mean": plain(regret.mean()),
            "worst": plain(regret.max()),
            "worst_share": plain(found.worst_regret_share, 6),
        },
        "best_at_worst": {
            "plan": str(found.plans.index[0]),
            "worst_regret": plain(best_at_worst["worst_regret"]),
            "sites": list(best_at_worst["sites"]),
        },
        "closures": _closures(found.critical),
        "closures_after": _closures(found.critical_after),
    }


def _closures(critical: pd.DataFrame) -> list[dict[str, Any]]:
    """The sites whose closure costs most people (N - 1)."""
    return [
        {"id": str(label), "name": plain(row["name"]), "people": plain(row["people"])}
        for label, row in critical.head(_MOST_CLOSURES).iterrows()
        if row["people"] > 0
    ]


def _rate(results: RunResults, service: ServiceResult) -> dict[str, Any]:
    table = service.rates
    assert table is not None
    names = [
        n for n in ("name", "count", "people", "rate", "low", "high", "smoothed") if n in table
    ]
    return {
        "level": level_of_codes(results, table.index),
        "per": plain(service.standard.per),
        **_city(table, service),
        "areas": _rate_rows(table, names),
        "measures": {
            key: {
                "name": service.rate_names.get(key, key),
                **_city(part, service),
                "areas": _rate_rows(part, names),
            }
            for key, part in service.all_rates.items()
        },
    }


def _city(table: pd.DataFrame, service: ServiceResult) -> dict[str, Any]:
    """Count, people of the areas that have one, and rate."""
    city = asdict(city_rate(table, service.standard.per))
    return {name: plain(value) for name, value in city.items()}


def _rate_rows(table: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    return [
        {"code": str(code), **{name: plain(row[name]) for name in names}}
        for code, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
