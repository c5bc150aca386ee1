"""Street networks, snapping and exact travel costs (see docs/architecture.md)."""

from geoplan.network.costs import TravelCosts
from geoplan.network.nearest_k import k_nearest
from geoplan.network.network import Network
from geoplan.network.queries import nearest_site, one_to_all, travel_costs
from geoplan.network.routing import Route, route
from geoplan.network.snapping import SnappedPoints, snap, snap_nodes

__all__ = [
    "Network",
    "Route",
    "SnappedPoints",
    "TravelCosts",
    "k_nearest",
    "nearest_site",
    "one_to_all",
    "route",
    "snap",
    "snap_nodes",
    "travel_costs",
]
