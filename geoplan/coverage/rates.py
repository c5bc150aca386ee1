"""Rates by area, for services without sites: home beds, allowances, funds, organisations.

A rate from a handful of cases is uncertain. Each comes with its exact Poisson interval (Garwood
1936), and on request with an empirical Bayes estimate that shrinks small areas towards the city's
rate (Marshall 1991).

References
----------
Garwood F (1936) Fiducial limits for the Poisson distribution. Biometrika 28:437-442.
Marshall RJ (1991) Mapping disease and mortality rates using empirical Bayes estimators. Applied
Statistics 40:283-294.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.validate import raise_faults
from geoplan.words.message import Message

RATE_COLUMNS = ("name", "count", "people", "rate", "low", "high", "smoothed")


def rate_by_area(
    counts: pd.Series,
    people: pd.Series,
    *,
    names: pd.Series | None = None,
    per: float = 1000.0,
    confidence: float = 0.95,
    smooth: bool = True,
    money: bool = False,
) -> pd.DataFrame:
    """Rate per `per` people of every area, with its interval.

    Parameters
    ----------
    counts : cases (or beds, or money) per area code, 0 or more; an area that is missing counts as
        not known (NaN), not as 0.
    people : people of the group per area code.
    names : names per area code (`AreaLayer.names`); its order is the order of the rows.
    per : people that the rate refers to.
    confidence : of the interval, for example 0.95.
    smooth : whether to fill ``smoothed``.
    money : the counts are sums of money, not of cases: a Poisson model does not hold, so
        ``low``, ``high`` and ``smoothed`` are NaN.

    Returns
    -------
    DataFrame, index = area code, columns of `RATE_COLUMNS`: ``rate`` = count / people x per, NaN
    where nobody lives or the count is not known; ``low``, ``high`` the exact Poisson limits in the
    same unit; ``smoothed`` the empirical Bayes rate (NaN when not asked for). Areas with a count
    but no people, or the other way round, stay in.

    Raises
    ------
    UsageError
        Negative counts or people, codes that occur twice, a confidence outside 0..1, per <= 0.

    Examples
    --------
    >>> table = rate_by_area(pd.Series({"A": 0, "B": 10}), pd.Series({"A": 1000, "B": 1000}))
    >>> table[["rate", "low", "high"]].round(2).values.tolist()
    [[0.0, 0.0, 3.69], [10.0, 4.8, 18.39]]
    """
    _check(counts, people, per, confidence)
    codes = [] if names is None else list(names.index)
    codes += [c for c in [*people.index, *counts.index] if c not in set(codes)]
    index = pd.Index(list(dict.fromkeys(codes)))
    cases = counts.reindex(index).to_numpy(float, na_value=np.nan)
    heads = people.reindex(index).fillna(0.0).to_numpy(float)
    usable = (heads > 0) & np.isfinite(cases)
    low, high = poisson_limits(np.full(len(cases), np.nan) if money else cases, confidence)
    table = pd.DataFrame(
        {
            "name": ["" if names is None else names.get(code, "") for code in index],
            "count": cases,
            "people": heads,
            "rate": _over(cases * per, heads, usable),
            "low": _over(low * per, heads, usable),
            "high": _over(high * per, heads, usable),
            "smoothed": np.nan,
        },
        index=index,
    )
    if smooth and not money and usable.any():
        table.loc[usable, "smoothed"] = per * empirical_bayes(cases[usable], heads[usable])
    return table


@dataclass(frozen=True, slots=True)
class CityRate:
    """What all areas with a known count have together; NaN where none has one."""

    count: float
    people: float
    rate: float


def city_rate(table: pd.DataFrame, per: float = 1000.0) -> CityRate:
    """The city's count, people and rate, from the areas whose count is known.

    Parameters
    ----------
    table : of `rate_by_area`.
    per : people that the rate refers to.

    Returns
    -------
    CityRate
        People of areas without a known count are left out: unknown is not zero. People whose area
        is not known (code ``""``) stay in.

    Examples
    --------
    >>> table = rate_by_area(pd.Series({"A": 10.0}), pd.Series({"A": 1000, "B": 1000}))
    >>> city_rate(table)
    CityRate(count=10.0, people=1000.0, rate=10.0)
    """
    known = table["count"].notna()
    if not known.any():
        return CityRate(np.nan, np.nan, np.nan)
    count = float(table["count"].sum())
    people = float(table.loc[known | (table.index == ""), "people"].sum())
    return CityRate(count, people, count / people * per if people > 0 else np.nan)


def poisson_limits(counts: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    r"""Exact limits of a Poisson mean for each observed count (Garwood 1936).

    :math:`\chi^2_{\alpha/2, 2k} / 2` and :math:`\chi^2_{1-\alpha/2, 2k+2} / 2` for a count k. NaN
    counts give NaN; the lower limit of 0 is 0.

    Examples
    --------
    >>> low, high = poisson_limits(np.array([5.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (1.623, 11.668)
    """
    from scipy.special import gammaincinv  # takes a while to load

    tail = (1 - confidence) / 2
    x = np.asarray(counts, dtype=float)
    # half a chi-squared quantile of 2k degrees is a gamma quantile of shape k
    low = np.where(x > 0, gammaincinv(np.where(x > 0, x, 1.0), tail), 0.0)
    high = gammaincinv(x + 1, 1 - tail)
    return np.where(np.isnan(x), np.nan, low), high


def empirical_bayes(counts: np.ndarray, people: np.ndarray) -> np.ndarray:
    r"""Global empirical Bayes rates per head (Marshall 1991).

    With the city's rate m and the people-weighted variance s² of the raw rates r_i, the variance
    between areas is :math:`A = \max(s^2 - m / \bar n, 0)`; each rate is shrunk towards m by
    :math:`m + (r_i - m) A / (A + m / n_i)`. Small areas move most; the same rate everywhere (A =
    0) gives m everywhere.
    """
    rate = counts / people
    city = counts.sum() / people.sum()
    spread = (people * (rate - city) ** 2).sum() / people.sum()
    between = max(spread - city / people.mean(), 0.0)
    if between == 0.0:
        return np.full(len(rate), city)
    return city + (rate - city) * between / (between + city / people)


def _over(top: np.ndarray, heads: np.ndarray, usable: np.ndarray) -> np.ndarray:
    return np.divide(top, heads, out=np.full(len(heads), np.nan), where=usable)


def _check(counts: pd.Series, people: pd.Series, per: float, confidence: float) -> None:
    faults = []
    for what, values in (("counts", counts), ("people", people)):
        if not values.index.is_unique:
            twice = values.index[values.index.duplicated()].unique()[:3].tolist()
            faults.append(Message("coverage_faults.codes_twice", what=what, twice=twice))
        bad = values.index[values.to_numpy(float, na_value=np.nan) < 0]
        if len(bad):
            faults.append(
                Message("coverage_faults.values_negative", what=what, some=bad[:3].tolist())
            )
    if not per > 0:
        faults.append(Message("coverage_faults.per_positive", per=per))
    if not 0 < confidence < 1:
        faults.append(Message("coverage_faults.confidence_between", confidence=confidence))
    raise_faults("the rates", faults)
