"""`min_cost`: least money that covers everybody, or a share of the people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from geoplan.siting.constrained.min_cost import constrained_min_cost
from geoplan.siting.covering import out_of_reach, people_needed
from geoplan.siting.model.check_answer import checked
from geoplan.siting.model.constraints import Asked, PlanOptions, begin_solve, read_constraints
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.validate import number, takes
from geoplan.words.message import Message


@takes(problem="problem")
def min_cost(
    problem: SitingProblem,
    *,
    share: float = 1.0,
    min_sites_per_area: int | Mapping[Any, int] | None = None,
    min_share_per_area: float | Mapping[Any, float] | None = None,
    backup: bool = False,
    **options: Unpack[PlanOptions],
) -> SitingResult:
    """Least money for sites that cover everyone, or `share` of the people.

    Weighted set covering (Beasley 1987, doi:10.1016/0377-2217(87)90222-2); partial for a share
    below 1. Where all sites cost the same this is `min_sites`.

    Parameters
    ----------
    problem : with `site_costs`; see `max_coverage`. Fixed and closable sites cost nothing.
    share : of all people, 0 to 1.
    min_sites_per_area, min_share_per_area, backup, options : see `max_coverage`.

    Returns
    -------
    SitingResult
        Value, bound and gap are money. Infeasible ones name who cannot be reached and the largest
        share that can.

    Raises
    ------
    SitingError
        A problem without costs, options that are wrong or make no sense together, all at once.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [50, 20, 40], site_costs=[5, 2, 9])
    >>> cheapest = min_cost(problem)
    >>> cheapest.value, cheapest.bound, cheapest.sites
    (7.0, 7.0, [0, 1])
    >>> min_cost(problem, share=0.5).value
    2.0
    """
    asked: Asked = {
        "min_sites_per_area": min_sites_per_area,
        "min_share_per_area": min_share_per_area,
        "backup": backup,
    }
    control, faults = begin_solve("min_cost", options, asked)
    if not 0 <= number(share) <= 1:
        faults.add(Message("siting_faults.share_between", share=share))
    if problem.site_costs is None:
        faults.add(Message("siting_faults.cost_site_costs"))
    constraints = read_constraints(problem, faults, **asked)
    faults.raise_all()
    need = people_needed(problem, share)
    with control.interruptible():
        found = out_of_reach(problem, constraints, "min_cost", share=share, control=control)
        if found is None:
            found = constrained_min_cost(problem, constraints, need=need, control=control)
            found.detail["share"] = share
    return checked(problem, constraints, found, gap=control.gap, need=need, money=True)
