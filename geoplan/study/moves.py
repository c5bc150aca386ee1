"""People of a full site who change to a new one and leave their place to somebody else.

The search asks which new sites serve most of those who are not served today. Where sites are full
somebody who is served may change to a new site as well, and a place becomes free. The ledger that
is measured again with the new sites knows that: its number is the answer's value, and the bound
here holds for every choice of sites with such changes. The search itself does not look for them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoplan.coverage import Coverage
from geoplan.siting import SitingResult
from geoplan.study.question import Question


def with_moves(
    told: SitingResult, question: Question, before: Coverage, after: Coverage
) -> SitingResult:
    """The answer with the value of the ledger, and a bound that holds with changes of place.

    Today's sites never serve more people than today: as many as can be assigned are. So a plan
    adds at most as many people as the new sites have places; and at most all who find every site
    full today, and of the others those whom the new sites reach.

    Parameters
    ----------
    told : value and bound of the whole service. before, after : the ledgers without and with the
        suggested sites.
    """
    value = max(told.value, after.ledger.served)
    if told.bound is None or not value > 0:
        return replace(told, value=value)
    base, full = before.ledger.served, before.ledger.full
    cover = question.problem.cover
    reached = np.diff(cover.tocsr().indptr) > 0
    people = np.asarray(question.problem.weights, float)
    finds_full = before.frame.loc[question.problem.demand_index, "full"].to_numpy(float)
    bounds = [base + full + float((people - finds_full)[reached].sum()), question.total]
    if question.problem.capacities is None:
        bounds.append(told.bound + full)
    elif question.siting.capacity is not None:
        count = question.most_sites or question.siting.sites or question.problem.n_sites
        bounds.append(base + question.siting.capacity * count)
    bound = max(min(bounds), value)
    gap = (bound - value) / value
    proved = told.status == "optimal" and gap <= question.siting.gap + 1e-9
    return replace(
        told, value=value, bound=bound, gap=gap, status="optimal" if proved else "feasible"
    )
