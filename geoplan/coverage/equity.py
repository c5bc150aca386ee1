"""Equity: how evenly a service is spread over people, and what a plan changes.

Every measure weighs areas or demand rows by their people, so that an empty village does not count.

References
----------
Gini C (1912) Variabilità e mutabilità. Cuppini, Bologna.
Lorenz MO (1905) Methods of measuring the concentration of wealth. Publications of the American
Statistical Association 9:209-219.
Palma JG (2011) Homogeneous middles vs. heterogeneous tails, and the end of the "inverted-U".
Development and Change 42:87-153.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.errors import UsageError
from geoplan.inputs.columns.yes_no import answer

_URBAN = ("城", "镇", "街道", "居委", "urban", "town", "city")
_RURAL = ("乡", "村", "rural", "village", "country")


def weighted_gini(values: pd.Series | np.ndarray, weights: pd.Series | np.ndarray) -> float:
    r"""Gini coefficient of `values` over people: 0 = everyone has the same, 1 = one has all.

    The area between the Lorenz curve (people from worst to best off against their share of the sum)
    and the diagonal, doubled: :math:`G = 1 - \sum_k (p_k - p_{k-1})(L_k + L_{k-1})` (Gini 1912;
    trapezoids of the weighted Lorenz curve).

    Parameters
    ----------
    values : 0 or more, per row; NaN rows are left out.
    weights : people per row.

    Returns
    -------
    float, NaN when nobody is left or all values are 0.

    Examples
    --------
    Half the people have nothing, the others share everything evenly:

    >>> float(weighted_gini(np.array([0.0, 1.0]), np.array([10, 10])))
    0.5
    """
    x, w = _clean(values, weights)
    if not w.sum() > 0 or not (x * w).sum() > 0:
        return float("nan")
    order = np.argsort(x, kind="stable")
    share = np.concatenate([[0.0], np.cumsum(w[order]) / w.sum()])
    lorenz = np.concatenate([[0.0], np.cumsum((x * w)[order]) / (x * w).sum()])
    return float(1.0 - np.sum(np.diff(share) * (lorenz[1:] + lorenz[:-1])))


def palma_ratio(values: pd.Series | np.ndarray, weights: pd.Series | np.ndarray) -> float:
    r"""What the best-off tenth of the people have, over what the worst-off four tenths have.

    :math:`P = (L(1) - L(0.9)) / L(0.4)` of the Lorenz curve L (Palma 2011); rows on the border of a
    tenth are split.

    Parameters
    ----------
    values : 0 or more, per row (a covered share, say); NaN rows are left out.
    weights : people per row.

    Returns
    -------
    float
        0.25 = everyone has the same; NaN when nobody is left, inf when the worst-off have nothing.

    Examples
    --------
    >>> float(palma_ratio(np.ones(10), np.ones(10)))
    0.25
    """
    x, w = _clean(values, weights)
    if not w.sum() > 0:
        return float("nan")
    top = _part(x, w, 0.9, 1.0)
    bottom = _part(x, w, 0.0, 0.4)
    if bottom > 0:
        return float(top / bottom)
    return float("inf") if top > 0 else float("nan")


def worst_tenth(values: pd.Series | np.ndarray, weights: pd.Series | np.ndarray) -> float:
    """The mean value among the worst-off tenth of the people; rows on the border are split.

    Parameters
    ----------
    values : per row (a covered share, say); NaN rows are left out.
    weights : people per row.

    Returns
    -------
    float
        In the unit of `values`; NaN when nobody is left.

    Examples
    --------
    >>> float(worst_tenth(np.array([0.2, 0.9]), np.array([5, 95])))
    0.55
    """
    x, w = _clean(values, weights)
    if not w.sum() > 0:
        return float("nan")
    return float(_part(x, w, 0.0, 0.1) / (0.1 * w.sum()))


def equity_facts(
    coverage: Coverage, *, level: str | None = None, after: Coverage | None = None
) -> dict[str, float]:
    """Spread of the covered share over areas, before and after a plan.

    Parameters
    ----------
    coverage : the ledger now.
    level : area level whose covered shares are compared; None = the demand rows themselves.
    after : the ledger with the plan's sites; its facts carry the ending ``_after``.

    Returns
    -------
    dict with ``gini``, ``palma`` and ``worst_tenth_share`` (covered share among the tenth of the
    people in the areas worst served), ``best_area_share`` and ``worst_area_share``; with `after`
    the same with ``_after``. NaN where a measure is not defined, so that it is not taken for 0.

    Raises
    ------
    UsageError
        A level that the ledger has no column for.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> plan = example_study().run()
    >>> facts = equity_facts(plan.coverage["meal_station"], level="district")
    >>> facts["best_area_share"], facts["worst_area_share"]
    (0.75, 0.0)
    >>> round(facts["gini"], 2)
    0.31
    """
    facts = _facts(coverage, level)
    if after is not None:
        facts |= {f"{name}_after": value for name, value in _facts(after, level).items()}
    return facts


def equity_level(coverage: Coverage, levels: Sequence[str]) -> str | None:
    """The finest of `levels` whose areas hold several demand rows each.

    A demand row is served or it is not. Over such rows the Gini coefficient is 1 - covered share
    and the worst-off tenth has 0 as soon as a tenth is not served: no more than the covered share
    says. Over areas of several rows both measure how evenly the city is served.

    Parameters
    ----------
    coverage : the ledger of one service, with a column per area level.
    levels : area levels, coarsest first; those that the frame has no column for are passed over.

    Returns
    -------
    A level with two areas or more and at least two inhabited rows per area on average, or None.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> coverage = example_study().run().coverage["meal_station"]
    >>> equity_level(coverage, ["district"])
    'district'
    >>> equity_level(coverage, ["city"]) is None
    True
    """
    lived = coverage.frame[coverage.frame["people"] > 0]
    for level in reversed(list(levels)):
        if level not in lived.columns:
            continue
        areas = lived[level].astype("string").replace("", pd.NA).nunique()
        if areas >= 2 and len(lived) >= 2 * areas:
            return level
    return None


def group_table(
    coverage: Coverage,
    *,
    groups: Sequence[str] = (),
    by: str | pd.Series | None = None,
    after: Coverage | None = None,
) -> pd.DataFrame:
    """Covered share of sub-groups: age groups in columns, or urban and rural people in rows.

    Parameters
    ----------
    coverage : its frame carries the sub-group columns (people of that group per row).
    groups : sub-group columns, for example ``["pop80"]``. A row's people of a group are served in
        the same proportion as all people of the row: the ledger does not distinguish them.
    by : a column of the frame to divide the people by, for example an area level, or a Series on
        its index, for example `urban_or_rural`.
    after : the ledger with the plan's sites.

    Returns
    -------
    DataFrame, index = group name (``"people"`` = all) or value of `by` (``""`` = not known),
    columns ``total``, ``served``, ``covered_share`` (and ``served_after``,
    ``covered_share_after``).

    Raises
    ------
    UsageError
        Groups or a `by` that the ledger has no column for.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> coverage = example_study().run().coverage["meal_station"]
    >>> group_table(coverage, by="district")["served"].to_dict()
    {'': 0.0, '1': 150.0, '2': 0.0}
    >>> from dataclasses import replace
    >>> older = coverage.frame.assign(pop80=[10, 10, 5, 0, 0, 0])
    >>> group_table(replace(coverage, frame=older), groups=["pop80"])["covered_share"].to_dict()
    {'people': 0.5172413793103449, 'pop80': 0.8}
    """
    named = [by] if isinstance(by, str) else []
    missing = [c for c in [*groups, *named] if c not in coverage.frame.columns]
    if missing:
        there = [c for c in coverage.frame.columns if c not in (*STATES, "geometry")]
        raise UsageError.of("call_faults.ledger_columns", missing=missing, there=", ".join(there))
    parts = {"": _grouped(coverage, groups, by)}
    if after is not None:
        parts["_after"] = _grouped(after, groups, by)
    table = pd.DataFrame({"total": parts[""]["total"]})
    for ending, part in parts.items():
        table[f"served{ending}"] = part["served"]
        table[f"covered_share{ending}"] = part["served"] / part["total"].where(part["total"] > 0)
    return table


def urban_or_rural(texts: pd.Series) -> pd.Series:
    """``"urban"``, ``"rural"`` or ``""`` (not known) from what a table's cells say.

    Known are the codes of the statistical bureau (统计用城乡分类代码: 1.. town, 2.. country), words
    (城镇, 乡村, 街道, 村, urban, town, rural, village), and yes or no where a column asks whether a
    community is urban.

    Parameters
    ----------
    texts : what the table says, any type of cell.

    Returns
    -------
    Series
        Named ``kind``, on the caller's index.

    Examples
    --------
    >>> urban_or_rural(pd.Series(["城镇", "220", "是", "乡镇", "112", None])).tolist()
    ['urban', 'rural', 'urban', 'rural', 'urban', '']
    """
    said = texts.astype("string").str.strip().str.casefold().fillna("")
    kinds = {text: _urban_rural(text) for text in said.unique()}
    return said.map(kinds).astype(object).rename("kind")


def _urban_rural(text: str) -> str:
    text = text.removesuffix(".0")
    if (said := answer(text)) is not None:
        return "urban" if said else "rural"
    if len(text) == 3 and text.isdigit():
        return {"1": "urban", "2": "rural"}.get(text[0], "")
    # the country first where a word holds both: 乡镇, but 城乡结合区 and 镇乡结合区 are town
    for kind, words in (("rural", ("乡镇",)), ("urban", _URBAN), ("rural", _RURAL)):
        if any(word in text for word in words):
            return kind
    return ""


def _grouped(coverage: Coverage, groups: Sequence[str], by: str | pd.Series | None) -> pd.DataFrame:
    frame = coverage.frame
    share = frame["served"] / frame["people"].where(frame["people"] > 0)
    share = share.fillna(0.0)
    if by is not None:
        key = (frame[by] if isinstance(by, str) else by.reindex(frame.index)).astype("string")
        key = key.fillna("").to_numpy(object)
        columns = {"total": frame["people"].astype(float), "served": frame["served"]}
        table = pd.DataFrame(columns).groupby(key, sort=True).sum()
        table.index.name = by if isinstance(by, str) else by.name
        return table
    rows = {"people": {"total": frame["people"].sum(), "served": frame["served"].sum()}}
    for group in groups:
        people = frame[group].fillna(0.0).astype(float)
        rows[group] = {"total": people.sum(), "served": (people * share).sum()}
    return pd.DataFrame.from_dict(rows, orient="index")


def _facts(coverage: Coverage, level: str | None) -> dict[str, float]:
    if level is None:
        people = coverage.frame["people"].to_numpy(float)
        share = _share(coverage.frame["served"].to_numpy(float), people)
    else:
        table = coverage.by_area(level)
        people = table["total"].to_numpy(float)
        share = _share(table["served"].to_numpy(float), people)
    lived = people > 0
    return {
        "gini": weighted_gini(share, people),
        "palma": palma_ratio(share, people),
        "worst_tenth_share": worst_tenth(share, people),
        "worst_area_share": float(share[lived].min()) if lived.any() else float("nan"),
        "best_area_share": float(share[lived].max()) if lived.any() else float("nan"),
    }


def _share(served: np.ndarray, people: np.ndarray) -> np.ndarray:
    return np.divide(served, people, out=np.full(len(people), np.nan), where=people > 0)


def _clean(
    values: pd.Series | np.ndarray, weights: pd.Series | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(values, pd.Series) and isinstance(weights, pd.Series):
        weights = weights.reindex(values.index)
    x, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    if x.shape != w.shape:
        raise UsageError.of("call_faults.values_weights", values=len(x), weights=len(w))
    keep = np.isfinite(x) & np.isfinite(w) & (w > 0)
    if (x[keep] < 0).any() or (w[np.isfinite(w)] < 0).any():
        raise UsageError.of("call_faults.values_negative")
    return x[keep], w[keep]


def _part(x: np.ndarray, w: np.ndarray, low: float, high: float) -> float:
    """Sum of x over the people between two shares of the ranking, worst off first."""
    order = np.argsort(x, kind="stable")
    edge = np.concatenate([[0.0], np.cumsum(w[order])])
    a, b = low * w.sum(), high * w.sum()
    inside = np.clip(np.minimum(edge[1:], b) - np.maximum(edge[:-1], a), 0.0, None)
    return float((x[order] * inside).sum())
