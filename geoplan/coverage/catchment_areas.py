r"""Supply per head where people compete for it: floating catchment areas.

Notation: :math:`P_i` people at demand i, :math:`S_j` supply of site j, :math:`w_{ij}` the weight of
the pair by its cost (0 beyond the catchment), :math:`A_i` the result.

2SFCA (Luo & Wang 2003), E2SFCA with weights by distance (Luo & Qi 2009):

.. math:: R_j = S_j / \sum_i P_i w_{ij}, \qquad A_i = \sum_j R_j w_{ij}

3SFCA (Wan, Zou & Sternberg 2012), people choose among the sites they can reach:

.. math:: G_{ij} = w_{ij} / \sum_k w_{ik}, \quad R_j = S_j / \sum_i G_{ij} P_i w_{ij},
          \quad A_i = \sum_j G_{ij} R_j w_{ij}

Balanced (Páez, Higgins & Vivona 2019), nobody and no supply is counted twice:

.. math:: R_j = S_j / \sum_i P_i w_{ij} / \sum_k w_{ik}, \quad
          A_i = \sum_j R_j w_{ij} / \sum_h w_{hj}

References
----------
Luo W, Wang F (2003) Measures of spatial accessibility to health care in a GIS environment.
Environment and Planning B 30:865-884.
Luo W, Qi Y (2009) An enhanced two-step floating catchment area (E2SFCA) method for measuring
spatial accessibility to primary care physicians. Health & Place 15:1100-1107.
Wan N, Zou B, Sternberg T (2012) A three-step floating catchment area method for analyzing spatial
access to health services. Int. J. Geographical Information Science 26:1073-1089.
Páez A, Higgins CD, Vivona SF (2019) Demand and level of service inflation in floating catchment
area (FCA) methods. PLoS ONE 14:e0218773.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.cost_queries import reach_limit
from geoplan.errors import UsageError
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.validate import raise_faults, takes
from geoplan.words.message import Message, called

Method = Literal["2sfca", "e2sfca", "3sfca", "balanced"]
Decay = str | Callable[[np.ndarray], np.ndarray] | Sequence[tuple[float, float]]

#: Luo & Qi's (2009) weights for the thirds of the catchment, slow decay
LUO_QI = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
_DECAYS = ("none", "gaussian", "luo_qi")


@takes(method="text", catchment="number?", per="number", sigma="number?")
def floating_catchment(
    costs: TravelCosts | pd.DataFrame | np.ndarray,
    demand_weights: pd.Series | np.ndarray | Sequence[float],
    supply: pd.Series | np.ndarray | Sequence[float],
    *,
    method: Method = "2sfca",
    catchment: float | None = None,
    decay: Decay | None = None,
    sigma: float | None = None,
    per: float = 1.0,
) -> pd.Series:
    """Supply per head at every demand row, with competition for it.

    Parameters
    ----------
    costs : `TravelCosts`, or demand x sites as DataFrame or 2-D array with NaN or inf for pairs out
        of reach. A cost of 0 is a pair like any other.
    demand_weights : people per demand row: a Series is matched by label, an array by position.
    supply : supply per site (beds, seats, doctors), likewise.
    method : ``"2sfca"``, ``"e2sfca"``, ``"3sfca"`` or ``"balanced"``.
    catchment : largest cost that counts, in the costs' unit; None = the cutoff of `costs`, or else
        all pairs that are there.
    decay : weight by cost. ``"none"`` (all 1; the default of 2sfca), ``"gaussian"``
        (``exp(-(c / sigma)^2 / 2)``; the default of the others), ``"luo_qi"`` (1, 0.68, 0.22 for
        the thirds of the catchment), a list of ``(up to cost, weight)`` steps, or a function of an
        array of costs.
    sigma : of the Gaussian, in the costs' unit; None = a third of the catchment.
    per : the result is supply per this many people, for example 1000.

    Returns
    -------
    Series on the demand labels, named after the method: supply per `per` people. 0 where no supply
    is within reach. Supply that nobody can reach is given to nobody.

    Raises
    ------
    UsageError
        All faults at once: unknown method or decay, labels that are missing, values that are
        missing or negative, a Gaussian without any catchment to take sigma from.

    Notes
    -----
    Formulas and citations stand at the head of this module. For 2sfca, e2sfca and 3sfca the
    people-weighted sum of the result is the supply that somebody can reach. For balanced, the plain
    sum of the result is the sum of the sites' levels of service.

    Examples
    --------
    Ten beds; 100 people at the door (cost 0) and 100 people at 500 m: 10 / 200 = 0.05 each.

    >>> floating_catchment([[0.0], [500.0]], [100, 100], [10], catchment=1000).tolist()
    [0.05, 0.05]
    """
    matrix, rows, columns, cutoff = _matrix(costs)
    faults: list[Message] = []
    people = _values(demand_weights, rows, "demand_weights", faults)
    offer = _values(supply, columns, "supply", faults)
    if method not in get_args(Method):
        faults.append(
            Message("coverage_faults.no_method", known=", ".join(get_args(Method)), method=method)
        )
    radius = cutoff if catchment is None else catchment
    if radius is not None and not radius > 0:
        faults.append(Message("coverage_faults.catchment_positive", radius=radius))
    if not per > 0:
        faults.append(Message("coverage_faults.per_positive", per=per))
    shape: Decay = decay if decay is not None else ("none" if method == "2sfca" else "gaussian")
    _check_decay(shape, radius, sigma, faults)
    raise_faults("the floating catchment", faults)
    W = _weights(matrix, radius, shape, sigma)
    access = _ACCESS[method](W, people, offer) * per
    return pd.Series(access, index=rows, name=method)


def two_step(W: sparse.csr_matrix, people: np.ndarray, supply: np.ndarray) -> np.ndarray:
    """2SFCA and E2SFCA for pair weights `W` (demand x sites)."""
    return W @ _ratio(supply, W.T @ people)


def three_step(W: sparse.csr_matrix, people: np.ndarray, supply: np.ndarray) -> np.ndarray:
    """3SFCA for pair weights `W`."""
    chosen = sparse.diags(_ratio(1.0, _sum(W, 1))) @ W
    both = chosen.multiply(W).tocsr()
    return both @ _ratio(supply, both.T @ people)


def balanced(W: sparse.csr_matrix, people: np.ndarray, supply: np.ndarray) -> np.ndarray:
    """Balanced floating catchment areas for pair weights `W`."""
    by_demand = sparse.diags(_ratio(1.0, _sum(W, 1))) @ W
    by_site = W @ sparse.diags(_ratio(1.0, _sum(W, 0)))
    return by_site @ _ratio(supply, by_demand.T @ people)


_ACCESS = {"2sfca": two_step, "e2sfca": two_step, "3sfca": three_step, "balanced": balanced}


def _sum(W: sparse.csr_matrix, axis: int) -> np.ndarray:
    return np.asarray(W.sum(axis=axis)).ravel()


def _ratio(top: np.ndarray | float, bottom: np.ndarray) -> np.ndarray:
    """Top / bottom, 0 where bottom is 0."""
    return np.divide(top, bottom, out=np.zeros(len(bottom)), where=bottom > 0)


def _matrix(
    costs: TravelCosts | pd.DataFrame | np.ndarray,
) -> tuple[sparse.coo_matrix, pd.Index, pd.Index, float | None]:
    if isinstance(costs, TravelCosts):
        return costs.matrix.tocoo(), costs.demand_index, costs.site_index, costs.cutoff
    if isinstance(costs, pd.DataFrame):
        rows: pd.Index = costs.index
        columns: pd.Index = costs.columns
        dense = _floats(costs, "costs")
    else:
        dense = _floats(costs, "costs")
        if dense.ndim != 2:
            raise UsageError.of("call_faults.costs_dimensions", count=dense.ndim)
        rows, columns = pd.RangeIndex(dense.shape[0]), pd.RangeIndex(dense.shape[1])
    if (dense < 0).any():
        raise UsageError.of("call_faults.costs_negative")
    row, col = np.nonzero(np.isfinite(dense))
    matrix = sparse.coo_matrix((dense[row, col], (row, col)), shape=dense.shape)
    return matrix, rows, columns, None


def _floats(values: Any, what: str) -> np.ndarray:
    try:
        if isinstance(values, pd.DataFrame | pd.Series):
            return values.to_numpy(float, na_value=np.nan)
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise UsageError.of("call_faults.not_numbers", what=called(what), error=error) from error


def _values(values: Any, index: pd.Index, what: str, faults: list[Message]) -> np.ndarray:
    if isinstance(values, pd.Series):
        lost = index.difference(values.index)
        if len(lost):
            faults.append(
                Message(
                    "coverage_faults.lacks_labels",
                    what=what,
                    count=len(lost),
                    some=lost[:3].tolist(),
                )
            )
        if not values.index.is_unique:
            faults.append(Message("coverage_faults.labels_again", what=what))
            return np.zeros(len(index))
        array = _floats(values.reindex(index), what)
        array = np.where(index.isin(lost), 0.0, array)
    else:
        array = _floats(values, what).ravel()
        if len(array) != len(index):
            faults.append(
                Message(
                    "coverage_faults.values_for_labels",
                    what=what,
                    count=len(array),
                    count2=len(index),
                )
            )
            return np.zeros(len(index))
    bad = index[~(np.isfinite(array) & (array >= 0))]
    if len(bad):
        faults.append(Message("coverage_faults.values_missing", what=what, some=bad[:3].tolist()))
    return array


def _check_decay(
    decay: Decay, radius: float | None, sigma: float | None, faults: list[Message]
) -> None:
    if sigma is not None and not sigma > 0:
        faults.append(Message("coverage_faults.sigma_positive", sigma=sigma))
    if isinstance(decay, str):
        if decay not in _DECAYS:
            faults.append(
                Message("coverage_faults.no_decay", known=", ".join(_DECAYS), decay=decay)
            )
        if decay == "luo_qi" and radius is None:
            faults.append(Message("coverage_faults.luo_qi_catchment"))
        if decay == "gaussian" and radius is None and sigma is None:
            faults.append(Message("coverage_faults.gaussian_sigma"))


def _weights(
    matrix: sparse.coo_matrix, radius: float | None, decay: Decay, sigma: float | None
) -> sparse.csr_matrix:
    cost = matrix.data
    if decay == "none":
        weight = np.ones(len(cost))
    elif decay == "gaussian":
        weight = np.exp(-0.5 * (cost / (sigma if sigma is not None else (radius or 1.0) / 3)) ** 2)
    elif decay == "luo_qi":
        weight = _steps(cost, [(edge * (radius or 1.0), w) for edge, w in LUO_QI])
    elif callable(decay):
        weight = np.asarray(decay(cost), dtype=float)
    else:
        weight = _steps(cost, list(decay))  # type: ignore[arg-type]
    if radius is not None:
        weight = np.where(cost <= reach_limit(radius), weight, 0.0)
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise UsageError.of("call_faults.decay_weights")
    keep = weight > 0
    return sparse.csr_matrix(
        (weight[keep], (matrix.row[keep], matrix.col[keep])), shape=matrix.shape
    )


def _steps(cost: np.ndarray, steps: list[tuple[float, float]]) -> np.ndarray:
    steps = sorted(steps)
    edges = np.array([reach_limit(edge) for edge, _ in steps], dtype=float)
    heights = np.array([*[weight for _, weight in steps], 0.0], dtype=float)
    return heights[np.searchsorted(edges, cost, side="left")]
