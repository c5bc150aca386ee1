"""Rows whose numbers are the sums of the rows above or below them, at any depth of nesting.

Beside rows of about m people each, a number equals the sum of some of them by chance with a
probability of about 1/m for each side (the density of partial sums, renewal theorem). A row, or a
set of rows, counts as sums only where chance is excluded: by how many of the rows as large as they
are sums (binomial tail), by further columns that add up too, and by cells that they alone leave
empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: levels of nesting: community, street, district, city, and two to spare
_DEPTH = 6
#: decimals that are compared, at most
_DECIMALS = 6
#: log10 of the chance below which rows are sums for certain, and probably
SURE, LIKELY = -6.0, -3.5
#: chance below which equal numbers confirm what a row's name says already
_RARE = 0.05
#: rows that a sum of all of them has at least, and from which on that alone is certain: a row of
#: data would have to hold half of everything; so few make a row without a place doubtful
_EVERYTHING, _MANY, _FEW = 5, 20, 3


#: width of a normal distribution as likely throughout as in its middle, in median deviations
_NORMAL = math.sqrt(2 * math.pi) / 0.6745


@dataclass(frozen=True, kw_only=True, slots=True)
class SumRows:
    """Rows that are sums of others.

    sure, likely : bool per row. first, last : the rows that each sums up, -1 where it is none.
    """

    sure: np.ndarray
    likely: np.ndarray
    first: np.ndarray
    last: np.ndarray


@dataclass(kw_only=True, slots=True)
class _Hit:
    """A row that equals a block of rows: positions in the table, and what speaks for it."""

    row: int
    inside: list[int]
    count: int
    chance: float

    @property
    def first(self) -> int:
        return self.inside[0]

    @property
    def last(self) -> int:
        return self.inside[-1]


def find_sum_rows(
    values: np.ndarray, *, nameless: np.ndarray, apart: np.ndarray, marked: np.ndarray
) -> SumRows:
    """Rows that sum up a block of the rows next to them.

    Parameters
    ----------
    values : numbers, n rows x columns, the people first; NaN counts as 0.
    nameless : bool per row: no name, code or id: a row that can be nothing but a sum.
    apart : bool per row: it leaves cells empty that nearly all rows fill (coordinates, code).
    marked : bool per row: its name is that of an area or of a total: equal numbers then suffice.

    Examples
    --------
    >>> people = np.array([[210.0], [101], [109], [330], [102], [110], [118], [540]])
    >>> none = np.zeros(8, bool)
    >>> ends = np.array([1, 0, 0, 1, 0, 0, 0, 1], bool)
    >>> find_sum_rows(people, nameless=none, apart=none, marked=ends).sure.tolist()
    [True, False, False, True, False, False, False, True]
    """
    whole = _without_copies(_whole_numbers(values))
    n = len(whole)
    spread = _spread_given_earlier(whole)
    left = np.ones(n, bool)
    hits: dict[int, _Hit] = {}
    counted: set[int] = set()
    for _ in range(_DEPTH):
        found = [h for h in _round(whole, spread, left) if h.row not in hits]
        found = _best_of_each_row(found, counted)
        if not found:
            break
        for hit in found:
            hits[hit.row] = hit
            left[hit.row] = False
    return _judge(list(hits.values()), whole, nameless, apart, marked)


def _whole_numbers(values: np.ndarray) -> np.ndarray:
    """Values in whole units of the last decimal that any of a column shows."""
    filled = np.nan_to_num(np.asarray(values, float), nan=0.0, posinf=0.0, neginf=0.0)
    whole = np.zeros(filled.shape, np.int64)
    for c in range(filled.shape[1]):
        column = filled[:, c]
        decimals = next(
            (
                d
                for d in range(_DECIMALS)
                if np.allclose(column, column.round(d), rtol=0, atol=1e-9)
            ),
            _DECIMALS,
        )
        scaled = np.clip(np.abs(column) * 10.0**decimals, 0, 1e14).round().astype(np.int64)
        unit = int(np.gcd.reduce(scaled)) if len(scaled) else 1
        whole[:, c] = scaled // max(unit, 1)
    return whole


def _without_copies(whole: np.ndarray) -> np.ndarray:
    """The columns that differ from all columns before them."""
    kept: list[int] = []
    for c in range(whole.shape[1]):
        if not any((whole[:, c] == whole[:, d]).all() for d in kept):
            kept.append(c)
    return whole[:, kept]


def _round(whole: np.ndarray, spread: np.ndarray, left: np.ndarray) -> list[_Hit]:
    """All rows among `left` that equal a block of two or more filled rows next to them."""
    rows = np.flatnonzero(left)
    values = whole[rows, 0]
    sums = np.concatenate([[0], np.cumsum(values)])
    filled = np.concatenate([[0], np.cumsum(values > 0)])
    hits = []
    for above in (True, False):
        # the block ends right above the row, or begins right below it
        edge = np.arange(len(rows)) if above else np.arange(1, len(rows) + 1)
        target = sums[edge] - values if above else sums[edge] + values
        other = np.searchsorted(sums, target, side="right" if above else "left")
        other = other - 1 if above else other
        inside = (other >= 0) & (other < len(sums))
        other = np.where(inside, other, 0)
        count = np.abs(filled[edge] - filled[other])
        good = inside & (sums[other] == target) & (values > 0) & (count >= 2)
        for k in np.flatnonzero(good).tolist():
            first, last = (other[k], edge[k] - 1) if above else (edge[k], other[k] - 1)
            block = rows[int(first) : int(last) + 1]
            fits = (whole[rows[k]] == whole[block].sum(axis=0)) & (whole[rows[k]] > 0)
            chance = -float(np.log10(spread[1:][fits[1:]]).sum())
            hits.append(
                _Hit(row=int(rows[k]), inside=block.tolist(), count=int(count[k]), chance=chance)
            )
    return hits


def _spread_given_earlier(whole: np.ndarray) -> np.ndarray:
    """Per column how many values are about as likely, once the columns before it are known.

    A share of the people that was worked out from the total adds up wherever the total does: only
    what earlier columns leave open (residuals of least squares) speaks for a sum.
    """
    spread = np.ones(whole.shape[1])
    for c in range(1, whole.shape[1]):
        known = whole[(whole > 0).all(axis=1)].astype(float)
        if len(known) <= c + 1:
            continue
        # in proportion to its size, lest a few large rows decide
        size = np.maximum(known[:, :1], 1.0)
        earlier, own = known[:, :c] / size, known[:, c] / size[:, 0]
        slopes, *_ = np.linalg.lstsq(earlier, own, rcond=None)
        off = np.abs(own - earlier @ slopes) * size[:, 0]
        spread[c] = max(_NORMAL * float(np.median(off)), 1.0)
    return spread


def _best_of_each_row(hits: list[_Hit], counted: set[int]) -> list[_Hit]:
    """One hit per row, the one over most rows.

    A row that a sum counts as a row of data is no sum itself: `counted` gathers them.
    """
    best: dict[int, _Hit] = {}
    for hit in hits:
        if hit.row not in best or hit.count > best[hit.row].count:
            best[hit.row] = hit
    kept = []
    for hit in sorted(best.values(), key=lambda h: -h.count):
        if hit.row not in counted:
            kept.append(hit)
            counted.update(hit.inside)
    return kept


def _judge(
    hits: list[_Hit],
    whole: np.ndarray,
    nameless: np.ndarray,
    apart: np.ndarray,
    marked: np.ndarray,
) -> SumRows:
    n = len(whole)
    sure, likely = np.zeros(n, bool), np.zeros(n, bool)
    first, last = np.full(n, -1), np.full(n, -1)
    people = whole[:, 0]
    is_hit = np.zeros(n, bool)
    is_hit[[hit.row for hit in hits]] = True
    ordinary = int(((people > 0) & ~is_hit).sum())
    for hit in hits:
        first[hit.row], last[hit.row] = hit.first, hit.last
    for kind in sorted({bool(apart[hit.row]) for hit in hits}, reverse=True):
        alike = np.sort(people[apart == kind])
        for further in (True, False):
            some = [h for h in hits if apart[h.row] == kind and (h.chance < 0) == further]
            _judge_alike(some, people, alike, (sure, likely))
    for hit in hits:
        rare = 2 * hit.count <= _RARE * people[hit.row]
        if hit.count >= ordinary:  # the sum of all rows that are none
            bare = apart[hit.row] or nameless[hit.row]
            likely[hit.row] |= hit.count >= (_FEW if bare else _EVERYTHING)
            sure[hit.row] |= rare and hit.count >= (_EVERYTHING if apart[hit.row] else _MANY)
        sure[hit.row] |= rare and bool(marked[hit.row] or (nameless[hit.row] and hit.count >= 3))
    return SumRows(sure=sure, likely=likely & ~sure, first=first, last=last)


def _judge_alike(
    hits: list[_Hit],
    people: np.ndarray,
    alike: np.ndarray,
    found: tuple[np.ndarray, np.ndarray],
) -> None:
    """Mark the hits that chance does not explain, from the largest on.

    Parameters
    ----------
    hits : of one kind. people : of all rows. alike : of the rows of that kind, sorted.
    found : bool per row, sure and likely: written to.
    """
    ranked = sorted(hits, key=lambda hit: -int(people[hit.row]))
    rows = np.array([hit.row for hit in ranked], np.int64)
    level, worst = 0.0, -math.inf
    for h, hit in enumerate(ranked, start=1):
        number = float(people[hit.row])
        # how often sums of such rows come upon a given number, above and below
        one = min(math.log10(2 * hit.count / number) + hit.chance, 0.0)
        worst = max(worst, one)
        trials = len(alike) - int(np.searchsorted(alike, number))
        if h > trials * 10**worst:
            level = _log_choose(trials, h) + h * worst
        else:
            level = 0.0
        if level <= SURE:
            found[0][rows[:h]] = True
        elif level <= LIKELY:
            found[1][rows[:h]] = True


def _log_choose(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(10)
