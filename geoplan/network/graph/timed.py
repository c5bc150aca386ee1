"""`TimedNetwork`: a network on which travel takes another time at another hour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import pandas as pd

from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.travel_costs import TravelCosts


class TimedNetwork(ABC):
    """What answers the queries of travel costs in its own way; points snap to its streets.

    `geoplan.network.transit` has the one there is. The queries of streets hand over to it, so that
    whoever asks for travel costs need not know which kind of network it is.
    """

    __slots__ = ()

    mode = "transit"

    @property
    @abstractmethod
    def streets(self) -> NetworkData:
        """The streets that people walk on."""

    def __getattr__(self, name: str) -> Any:
        """What streets are asked (nodes, lines, names), the streets that people walk on say."""
        if name.startswith("_") or name in ("streets", "walk"):
            raise AttributeError(name)
        return getattr(self.streets, name)

    @abstractmethod
    def changed(self, **options: Any) -> Self:
        """The same network for other options of travel."""

    @abstractmethod
    def travel_costs(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> TravelCosts:
        """Costs of all pairs; see `geoplan.network.travel_costs`."""

    @abstractmethod
    def nearest_site(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> pd.DataFrame:
        """The nearest site of each demand point; see `geoplan.network.nearest_site`."""

    @abstractmethod
    def service_pairs(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> Any:
        """Whom a vehicle, however late, or a walk as short as one to a stop takes to which site.

        Returns
        -------
        bool CSR matrix, demand x sites, by position.
        """

    @abstractmethod
    def has_service(self, demand: Any, sites: Any, options: Mapping[str, Any]) -> Any:
        """The same for some site: bool per demand point, by position."""


def streets_of(network: Any) -> Any:
    """The streets of a network that runs by a timetable; any other network as it is."""
    return network.streets if isinstance(network, TimedNetwork) else network
