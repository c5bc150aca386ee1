"""Full sites: the problem of a whole service in which people may change to a new site.

Who is served today may go to a new site and leave the seat to somebody else. So the problem is
about all people whom that can concern, the full sites are in it with their capacities, and
everybody is assigned anew. Who is served by a site with free capacity, or by one that nobody else
needs, is left out: new sites change nothing there
(`geoplan.siting.constrained.capacity_part.shortage_part`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.siting.constrained.capacity_part import shortage_part
from geoplan.siting.model.problem import SitingProblem
from geoplan.tolerances import WHOLE_CAPACITY


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reassignment:
    """The problem with everybody free to change site.

    Parameters
    ----------
    problem : people whom new sites concern x the full sites (fixed) and the candidates.
    served_outside : people served whatever opens; part of every value and bound.
    """

    problem: SitingProblem
    served_outside: float

    @property
    def full_capacity(self) -> float:
        """Capacity of the full sites."""
        assert self.problem.capacities is not None
        return float(self.problem.capacities[self.problem.fixed].sum())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CapacityShortage:
    """Where the existing sites are full.

    Parameters
    ----------
    rows : bool per demand row: people without a seat, and those who could leave them theirs.
    people : all people of these rows.
    reach : these rows x full sites, as ones.
    capacities : of each full site, by label.
    served_outside : people served by other sites.
    whole : all people are whole numbers.
    """

    rows: np.ndarray
    people: pd.Series
    reach: sparse.csr_matrix
    capacities: pd.Series
    served_outside: float
    whole: bool

    def reassignment(
        self,
        reach: sparse.csr_matrix,
        candidates: pd.Index,
        *,
        capacity: float | None,
        **options: Any,
    ) -> Reassignment:
        """The problem for some candidates.

        Parameters
        ----------
        reach : the rows x candidates, True where reached.
        candidates : their labels.
        capacity : of each new site; None = no limit.
        options : of `SitingProblem`, on candidates alone: ``site_costs`` (Series), ``site_areas``
            (array), ``conflicts``.
        """
        old = self.capacities.index
        data: dict[str, Any] = dict(options)
        if "site_costs" in data:  # the old ones are paid for
            data["site_costs"] = [*np.zeros(len(old)), *data["site_costs"]]
        if "site_areas" in data:  # and count in no area's need of new ones
            data["site_areas"] = [*[None] * len(old), *data["site_areas"]]
        seats = capacity_in_people(capacity, whole=self.whole)
        problem = SitingProblem.from_cover(
            sparse.hstack([self.reach, reach], format="csr"),
            self.people.to_numpy(float),
            demand_index=self.people.index,
            site_index=[*old, *candidates],
            fixed=old,
            **data | {"capacities": [*self.capacities, *np.full(len(candidates), seats)]},
        )
        return Reassignment(problem=problem, served_outside=self.served_outside)


def capacity_shortage(
    reach: sparse.csr_matrix, people: pd.Series, capacities: pd.Series, *, whole: bool
) -> CapacityShortage | None:
    """Where capacity is short; None where no site turns anybody away.

    Parameters
    ----------
    reach : demand rows x existing sites, True where reached.
    people : per demand row.
    capacities : in people, by site label.
    whole : all people are whole numbers.
    """
    part = shortage_part(
        SitingProblem.from_cover(
            reach,
            people.to_numpy(),
            site_index=capacities.index,
            fixed=capacities.index,
            capacities=capacities.to_numpy(),
        )
    )
    if not part.rows.any():
        return None
    concerned = part.rows | (np.diff(reach.indptr) == 0)
    reach = reach[concerned]
    full = np.flatnonzero(np.diff(reach.tocsc().indptr))
    return CapacityShortage(
        rows=concerned,
        people=people[concerned],
        reach=reach[:, full],
        capacities=capacities.iloc[full],
        served_outside=part.served_outside,
        whole=whole,
    )


def capacity_in_people(capacity: float | None, *, whole: bool) -> float:
    """People whom a site takes, whole ones where all people are; None = no limit.

    A site whose capacity is not known (NaN) is proved to take nobody.

    Examples
    --------
    >>> [capacity_in_people(places, whole=True) for places in (2.5, None, float("nan"))]
    [2.0, inf, 0.0]
    """
    if capacity is None or np.isposinf(capacity):
        return np.inf
    if np.isnan(capacity):
        return 0.0
    return float(np.floor(capacity + WHOLE_CAPACITY)) if whole else float(capacity)
