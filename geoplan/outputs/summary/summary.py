"""`summary.json` and the headline numbers as text."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.coverage.ledger import Ledger
from geoplan.coverage.quota import quota_counts
from geoplan.coverage.rates import city_rate
from geoplan.outputs.summary.facts import service_facts, siting_facts
from geoplan.outputs.text_format import area_codes, standard_text
from geoplan.results import Robustness, RunResults, ServiceResult, SitingOutcome
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import aligned, clean, count_text, number_text, plain, share_text

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
    dict with ``study``, ``inputs``, ``services``, ``figures``. A service judged by reach has
    ``facilities``, ``people`` (total and the six numbers of the ledger), ``covered_share``,
    ``areas`` (per level ``total``, ``with_site``, ``meeting_quota``), ``gaps`` and, where sites
    were asked for, ``siting`` (with ``robustness`` where the question was drawn anew); what else
    the data allow stands beside them (`summary_facts.service_facts`). Along lines ``length_m`` and
    ``required_points`` stand instead of ``people``. A service told as a rate has ``rate``
    (``level``, ``per``, ``count``, ``people`` of the areas that tell one, ``rate``, ``areas``: one
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
    }


def write_summary(results: RunResults, path: str | Path) -> Path:
    """Write `summary.json`."""
    target = Path(path)
    text = json.dumps(summary_dict(results), ensure_ascii=False, indent=1, allow_nan=False)
    target.write_text(text + "\n", encoding="utf-8", newline="\n")
    return target


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
    told: dict[str, Any] = {
        "facilities": 0 if service.facilities is None else len(service.facilities)
    }
    if service.coverage is not None:
        told["people"] = people_dict(service.coverage.ledger)
        told["covered_share"] = plain(service.coverage.covered_share, 15)
    if service.spacing is not None:
        told |= length_dict(service.spacing)
        total = service.spacing.total_m
        told["covered_share"] = plain(service.spacing.covered_m / total if total else None, 15)
    told["areas"] = {
        level: {name: plain(value) for name, value in quota_counts(table).items()}
        for level, table in service.quota.items()
    }
    if service.rates is not None:
        told["rate"] = _rate(results, service)
    told |= service_facts(service)
    if service.gaps is not None:
        told["gaps"] = _gaps(service.gaps)
    if service.siting is not None:
        told["siting"] = _siting(service.siting)
    return told


def _gaps(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    size = "length_m" if "length_m" in gaps.columns else "people"
    names = ("rank", size, "cause", "remedy", "area")
    return [
        {name: plain(row.get(name), 3 if name == "length_m" else 6) for name in names}
        for row in gaps.drop(columns="geometry", errors="ignore").to_dict("records")
    ]


def _siting(siting: SitingOutcome) -> dict[str, Any]:
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
        }
        for label, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    told = {
        "objective": siting.objective,
        "status": result.status,
        "value": plain(result.value),
        "bound": plain(result.bound),
        "gap": plain(result.gap, 15),
        "seconds": plain(result.seconds, 3),
        "sites": sites,
    }
    told["people_after"] = people_dict(siting.people_after)
    told |= siting_facts(siting)
    if siting.robustness is not None:
        told["robustness"] = _robustness(siting.robustness)
        for site, share in zip(sites, frame["chosen_share"], strict=True):
            site["chosen_share"] = plain(share, 6)
    return told


def _robustness(found: Robustness) -> dict[str, Any]:
    regret, best_at_worst = found.draws["regret"], found.plans.iloc[0]
    return {
        "redraws": len(found.draws),
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
        "level": area_codes(results, table.index),
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
    """Count, people of the areas that tell one, and rate."""
    told = asdict(city_rate(table, service.standard.per))
    return {name: plain(value) for name, value in told.items()}


def _rate_rows(table: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    return [
        {"code": str(code), **{name: plain(row[name]) for name in names}}
        for code, row in zip(table.index, table.to_dict("records"), strict=True)
    ]


# ---------------------------------------------------------------- text


def summary_text(results: RunResults, lang: str = "zh") -> str:
    """The headline numbers as aligned text for a terminal or a notebook.

    Parameters
    ----------
    results : a run's results.
    lang : ``"zh"`` or ``"en"``.

    Returns
    -------
    str
        Lines without a last line break; Chinese characters count as two columns.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> text = summary_text(example_study().run().results, "en")
    >>> print(text.splitlines()[0], "|", text.splitlines()[-1])
    Small | Input files: 4, rows: 16, set aside: 1, findings: 2
    """
    info, speaker = results.info, Speaker(lang)
    lines = [clean(info.title or info.name)]
    if info.synthetic:
        lines.append(speaker.say("common.synthetic"))
    table = _people_rows(results, speaker)
    if len(table) > 1:
        lines += ["", *aligned(table)]
    for service in results.services.values():
        lines += _extra_lines(service, speaker, results.info.currency)
    lines += _findings_lines(results, speaker)
    return "\n".join(lines)


def _people_rows(results: RunResults, speaker: Speaker) -> list[list[str]]:
    heads = ("service", "facilities", "served", "total", "share", "gaps", "new_sites", "after")
    rows = [[speaker.say(f"outputs.text_{head}") for head in heads]]
    for service in results.services.values():
        if service.coverage is None:
            continue
        ledger, siting = service.coverage.ledger, service.siting
        rows.append(
            [
                clean(service.name(speaker.lang)),
                count_text(0 if service.facilities is None else len(service.facilities)),
                count_text(ledger.served),
                count_text(ledger.total),
                share_text(ledger.covered_share),
                count_text(0 if service.gaps is None else len(service.gaps)),
                "" if siting is None else count_text(len(siting.sites)),
                "" if siting is None else share_text(siting.people_after.covered_share),
            ]
        )
    return rows


def _extra_lines(service: ServiceResult, speaker: Speaker, currency: str) -> list[str]:
    name, lines = clean(service.name(speaker.lang)), []
    if service.spacing is not None:
        told = length_dict(service.spacing)
        lines.append(
            speaker.say(
                "outputs.text_spacing",
                name=name,
                total=number_text(service.spacing.total_m / 1000, 1),
                covered=number_text(service.spacing.covered_m / 1000, 1),
                gap=number_text(service.spacing.gap_m / 1000, 1),
                marked=told["required_points"]["marked"],
                required=told["required_points"]["total"],
            )
        )
    for key, table in (service.all_rates or {"": service.rates}).items():
        if table is None:
            continue
        counted = clean(service.rate_names.get(key, ""))
        lines.append(
            speaker.say(
                "outputs.text_rate",
                name=name if len(service.all_rates) < 2 else f"{name} — {counted}",
                count=count_text(table["count"].sum(min_count=1)),
                n=int((table.index != "").sum()),
                standard=standard_text(service.standard, speaker),
            )
        )
    if service.fund is not None:
        fund = service.fund
        lines.append(
            speaker.say(
                "outputs.text_fund",
                name=name,
                money=speaker.money(fund.money, currency),
                planned=speaker.money(fund.planned, currency),
            )
        )
    for level, table in service.quota.items():
        counts = quota_counts(table)
        if counts["meeting_quota"] is None:
            continue
        lines.append(
            speaker.say(
                "outputs.text_quota",
                name=name,
                level=speaker.level(level),
                meeting=counts["meeting_quota"],
                total=counts["total"],
            )
        )
    if service.siting is not None and service.siting.result.status != "optimal":
        proof = speaker.status(service.siting.result.status, service.siting.result.gap)
        lines.append(speaker.say("outputs.text_proof", name=name, proof=proof))
    return lines


def _findings_lines(results: RunResults, speaker: Speaker) -> list[str]:
    if not len(results.inputs):
        return []
    aside = sum(record.set_aside for record in results.inputs)
    rows = sum(record.rows for record in results.inputs)
    told = speaker.say(
        "outputs.text_inputs",
        files=len({r.path for r in results.inputs}),
        rows=count_text(rows),
        aside=count_text(aside),
        findings=count_text(len(results.findings)),
    )
    return ["", told]
