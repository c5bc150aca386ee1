"""Fewer candidates for a conditional problem: each may replace one of equal cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import sparse

from geoplan.siting.candidates import Thinned, thin


class Kept(NamedTuple):
    """What thinning must leave: positions of candidates, and a kind (area) for each of all."""

    always: list[int]
    kind: np.ndarray | None


def strongest_per_area(
    cover: sparse.csr_matrix,
    people: np.ndarray,
    areas: np.ndarray | None,
    min_sites_per_area: Mapping[str, int],
) -> Kept:
    """What thinning must leave where areas must have sites: the strongest ones of each."""
    if areas is None:
        return Kept([], None)
    reached = np.asarray(cover.T @ people).ravel()
    number = {code: k for k, code in enumerate(dict.fromkeys(areas))}
    always: list[int] = []
    for code, least in min_sites_per_area.items():
        here = np.flatnonzero(np.array([c == code for c in areas], bool))
        always += here[np.argsort(-reached[here], kind="stable")][:least].tolist()
    return Kept(always, np.array([number[c] for c in areas], np.int64))


def thin_by_cost(
    cover: sparse.csr_matrix,
    people: np.ndarray,
    site_costs: np.ndarray | None,
    *,
    limit: int,
    alike: bool,
    kept: Kept,
) -> Thinned:
    """Fewer candidates; one only replaces another of equal cost.

    Parameters
    ----------
    site_costs : per candidate; None = all alike.
    limit : about how many may stay.
    alike : whether candidates that reach the same people are one; see `geoplan.siting.thin`.
    kept : what must stay.
    """
    costs = np.zeros(cover.shape[1]) if site_costs is None else site_costs
    if len(np.unique(costs)) <= 1:
        return thin(cover, people, limit=limit, always=kept.always, kind=kept.kind, alike=alike)
    positions, losses, worth = [], [], []
    columns = cover.tocsc()
    for cost in np.unique(costs):
        mine = np.flatnonzero(costs == cost)
        share = max(int(np.ceil(limit * len(mine) / len(costs))), 1)
        part = thin(
            columns[:, mine],
            people,
            limit=share,
            always=np.flatnonzero(np.isin(mine, kept.always)).tolist(),
            kind=None if kept.kind is None else kept.kind[mine],
            alike=alike,
        )
        positions.append(mine[part.kept])
        losses.append(part.loss)
        worth.append(mine[part.worth])
    return Thinned(
        kept=np.sort(np.concatenate(positions)),
        loss=np.sort(np.concatenate(losses))[::-1],
        worth=np.sort(np.concatenate(worth)),
    )
