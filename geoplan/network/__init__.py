"""Street networks, snapping and exact travel costs (see docs/architecture.md)."""

from geoplan.network.costs import TravelCosts
from geoplan.network.network import Network

__all__ = ["Network", "TravelCosts"]
