"""What-ifs: overlays on a study, and several plans side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.errors import StudyFileError
from geoplan.study.plan import Plan
from geoplan.study.what_if import from_table

if TYPE_CHECKING:
    from geoplan.study.study import Study


def read_overlay(path: str | Path) -> dict[str, Any]:
    """The sections of a TOML overlay: any part of a `study.toml`, to lie over the study's own.

    Raises
    ------
    StudyFileError
        Not there, or no TOML.
    """
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StudyFileError(f"the overlay {file} is not there.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyFileError(f"the overlay {file} is no TOML in UTF-8: {error}.") from error


def apply_overlay(study: Study, overlay: str | Path | Mapping[str, Any]) -> Study:
    """The study with what-ifs laid over it.

    Parameters
    ----------
    overlay : a TOML file or its content: any part of `study.toml`, and a table ``[what_if]`` with
        what `geoplan.study.what_if` takes (``slower_walkers = 0.8``,
        ``people = { elderly_60 = 1.2 }``, ``closed = { meal_station = ["name"] }``,
        ``links = { walk = "bridge.gpkg" }``,
        ``standards = { meal_station = { threshold_m = 800 } }``).
        Its paths are relative to the study's folder. The sections come first, the what-ifs then.

    Raises
    ------
    StudyFileError, UsageError
        The file is no overlay, or names what is not there.
    """
    sections = dict(overlay) if isinstance(overlay, Mapping) else read_overlay(overlay)
    table = sections.pop("what_if", None)
    changed = study.replace(**sections) if sections else study
    if table is None:
        return changed
    if not isinstance(table, Mapping):
        raise StudyFileError("what_if of an overlay must be a table: [what_if].")
    return from_table(changed, table)


def sweep(
    study: Study, scenarios: Mapping[str, Mapping[str, Any]], **run_options: Any
) -> dict[str, Plan]:
    """Plan the study as it is (``"base"``) and under every scenario.

    Parameters
    ----------
    scenarios : name -> changes as `Study.replace` takes them (dotted keys), with ``what_if`` as in
        `apply_overlay` where wanted.
    run_options : of `Study.run`, for example ``services=["meal_station"]``.
    """
    plans = {"base": study.run(**run_options)}
    for name, changes in scenarios.items():
        dotted = {key: value for key, value in changes.items() if key != "what_if"}
        changed = study.replace(dotted)
        if "what_if" in changes:
            changed = apply_overlay(changed, {"what_if": changes["what_if"]})
        plans[name] = changed.run(**run_options)
    return plans


def compare_plans(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Headline numbers of several plans, one row per service and plan.

    Returns
    -------
    DataFrame with index (``service``, ``plan``) and columns ``people``, ``served``,
    ``covered_share``, ``unserved``, ``change`` (people served against the first plan),
    ``new_sites``, ``served_after``, ``share_after``.
    """
    rows = []
    first: dict[str, float] = {}
    keys = dict.fromkeys(key for plan in plans.values() for key in plan.coverage)
    for key in keys:
        for name, plan in plans.items():
            coverage = plan.coverage.get(key)
            if coverage is None:
                continue
            ledger, siting = coverage.ledger, plan.services[key].siting
            first.setdefault(key, ledger.served)
            row = {
                "service": key,
                "plan": name,
                "people": ledger.total,
                "served": ledger.served,
                "covered_share": ledger.covered_share,
                "unserved": ledger.unserved,
                "change": ledger.served - first[key],
            }
            if siting is not None:
                row |= {
                    "new_sites": len(siting.sites),
                    "served_after": siting.people_after.served,
                    "share_after": siting.people_after.covered_share,
                }
            rows.append(row)
    columns = ["service", "plan", "people", "served", "covered_share", "unserved", "change",
               "new_sites", "served_after", "share_after"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index(["service", "plan"])
