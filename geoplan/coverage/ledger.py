"""The people ledger: everyone is in exactly one of six states.

served + full + beyond + cut_off + off_network + unlocated = total, per demand point, per area
and in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer
from geoplan.services.standard import ServiceStandard
from geoplan.tolerances import LEDGER_PEOPLE
from geoplan.words.display import facts_html
from geoplan.words.text_format import as_list

#: the six states of the ledger, in the order of tables
STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """Six numbers of people and their total.

    Parameters
    ----------
    served : people within reach of a site with free capacity.
    full : people within reach whose sites' capacity is used up (only where capacity limits).
    beyond : people whose nearest site is farther than the threshold.
    cut_off : people on the network whom no path joins to any site; by public transport, no service.
    off_network : people too far from any street to be measured.
    unlocated : people whose location is not known.

    Examples
    --------
    >>> ledger = Ledger(served=150, beyond=80, cut_off=30, off_network=20, unlocated=10)
    >>> ledger.total, ledger.unserved, round(ledger.covered_share, 3)
    (290.0, 140.0, 0.517)
    """

    served: float = 0.0
    full: float = 0.0
    beyond: float = 0.0
    cut_off: float = 0.0
    off_network: float = 0.0
    unlocated: float = 0.0

    @property
    def total(self) -> float:
        """All people."""
        return float(sum(getattr(self, state) for state in STATES))

    @property
    def unserved(self) -> float:
        """All who are not served."""
        return self.total - self.served

    @property
    def covered_share(self) -> float:
        """Served / total; NaN without people."""
        total = self.total
        return self.served / total if total > 0 else float("nan")

    def to_dict(self) -> dict[str, float]:
        """``total`` and the six numbers."""
        return {"total": self.total, **{state: float(getattr(self, state)) for state in STATES}}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coverage:
    """Who is served by one service, per demand row and per area.

    Parameters
    ----------
    service : service key.
    standard : the standard that made it.
    frame : index = demand id; columns ``name``, ``people``, the six of `STATES` (people),
        ``site`` (label of the site that serves, or the nearest, or <NA>), ``cost`` (to that site,
        in the standard's unit, NaN when none), ``reason`` ("" when served in full, else the state
        with most people), one column per area level, the sub-group columns, ``geometry``.
    areas : area layers by level (finest last), for names.
    assignment : with limited capacities, who is served where: columns ``demand``, ``site``,
        ``people``, ``cost``; None when every row is served by its nearest site.

    Raises
    ------
    UsageError
        A row whose six numbers do not sum to its people.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> coverage = example_study().run().coverage["meal_station"]
    >>> coverage
    Coverage('meal_station': 150 of 290 people served, 51.7%)
    >>> coverage.frame[["people", "served", "reason"]].head(3).to_dict("list")
    {'people': [100.0, 50.0, 80.0], 'served': [100.0, 50.0, 0.0], 'reason': ['', '', 'beyond']}
    >>> coverage.by_area("district")[["name", "total", "served"]].to_numpy().tolist()
    [['West', 200.0, 150.0], ['East', 80.0, 0.0], ['', 10.0, 0.0]]
    >>> coverage.people_by_site().to_dict()
    {'M1': 150.0}
    """

    service: str
    standard: ServiceStandard
    frame: gpd.GeoDataFrame
    areas: Mapping[str, AreaLayer] = field(default_factory=dict)
    assignment: pd.DataFrame | None = None
    #: by level what `by_area` has summed: every output asks for it
    _by_area: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """What is summed is not carried along, it is summed again.

        Not by `__getstate__`: Python before 3.11.3 puts one of its own into frozen classes with
        slots.
        """
        return _carried, ({one.name: getattr(self, one.name) for one in fields(self) if one.init},)

    def __post_init__(self) -> None:
        counted = np.nansum([self.frame[state].to_numpy(float) for state in STATES], axis=0)
        gap = counted - self.frame["people"].to_numpy(float)
        if (np.abs(gap) > LEDGER_PEOPLE).any():
            worst = int(np.nanargmax(np.abs(gap)))
            raise UsageError.of(
                "call_faults.ledger_open",
                service=self.service,
                row=self.frame.index[worst],
                gap=gap[worst],
            )

    @property
    def ledger(self) -> Ledger:
        """The six numbers of the whole city."""
        return Ledger(**{state: float(self.frame[state].sum()) for state in STATES})

    @property
    def covered_share(self) -> float:
        """Served / total."""
        return self.ledger.covered_share

    def people_by_site(self) -> pd.Series:
        """People served by each site that serves anyone, by site label."""
        if self.assignment is not None:
            people = self.assignment.groupby("site", sort=False)["people"].sum()
        else:
            served = self.frame[self.frame["served"] > 0]
            people = served.groupby("site", sort=False)["served"].sum()
        return people.rename("people")

    def by_area(self, level: str) -> pd.DataFrame:
        """The ledger per area of `level`, one row per area that exists or has people.

        Returns
        -------
        DataFrame with index = area code and columns ``name``, ``total``, the six of `STATES`,
        ``covered_share``. People whose area is not known stand in a last row with the code ``""``,
        so that every table sums to the city's total.
        """
        if level not in self.frame.columns:
            known = ", ".join(self.areas) or "none"
            raise UsageError.of("call_faults.no_level", level=level, known=known)
        if level not in self._by_area:
            self._by_area[level] = self._summed(level)
        return self._by_area[level].copy()

    def _summed(self, level: str) -> pd.DataFrame:
        """The table of `by_area`."""
        codes = pd.Index(self.frame[level].astype("string").fillna("").to_numpy(object))
        known = pd.Index([], dtype=object)
        names = np.empty(0, dtype=object)
        if level in self.areas:
            layer = self.areas[level].names
            known, names = pd.Index(layer.index.to_numpy(object)), layer.to_numpy(object)
        at = known.get_indexer(codes)
        lost = at < 0
        others = np.unique(codes[lost].to_numpy(str)).astype(object)
        others = np.array(sorted(others, key=lambda code: (code == "", code)), dtype=object)
        at[lost] = len(known) + pd.Index(others).get_indexer(codes[lost])
        index = pd.Index([*as_list(known), *others])
        table = pd.DataFrame(
            {
                state: np.bincount(at, self.frame[state].to_numpy(float), minlength=len(index))
                for state in STATES
            },
            index=index,
        )
        table.insert(0, "total", table[list(STATES)].sum(axis=1))
        table.insert(0, "name", [*names, *[""] * len(others)])
        table["covered_share"] = table["served"] / table["total"].where(table["total"] > 0)
        table.index.name = level
        return table

    def _repr_html_(self) -> str:
        ledger = self.ledger
        facts = [(name, f"{people:,.0f}") for name, people in ledger.to_dict().items()]
        share = f"{ledger.covered_share:.1%}" if ledger.total > 0 else ""
        return facts_html(f"Coverage: {self.service}", [*facts, ("covered_share", share)])

    def __repr__(self) -> str:
        ledger = self.ledger
        return (
            f"Coverage({self.service!r}: {ledger.served:,.0f} of {ledger.total:,.0f} people "
            f"served, {ledger.covered_share:.1%})"
        )


def _carried(kept: dict[str, Any]) -> Coverage:
    """A coverage as it was; its ledger was checked when it was made."""
    coverage = object.__new__(Coverage)
    for name, value in {**kept, "_by_area": {}}.items():
        object.__setattr__(coverage, name, value)
    return coverage
