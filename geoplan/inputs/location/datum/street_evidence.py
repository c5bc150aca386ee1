"""Evidence for a file's datum from the streets: under which one do its points lie beside them?

Sites stand beside streets. Moved by a wrong datum they lie anywhere, and in a dense city anywhere
is still some 40 m from a street: no single point looks wrong, and the median hardly does. So the
distances of all points are compared between readings of the file by a paired one-sided t-test of
their logarithms (a *reading* is a way to convert the file's degrees to WGS 84). Where the declared
datum holds, small shifts of all points together are tried too, and confirmed by the bootstrap
(Efron 1979, doi:10.1214/aos/1176344552): they remain of an inexact conversion or another ellipsoid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.crs.datum import from_wgs84, to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.inputs.location.streets import MAX_DISTANCE_M, Streets

Floats = NDArray[np.float64]
#: datums that a file may be in
DATUM_CANDIDATES = ("wgs84", "gcj02", "bd09")
DIRECTIONS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
#: degrees; the constants by which common snippets turn BD-09 into GCJ-02, wrong by up to 37 m
_BD09_OFFSET = (0.0065, 0.006)
#: significance level of one comparison (of about ten), and that of weak evidence
_SIGNIFICANCE = 1e-5
WEAK_SIGNIFICANCE = 0.01
#: fewer points are no evidence; more points, or lattices of distances, add nothing
_MIN_POINTS = 12
_MAX_POINTS = 600
_MAX_LATTICES = 300
#: points from which these are chosen
_MAX_SAMPLE = 20_000
#: points nearer to each other lie beside the same streets and are not independent
_THINNING_M = 200.0
#: below this a distance to a centre line has no meaning
_STREET_HALF_WIDTH_M = 8.0
#: readings whose points lie nearer to each other cannot be distinguished
_INDISTINCT_M = 60.0
#: small shifts: the largest searched, the mesh of the search, the smallest reported
_MAX_SHIFT_M, _STEP_M, _MIN_SHIFT_M = 160.0, 5.0, 20.0
#: bootstrap: share of the samples that must agree with the shift, within so many metres
_MIN_AGREEMENT, _AGREEMENT_M, _BOOTSTRAP_SAMPLES = 0.9, 16.0, 100


def _reconverted(first: str, then: str) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """What was converted from `first` and should have been converted from `then`."""
    return lambda lon, lat: to_wgs84(from_wgs84((lon, lat), first), then)


def _bd09_by_constants(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return to_wgs84((lon + _BD09_OFFSET[0], lat + _BD09_OFFSET[1]), "bd09")


def _bd09_by_constants_converted(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _bd09_by_constants(*from_wgs84((lon, lat), "gcj02"))


#: ways to convert degrees as they stand in a file to WGS 84: datums, and common mistakes
READINGS: Mapping[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": lambda lon, lat: to_wgs84((lon, lat), "gcj02"),
    "bd09": lambda lon, lat: to_wgs84((lon, lat), "bd09"),
    "bd09_taken_for_gcj02": _reconverted("gcj02", "bd09"),
    "gcj02_taken_for_bd09": _reconverted("bd09", "gcj02"),
    "wgs84_taken_for_gcj02": _reconverted("gcj02", "wgs84"),
    "wgs84_taken_for_bd09": _reconverted("bd09", "wgs84"),
    "bd09_by_constants": _bd09_by_constants,
    "bd09_by_constants_converted": _bd09_by_constants_converted,
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shift:
    """How points lie relative to where they belong."""

    east_m: float
    north_m: float

    @property
    def metres(self) -> float:
        """How far."""
        return float(np.hypot(self.east_m, self.north_m))

    @property
    def direction(self) -> str:
        """One of `DIRECTIONS`."""
        turn = np.degrees(np.arctan2(self.east_m, self.north_m))
        return DIRECTIONS[round(turn / 45) % 8]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StreetEvidence:
    """Distances of a file's points to the nearest street, by reading.

    x, y : points in the study's CRS, and metres : their distances, by reading.
    said : whether the streets' own datum is certain; if not, nothing is sure.
    """

    x: Mapping[str, Floats]
    y: Mapping[str, Floats]
    metres: Mapping[str, Floats]
    said: bool = True

    @property
    def points(self) -> int:
        """Points compared."""
        return len(next(iter(self.metres.values())))

    def median(self, reading: str) -> float:
        """Median distance to the nearest street."""
        return float(np.median(self.metres[reading]))

    def shift(self, taken: str, other: str) -> Shift:
        """How points read as `taken` lie relative to the same points read as `other` (mean)."""
        return Shift(
            east_m=float(np.mean(self.x[taken] - self.x[other])),
            north_m=float(np.mean(self.y[taken] - self.y[other])),
        )

    def p_value(self, reading: str, other: str) -> float:
        """P-value of `reading` being nearer to the streets than `other` (paired, one-sided)."""
        return _one_sided_p(_logs(self.metres[other]) - _logs(self.metres[reading]))

    @property
    def best(self) -> str:
        """The reading nearest to the streets; a datum rather than an indistinct reading."""
        means = {r: float(_logs(m).mean()) for r, m in self.metres.items()}
        best = min(means, key=lambda r: means[r])
        indistinct = [d for d in DATUM_CANDIDATES if self._mean_distance(best, d) <= _INDISTINCT_M]
        datum = min(indistinct, key=lambda d: means[d], default=best)
        return best if self.p_value(best, datum) < _SIGNIFICANCE else datum

    def verdict(self, reading: str) -> str:
        """``surely`` when `reading` beats all that lie elsewhere; ``perhaps``, or ``unknown``."""
        others = [
            o
            for o in DATUM_CANDIDATES
            if o != reading and self._mean_distance(reading, o) > _INDISTINCT_M
        ]
        worst = max((self.p_value(reading, other) for other in others), default=1.0)
        if worst < _SIGNIFICANCE and self.said:
            return "surely"
        return "perhaps" if worst < WEAK_SIGNIFICANCE else "unknown"

    def refutes(self, taken: str) -> bool:
        """Whether the best reading is significantly nearer than `taken`."""
        return self.best != taken and self.p_value(self.best, taken) < _SIGNIFICANCE

    def contradicts(self, datum: str) -> bool:
        """Whether another datum is nearer to the streets, with at least weak significance."""
        return self.best != datum and self.p_value(self.best, datum) < WEAK_SIGNIFICANCE

    def _mean_distance(self, one: str, other: str) -> float:
        return float(np.mean(np.hypot(self.x[one] - self.x[other], self.y[one] - self.y[other])))


def street_evidence(
    lon: Floats, lat: Floats, streets: Streets, *, taken: str = "wgs84"
) -> StreetEvidence | None:
    """Try every reading on degrees as they stand in a file; None where too few points are left.

    Parameters
    ----------
    lon, lat : degrees, NaN where there is no location.
    streets : of the study.
    taken : the reading by which points are thinned out.

    Notes
    -----
    Only points with a street within `MAX_DISTANCE_M` under every reading count: what lies at the
    network's edge would speak for the reading that moves it inwards.
    """
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    to_study = cached_transformer("EPSG:4326", streets.crs)
    some = _thin_out(*to_study.transform(*READINGS[taken](lon[known], lat[known])))
    at = known[some]
    x, y, metres = {}, {}, {}
    covered = np.ones(len(at), bool)
    for reading, to in READINGS.items():
        x[reading], y[reading] = to_study.transform(*to(lon[at], lat[at]))
        metres[reading] = streets.distances(x[reading], y[reading])
        covered &= metres[reading] < MAX_DISTANCE_M
    if covered.sum() < _MIN_POINTS:
        return None
    return StreetEvidence(
        x={r: v[covered] for r, v in x.items()},
        y={r: v[covered] for r, v in y.items()},
        metres={r: v[covered] for r, v in metres.items()},
        said=streets.datum_said,
    )


class SmallShift(NamedTuple):
    """A shift of all points, how many they are, and their median distance now and moved back."""

    shift: Shift
    points: int
    median_m: float
    median_back_m: float


def small_shift(x: Floats, y: Floats, streets: Streets) -> SmallShift | None:
    """A small shift of all points that the streets contradict; None where there is none.

    Parameters
    ----------
    x, y : points in the streets' CRS, NaN where there is none.

    Returns
    -------
    SmallShift
        Reported when moving all points back by it brings them significantly nearer to the streets,
        and bootstrap samples of the points agree on it.
    """
    some = _thin_out(x, y, most=_MAX_LATTICES)
    x, y = x[some], y[some]
    near = streets.distances(x, y) < _MAX_SHIFT_M
    if near.sum() < _MIN_POINTS:
        return None
    metres = streets.distance_lattice(x[near], y[near], reach_m=_MAX_SHIFT_M, step_m=_STEP_M)
    logs = _logs(metres).reshape(len(metres), -1)
    side = metres.shape[1]
    middle, best = side * side // 2, int(logs.mean(axis=0).argmin())
    shift = _lattice_shift(np.array([best]), side)[0]
    if np.hypot(*shift) < _MIN_SHIFT_M or (
        _one_sided_p(logs[:, middle] - logs[:, best]) >= _SIGNIFICANCE
    ):
        return None
    draws = np.random.default_rng(0).multinomial(
        len(logs), np.full(len(logs), 1 / len(logs)), _BOOTSTRAP_SAMPLES
    )
    again = _lattice_shift((draws @ logs).argmin(axis=1), side)
    if (np.hypot(*(again - shift).T) <= _AGREEMENT_M).mean() < _MIN_AGREEMENT:
        return None
    found = Shift(east_m=-float(shift[0]), north_m=-float(shift[1]))
    flat = metres.reshape(len(metres), -1)
    medians = float(np.median(flat[:, middle])), float(np.median(flat[:, best]))
    return SmallShift(found, len(flat), *medians)


def _lattice_shift(cells: NDArray[np.int64], side: int) -> Floats:
    """Metres east and north from the middle of the lattice to its cells."""
    row, column = np.divmod(cells, side)
    return np.column_stack([column - side // 2, side // 2 - row]) * _STEP_M


def _thin_out(x: Floats, y: Floats, *, most: int = _MAX_POINTS) -> NDArray[np.int64]:
    """Positions of at most `most` points, one per square of `_THINNING_M`, over the whole."""
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(known) > _MAX_SAMPLE:
        known = np.random.default_rng(0).choice(known, _MAX_SAMPLE, replace=False)
    squares = np.floor(np.column_stack([x[known], y[known]]) / _THINNING_M)
    first = known[np.unique(squares, axis=0, return_index=True)[1]]
    if len(first) > most:
        first = np.random.default_rng(0).choice(first, most, replace=False)
    return np.sort(first)


def _logs(metres: Floats) -> Floats:
    return np.log(metres + _STREET_HALF_WIDTH_M)


def _one_sided_p(gains: Floats) -> float:
    """Probability of so large a mean gain where there is none (Student's t)."""
    from scipy.special import stdtr  # takes a while to load

    if len(gains) < _MIN_POINTS or gains.std() == 0:
        return 1.0
    t = gains.mean() / (gains.std(ddof=1) / np.sqrt(len(gains)))
    return float(stdtr(len(gains) - 1, -t))
