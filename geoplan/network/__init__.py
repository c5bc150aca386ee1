"""Street networks, snapping and exact travel costs (see docs/architecture.md)."""

from geoplan.network.costs import TravelCosts
from geoplan.network.network import Network
from geoplan.network.queries import nearest_site, one_to_all, travel_costs
from geoplan.network.snapping import SnappedPoints, snap, snap_nodes

__all__ = [
    "Network",
    "SnappedPoints",
    "TravelCosts",
    "nearest_site",
    "one_to_all",
    "snap",
    "snap_nodes",
    "travel_costs",
]
