"""One service's part of a plan in time, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from geoplan.coverage.ledger import Coverage
from geoplan.words.display import text_html


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Programme:
    """What one service does in which year, and whom it serves then.

    years : planning years. lengths : calendar years that each stands for.
    objective : ``"person_years"``, ``"min_cost"`` or ``"worst_area"``.
    status, seconds : of the plan of all services that share the money. `value` is of this one
        service (person-years served, or money); `bound` is what no plan exceeds that leaves the
        other services theirs; `gap` between them.
    actions : GeoDataFrame in the study CRS, by year; columns ``action`` (kind), ``year``, ``site``
        (label), ``name`` (of the site or place), ``project``, ``away`` (sites that it closes),
        ``times``, ``cost``, ``running_cost`` (a year), ``people`` (served in its year who would not
        be without it), ``person_years``, ``lost_by_waiting`` (person-years; NaN = not known),
        ``why`` (not a year earlier), ``lon``, ``lat`` (WGS 84), codes per level, ``area`` (name).
    by_year : index = year; columns: total and six numbers of the ledger, measured on the network
        with what is open then; ``share``, ``cost``, ``running_cost``, ``works``, ``sites``.
    coverage : the same by year, row by row; {} in the public edition.
    cut_short : the time was over before the plan was as exact as asked: a quicker computer may
        find another.
    alone_value : what planning each year by itself reaches, all services; None = not known.
    together : services that share the money, this one among them.
    blocking : where no plan meets the targets: why, and the smallest change that would do.
    """

    years: tuple[int, ...]
    lengths: tuple[float, ...]
    objective: str
    status: str
    value: float
    bound: float | None
    gap: float | None
    seconds: float
    actions: gpd.GeoDataFrame
    by_year: pd.DataFrame
    coverage: Mapping[int, Coverage] = field(default_factory=dict)
    cut_short: bool = False
    alone_value: float | None = None
    together: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        span = f"{self.years[0]}-{self.years[-1]}"
        return f"Programme({span}: {self.status}, {len(self.actions)} actions)"

    def _repr_html_(self) -> str:
        return text_html(repr(self)) + self.by_year.to_html(notebook=True)
