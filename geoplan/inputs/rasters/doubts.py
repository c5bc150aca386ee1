"""What numbers of people cannot be: stand-ins for "no data", more people than any city has.

Nothing here decides by one sign alone: a number is left out when it is no number of people at all
(negative, infinite, beyond any city) or when a number that programs write for "no data" stands out
from all others. Everything else that is odd is counted and told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.inputs.columns.numbers.stand_ins import stand_ins

#: people per square kilometre; the densest quarters of any city hold fewer on a square kilometre
DENSEST = 200_000.0
#: square kilometres; on less ground a few towers may be denser than a quarter: 100 m x 100 m
LEAST_GROUND_KM2 = 0.01
#: times the densest; more is no crowd but a fault
IMPOSSIBLE = 5.0
#: cells with one and the same number, as a share of all with people, from which a fill is suspected
_FILL_SHARE, _FILL_CELLS = 0.3, 200
#: share of the people in cells denser than any city: the numbers are then no people per cell
MOSTLY = 0.5
#: different numbers beyond any city, and their share of the cells: the unit is another one
_UNLIKE, _UNLIKE_SHARE = 10, 0.05
#: people per square kilometre, over all cells with people: Dhaka has 47,000, and no city twice that
_DENSE_CITY, _NO_CITY = 40_000.0, 100_000.0
#: square kilometres with people from which a mean says something
_GROUND_KM2 = 1.0
#: whole numbers up to this many people stand in many cells of an honest raster
_COMMON_PEOPLE = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """Something odd about a raster's numbers: the code of a finding and its values."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def most_people(km2: NDArray[np.float64]) -> NDArray[np.float64]:
    """People on so much ground that no city exceeds; infinite where the ground is not known."""
    with np.errstate(invalid="ignore"):
        return np.where(
            np.isfinite(km2), DENSEST * np.maximum(km2, LEAST_GROUND_KM2), np.inf
        ).astype(np.float64)


def no_people(
    stored: NDArray[np.float64],
    people: NDArray[np.float64],
    km2: NDArray[np.float64],
    dtype: np.dtype[Any],
) -> tuple[NDArray[np.bool_], list[Doubt]]:
    """Which cells hold no number of people, and why.

    Parameters
    ----------
    stored : numbers as the file has them; not 0 and not "no data". people : what they mean.
    km2 : ground that each cell covers. dtype : of the file.

    Returns
    -------
    left_out : bool per cell.
    doubts : one per kind, with the number of cells and an example.
    """
    doubts: list[Doubt] = []
    left_out = ~np.isfinite(people)
    if left_out.any():
        doubts.append(_stand_in("inf", left_out.sum(), "inf"))
    negative = ~left_out & (people < 0)
    if negative.any():
        doubts.append(
            Doubt(
                code="raster_negative",
                values={"count": int(negative.sum()), "values": _few(stored[negative])},
            )
        )
    left_out |= negative
    for value in stand_ins(stored[~left_out], dtype):
        same = ~left_out & (stored == value)
        others = stored[~left_out & ~same]
        largest = f"{others.max():g}" if len(others) else "-"
        doubts.append(_stand_in(f"{value:.10g}", same.sum(), largest))
        left_out |= same
    impossible = ~left_out & (people > IMPOSSIBLE * most_people(km2))
    if impossible.any():
        worst = int(np.argmax(np.where(impossible, people, -np.inf)))
        share = float(impossible.sum() / (~left_out).sum())
        # one number over and over stands for "no data"; many different ones are of another unit
        unlike = len(np.unique(stored[impossible])) >= _UNLIKE and share > _UNLIKE_SHARE
        doubts.append(
            Doubt(
                code="raster_not_people" if unlike else "raster_impossible",
                values={
                    "count": int(impossible.sum()),
                    "values": _few(stored[impossible]),
                    "share": f"{share:.0%}",
                    "value": f"{stored[worst]:g}",
                    "ground": f"{km2[worst]:.3g}",
                    "density": f"{float(people[worst]) / float(km2[worst]):.3g}",
                },
            )
        )
    return left_out | impossible, doubts


def _stand_in(value: str, count: int, largest: str) -> Doubt:
    return Doubt(
        code="raster_stand_in", values={"count": int(count), "value": value, "largest": largest}
    )


def odd_numbers(
    stored: NDArray[np.float64],
    people: NDArray[np.float64],
    km2: NDArray[np.float64],
    dtype: np.dtype[Any],
) -> list[Doubt]:
    """What is odd about the cells that count: denser than any city, one number nearly everywhere.

    Parameters as `no_people`, of the cells that are counted.
    """
    doubts: list[Doubt] = []
    if len(people) == 0:
        return doubts
    dense = people > most_people(km2)
    if dense.any():
        worst = int(np.argmax(np.where(dense, people, -np.inf)))
        share = float(people[dense].sum() / people.sum())
        doubts.append(
            Doubt(
                code="raster_not_people" if share > MOSTLY else "raster_dense",
                values={
                    "count": int(dense.sum()),
                    "people": f"{people[dense].sum():,.0f}",
                    "share": f"{share:.0%}",
                    "value": f"{stored[worst]:g}",
                    "ground": f"{km2[worst]:.3g}",
                    "density": f"{people[worst] / km2[worst]:,.0f}",
                },
            )
        )
    doubts += _mean_density(stored, people, km2)
    values, counts = np.unique(stored, return_counts=True)
    most = int(np.argmax(counts))
    value, count = float(values[most]), int(counts[most])
    common = dtype.kind in "iu" and value <= _COMMON_PEOPLE
    if count >= _FILL_CELLS and count > _FILL_SHARE * len(stored) and not common:
        doubts.append(
            Doubt(
                code="raster_fill",
                values={
                    "count": count,
                    "value": f"{value:g}",
                    "share": f"{count / len(stored):.0%}",
                    "people": f"{people[stored == value].sum():,.0f}",
                },
            )
        )
    return doubts


def _mean_density(
    stored: NDArray[np.float64], people: NDArray[np.float64], km2: NDArray[np.float64]
) -> list[Doubt]:
    """A doubt where all cells together are denser than the densest city."""
    ground = float(km2.sum())
    if not ground >= _GROUND_KM2:
        return []
    mean = float(people.sum()) / ground
    if mean <= _DENSE_CITY:
        return []
    return [
        Doubt(
            code="raster_no_city" if mean > _NO_CITY else "raster_dense_city",
            values={
                "count": len(people),
                "density": f"{mean:,.0f}",
                "ground": f"{ground:,.3g}",
                "people": f"{people.sum():,.0f}",
                "value": f"{np.median(stored):.3g}",
            },
        )
    ]


def _few(values: NDArray[np.float64]) -> str:
    """Up to three of the numbers, the most frequent first."""
    distinct, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:3]
    more = " …" if len(distinct) > 3 else ""
    return ", ".join(f"{v:.10g}" for v in distinct[order]) + more
