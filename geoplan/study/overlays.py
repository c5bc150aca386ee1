"""What-ifs: overlays on a study, and several plans side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.errors import StudyFileError
from geoplan.study.config.toml_lines import told_of
from geoplan.study.plan import Plan
from geoplan.study.what_if import from_table
from geoplan.words import say

if TYPE_CHECKING:
    from geoplan.study.study import Study


def read_overlay(path: str | Path, *, lang: str = "en") -> dict[str, Any]:
    """The sections of a TOML overlay: any part of a `study.toml`, to lie over the study's own.

    Parameters
    ----------
    path : the file.
    lang : language of what is told, ``"zh"`` or ``"en"``.

    Raises
    ------
    StudyFileError
        Not there, or no TOML.
    """
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StudyFileError(say(lang, "scenario.overlay_missing", file=file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        told = say(lang, "scenario.overlay_not_toml", file=file, why=error)
        raise StudyFileError(told) from error


def apply_overlay(study: Study, overlay: str | Path | Mapping[str, Any]) -> Study:
    """The study with what-ifs laid over it.

    Parameters
    ----------
    study : the study as it is; not changed.
    overlay : a TOML file or its content: any part of `study.toml`, and a table ``[what_if]`` with
        what `geoplan.study.what_if` takes (``slower_walkers = 0.8``,
        ``people = { elderly_60 = 1.2 }``, ``closed = { meal_station = ["name"] }``,
        ``links = { walk = "bridge.gpkg" }``,
        ``standards = { meal_station = { threshold_m = 800 } }``).
        Its paths are relative to the study's folder. The sections come first, the what-ifs then.

    Returns
    -------
    Study

    Raises
    ------
    StudyFileError, UsageError
        The file is no overlay, or names what is not there.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> slower = apply_overlay(example_study(), {"what_if": {"slower_walkers": 0.8}})
    >>> slower.run().coverage["meal_station"].ledger.served
    100.0
    """
    lang = study.config.study.lang
    file = None if isinstance(overlay, Mapping) else Path(overlay)
    sections = dict(overlay) if isinstance(overlay, Mapping) else read_overlay(overlay, lang=lang)
    table = sections.pop("what_if", None)
    try:
        changed = study.replace(**sections) if sections else study
    except StudyFileError as error:
        if file is None:
            raise
        # the study itself was right: what is wrong stands in the overlay
        raise told_of(file, error.findings, lang) from error
    if table is None:
        return changed
    if not isinstance(table, Mapping):
        raise StudyFileError(say(lang, "scenario.overlay_no_table"))
    return from_table(changed, table)


def sweep(
    study: Study, scenarios: Mapping[str, Mapping[str, Any]], **run_options: Any
) -> dict[str, Plan]:
    """Plan the study as it is (``"base"``) and under every scenario.

    Parameters
    ----------
    study : the study as it is.
    scenarios : name -> changes as `Study.replace` takes them (dotted keys), with ``what_if`` as in
        `apply_overlay` where wanted.
    run_options : of `Study.run`, for example ``services=["meal_station"]``.

    Returns
    -------
    dict of Plan
        ``"base"`` first, then the scenarios in their order.

    Raises
    ------
    StudyFileError, UsageError
        A scenario names what the study does not have, or makes no study.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> plans = sweep(example_study(), {"slower": {"what_if": {"slower_walkers": 0.8}}})
    >>> {name: plan.coverage["meal_station"].ledger.served for name, plan in plans.items()}
    {'base': 150.0, 'slower': 100.0}
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

    Parameters
    ----------
    plans : name -> plan, as `sweep` gives them; changes are told against the first.

    Returns
    -------
    DataFrame with index (``service``, ``plan``) and columns ``people``, ``served``,
    ``covered_share``, ``unserved``, ``change`` (people served against the first plan),
    ``new_sites``, ``served_after``, ``share_after``.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> strict = study.replace({"services.meal_station.standard.threshold_m": 600})
    >>> table = compare_plans({"now": study.run(), "strict": strict.run()})
    >>> table[["served", "change", "served_after"]].to_numpy().tolist()
    [[150.0, 0.0, 230.0], [100.0, -50.0, 230.0]]
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
    columns = [
        "service",
        "plan",
        "people",
        "served",
        "covered_share",
        "unserved",
        "change",
        "new_sites",
        "served_after",
        "share_after",
    ]
    return pd.DataFrame(rows, columns=columns).set_index(["service", "plan"])
