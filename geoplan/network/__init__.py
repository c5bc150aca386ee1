"""Street networks, snapping and exact travel costs (see docs/architecture.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.lazy import lazy_names

if TYPE_CHECKING:
    from geoplan.network.costs import TravelCosts
    from geoplan.network.links import with_links
    from geoplan.network.nearest_k import k_nearest
    from geoplan.network.network import Network
    from geoplan.network.queries import nearest_site, one_to_all, travel_costs
    from geoplan.network.reach import reach_areas
    from geoplan.network.read import read_network
    from geoplan.network.report import NetworkReport, network_report
    from geoplan.network.routing import Route, route
    from geoplan.network.snapping import SnappedPoints, snap, snap_nodes

__all__ = [
    "Network",
    "NetworkReport",
    "Route",
    "SnappedPoints",
    "TravelCosts",
    "k_nearest",
    "nearest_site",
    "network_report",
    "one_to_all",
    "reach_areas",
    "read_network",
    "route",
    "snap",
    "snap_nodes",
    "travel_costs",
    "with_links",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Network": "network",
        "NetworkReport": "report",
        "Route": "routing",
        "SnappedPoints": "snapping",
        "TravelCosts": "costs",
        "k_nearest": "nearest_k",
        "nearest_site": "queries",
        "network_report": "report",
        "one_to_all": "queries",
        "reach_areas": "reach",
        "read_network": "read",
        "route": "routing",
        "snap": "snapping",
        "snap_nodes": "snapping",
        "travel_costs": "queries",
        "with_links": "links",
    },
)
