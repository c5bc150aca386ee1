"""Several scenarios of one study, planned in turn; their headline numbers side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.study.overlays import apply_overlay
from geoplan.study.plan import Plan
from geoplan.study.study import Study


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
    plans : name -> plan, as `sweep` gives them; changes are against the first.

    Returns
    -------
    DataFrame with index (``service``, ``plan``) and columns ``people``, ``served``,
    ``covered_share``, ``unserved``, ``change`` (people served against the first plan),
    ``new_sites``, ``served_after``, ``share_after`` (the most there can be where capacity limits
    and that of new sites is not given).

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
