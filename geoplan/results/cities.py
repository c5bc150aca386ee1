"""Results of a study of several cities: of each city what the whole needs, and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.inputs.findings.finding import Assumption
from geoplan.results.info import StudyInfo
from geoplan.services.standard import ServiceStandard
from geoplan.siting.joint.sharing import CityCurve


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CityService:
    """One service of one city, as the whole study needs it.

    standard : what it is judged by.
    areas : index = code; columns ``name``, ``total``, ``served``, ``covered_share`` of the city's
        level (`CityResult.level`); None where nothing is judged by area.
    curve : columns ``sites`` (new ones), ``value``, ``bound``; None where no curve is known.
    group : whom it counts, as the city's study calls its demand; "" where it counts nobody.
    """

    standard: ServiceStandard
    areas: pd.DataFrame | None = None
    curve: pd.DataFrame | None = None
    group: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CityResult:
    """One city: what remains of its run once its folder is written.

    name : which is its folder's. info : what stands on its pages.
    summary : its own ``summary.json``, of the edition that is written.
    services : by key.
    level : its coarsest areas; "" where it has none.
    outlines : its areas of that level in WGS 84, index = code, column ``name``; without areas one
        row "" that holds the ground where its people live.
    input_errors, infeasible, interrupted : as of a `Plan`.
    """

    name: str
    info: StudyInfo
    summary: Mapping[str, Any]
    services: Mapping[str, CityService]
    level: str
    outlines: gpd.GeoDataFrame
    input_errors: int = 0
    infeasible: tuple[str, ...] = ()
    interrupted: bool = False

    def __repr__(self) -> str:
        return f"CityResult({self.name}: {', '.join(self.services)})"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SharedSites:
    """New sites of one service shared out among cities so that they serve most people together.

    Parameters
    ----------
    service : key.
    sites, budget : what there was to share: a number, or money.
    table : index = city; columns ``sites``, ``money`` (NaN where no price is known), ``value``
        (people served with them) and ``bound`` (that no sites of this number exceed).
    value : people served in all these cities together. bound : what no other way of sharing
        exceeds, with whatever sites. status : ``"optimal"`` where the two are equal.
    curves : by city, what every number of sites up to all of them brings there.
    gave_way : cities whose own phases or years of these sites do not count, since all share.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"sites": [2, 0], "money": [6e5, 0.0], "value": [9.0, 1.0], "bound": [9.0, 1.0]},
    ...     index=["A", "B"])
    >>> SharedSites(service="clinic", sites=2, table=table, value=10.0, bound=10.0)
    SharedSites(clinic: 2 sites among 2 cities, optimal)
    """

    service: str
    sites: int | None = None
    budget: float | None = None
    table: pd.DataFrame
    value: float
    bound: float | None
    curves: Mapping[str, CityCurve] = field(default_factory=dict)
    gave_way: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``"optimal"`` where the bound proves that nothing is better, else ``"feasible"``."""
        proved = self.bound is not None and self.bound - self.value <= 1e-9 * max(self.bound, 1.0)
        return "optimal" if proved else "feasible"

    def __repr__(self) -> str:
        return (
            f"SharedSites({self.service}: {int(self.table['sites'].sum())} sites among "
            f"{len(self.table)} cities, {self.status})"
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CitiesResults:
    """All results of a study of several cities.

    info : what stands on the whole's pages. summary : its ``summary.json``.
    shared : what the cities share, by service; nothing in a public edition, which tells of it by
        the cities' own numbers alone.
    assumed : of the whole and of its cities. run : facts for ``run.json``.
    """

    info: StudyInfo
    cities: tuple[CityResult, ...]
    summary: Mapping[str, Any]
    shared: Mapping[str, SharedSites] = field(default_factory=dict)
    assumed: tuple[Assumption, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)

    @property
    def standards(self) -> dict[str, ServiceStandard]:
        """By service, what the first city that has it judges it by."""
        found: dict[str, ServiceStandard] = {}
        for city in self.cities:
            for key, service in city.services.items():
                found.setdefault(key, service.standard)
        return found

    def having(self, key: str) -> list[CityResult]:
        """The cities that have a service."""
        return [city for city in self.cities if key in city.services]

    def __repr__(self) -> str:
        return f"CitiesResults({self.info.name}: {', '.join(c.name for c in self.cities)})"
